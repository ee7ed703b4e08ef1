/** The progress of an apply: a live list on a terminal, few plain lines elsewhere, and always the state at the end. */
import type { ApplyEvent, Plan } from '../engine.ts';
import { durationText, many, thousands } from './bill.ts';
import { renderLines } from './lines.ts';

export type Progress = {
  readonly onEvent: (event: ApplyEvent) => void;
  /** Ends the drawing; nothing is written after it. */
  readonly finish: () => Promise<void>;
};

type ProgressEvent = Extract<ApplyEvent, { type: 'progress' }>;
type StepEvent = Extract<ApplyEvent, { type: 'step' }>;

/** A line at most this often, and only after another tenth; where little moves, at least this often. */
const SHORTEST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 60_000;
/** Failed steps that are named while the apply runs; the result has them all. */
const SHOWN_FAILURES = 20;

/** `12 of 40 calls, 1 failed, 28 left, about 3 s`; `day 2 of 7, 214 of 636 calls, 422 left, about 1 min today, the rest from tomorrow 00:00` */
export const progressText = (event: ProgressEvent): string => {
  const total = event.done + event.failed + event.unknown + event.running + event.left;
  return [
    ...dayText(event),
    `${thousands(event.done)} of ${many(total, 'call', 'calls')}`,
    ...(event.failed > 0 ? [`${thousands(event.failed)} failed`] : []),
    ...(event.unknown > 0 ? [`${thousands(event.unknown)} unknown`] : []),
    `${thousands(event.running + event.left)} left`,
    ...(event.running + event.left > 0 ? [timeText(event.today, event.goesOnAt)] : []),
  ].join(', ');
};

const dayText = ({ day, days }: Pick<ProgressEvent, 'day' | 'days'>): readonly string[] => {
  if (days === null) return [`day ${thousands(day)}`];
  return days > 1 ? [`day ${thousands(day)} of ${thousands(days)}`] : [];
};

/** The day of a quota ends at midnight in the zone of the workspace. */
const timeText = (today: ProgressEvent['today'], goesOnAt: string | null): string => {
  if (goesOnAt === null) return `about ${durationText(today.seconds)}`;
  if (today.calls === 0) return 'the rest from tomorrow 00:00';
  return `about ${durationText(today.seconds)} today, the rest from tomorrow 00:00`;
};

const failureText = (event: StepEvent): string | null => {
  if (event.outcome === 'done') return null;
  const words = { rejected: 'refused', unknown: 'unknown', waiting: 'waits for an approval', 'not-sent': 'not sent' }[
    event.outcome
  ];
  const code = event.code === null ? '' : `, ${event.code}`;
  const request = event.requestId === null ? '' : ` (request ${event.requestId})`;
  return `${words}: ${event.step.operation} for ${event.step.serves.join(', ')}${code}${request}`;
};

const isFinished = (event: ProgressEvent): boolean => event.running + event.left === 0;

/** Plain lines for logs: the start, at most one line every five seconds and per tenth, failures, pauses. */
export const createLineProgress = (write: (text: string) => void, nowMs: () => number): Progress => {
  let lastMs = nowMs();
  let lastTenth = 0;
  let failures = 0;
  const line = (text: string): void => write(renderLines([[text]], false));
  const onEvent = (event: ApplyEvent): void => {
    switch (event.type) {
      case 'start':
        if (event.steps > 0)
          line(
            `Applying ${[many(event.steps, 'call', 'calls'), ...dayText(event), timeText(event.today, event.goesOnAt)].join(', ')}.`,
          );
        return;
      case 'step': {
        const text = failureText(event);
        if (text === null) return;
        failures += 1;
        if (failures <= SHOWN_FAILURES) line(`  ${text}`);
        return;
      }
      case 'progress': {
        const total = event.done + event.failed + event.unknown + event.running + event.left;
        const tenth = total === 0 ? 10 : Math.floor(((total - event.running - event.left) * 10) / total);
        const passedMs = nowMs() - lastMs;
        // The end is told by the state line.
        if (isFinished(event)) return;
        if (!(tenth > lastTenth && passedMs >= SHORTEST_PAUSE_MS) && passedMs < LONGEST_PAUSE_MS) return;
        lastMs = nowMs();
        lastTenth = tenth;
        line(progressText(event));
        return;
      }
      case 'pause':
        line(`Waiting ${durationText(event.seconds)}: ${event.reason}`);
        return;
      case 'end':
        return;
      default:
        event satisfies never;
    }
  };
  return { onEvent, finish: async () => undefined };
};

/** Steps by the kind of the first address that they serve. */
const stepsByKind = (plan: Plan): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const step of plan.steps) {
    const kind = (step.serves[0] ?? '').split('/')[0] ?? '';
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
};

type Row = { title: string; readonly end: PromiseWithEnds; draw: (title: string) => void };
type PromiseWithEnds = { readonly promise: Promise<void>; readonly resolve: () => void; readonly reject: (error: Error) => void };

const withEnds = (): PromiseWithEnds => {
  let resolve: () => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<void>((done, fail) => {
    resolve = done;
    reject = fail;
  });
  // An apply may end before the list has begun to listen.
  promise.catch(() => undefined);
  return { promise, resolve, reject };
};

/**
 * A live list: one line a kind and one for all. Never one a change: listr2 draws every line at every frame (DEPENDENCIES 7).
 */
export const createLiveProgress = async (plan: Plan, stream: NodeJS.WriteStream): Promise<Progress> => {
  const { Listr, ListrLogger, ProcessOutput } = await import('listr2');
  const counts = stepsByKind(plan);
  const rows = new Map<string, Row>();
  const row = (title: string): Row => ({ title, end: withEnds(), draw: () => undefined });
  for (const [kind, total] of counts) rows.set(kind, row(`${kind}  0 of ${thousands(total)}`));
  const all = row(`0 of ${many(plan.steps.length, 'call', 'calls')}`);
  const output = new ProcessOutput(stream, stream);
  const list = new Listr(
    [...rows.values(), all].map((entry) => ({
      title: entry.title,
      task: (_context: unknown, task: { title: string }): Promise<void> => {
        entry.draw = (title) => {
          task.title = title;
        };
        return entry.end.promise;
      },
    })),
    {
      concurrent: true,
      exitOnError: false,
      registerSignalListeners: false,
      rendererOptions: {
        showErrorMessage: false,
        collapseErrors: false,
        formatOutput: 'truncate',
        logger: new ListrLogger({ useIcons: false, toStderr: [], processOutput: output }),
      },
    },
  );
  const running = list.run();
  const failures: string[] = [];
  const onEvent = (event: ApplyEvent): void => {
    if (event.type === 'step') {
      const text = failureText(event);
      if (text !== null && failures.length < SHOWN_FAILURES) failures.push(text);
    }
    if (event.type === 'pause')
      all.draw(`Waiting ${durationText(event.seconds)}: ${renderLines([[event.reason]], false).trim()}`);
    if (event.type !== 'progress') return;
    all.draw(progressText(event));
    for (const [kind, { done, total }] of Object.entries(event.byKind)) {
      const entry = rows.get(kind);
      entry?.draw(`${kind}  ${thousands(done)} of ${thousands(total)}`);
      if (done === total) entry?.end.resolve();
    }
    if (isFinished(event) && event.failed + event.unknown === 0) all.end.resolve();
  };
  const finish = async (): Promise<void> => {
    // What has not ended by now was stopped, failed, or waits: its line is crossed.
    for (const entry of [...rows.values(), all]) entry.end.reject(new Error('not finished'));
    await running;
    if (failures.length > 0)
      stream.write(
        renderLines(
          failures.map((text) => [`  ${text}`]),
          false,
        ),
      );
  };
  return { onEvent, finish };
};

/** Where an apply stands when it ends: the last line, always. */
export const stateText = (
  counts: {
    readonly applied: number;
    readonly failed: number;
    readonly unknown: number;
    readonly waiting: number;
    readonly left: number;
  },
  next: string | null,
): string =>
  [
    `applied ${thousands(counts.applied)}, failed ${thousands(counts.failed)}, unknown ${thousands(counts.unknown)}`,
    ...(counts.waiting > 0 ? [`, waiting ${thousands(counts.waiting)}`] : []),
    `, left ${thousands(counts.left)}`,
    ...(next === null ? [] : [`; next: ${next}`]),
  ].join('');
