/** Carries a plan out: each step one call, paced, journalled, independent ones side by side (DESIGN 6, STYLE 5). */
import { randomUUID } from 'node:crypto';
import pLimit from 'p-limit';
import type { ApplyEvent, ApplyResult } from '../core/apply.ts';
import { partsOf } from '../core/batch.ts';
import { type Diagnostic, EngineError } from '../core/diagnostic.ts';
import type { Intent } from '../core/fold.ts';
import type { StepEnding } from '../core/frontier.ts';
import { byBest, createFrontier, takeBest } from '../core/frontier.ts';
import { isSame } from '../core/json.ts';
import type { Address, Change, JournalEvent, Plan, RecordedResource, State, Step } from '../core/model.ts';
import type { CallResult, Client, Clock } from '../core/ports.ts';
import { CONCURRENCY } from '../core/quota.ts';
import { refusalsOf } from '../core/refuse.ts';
import { lanesUnder, type Schedule, scheduleOf, weightUnder } from '../core/schedule.ts';
import type { EndReason } from '../core/settle.ts';
import { operationFacts } from '../operations/index.ts';
import { digestOf, intentOf, type StepEnd } from './attempt.ts';
import type { Audit } from './audit.ts';
import { type Blocks, createBlocks } from './blocks.ts';
import { isAuthCode } from './codes.ts';
import type { Settle } from './doubt.ts';
import { createRecordKeeper, type RecordKeeper } from './keep-record.ts';
import { createLeftOpen, sentLastMs } from './left-open.ts';
import { nap, type Pacer } from './pace.ts';
import { refusedResult, resultOf, STALE } from './result.ts';
import { runBatch, summed } from './run-batch.ts';
import { runStep } from './run-step.ts';
import type { Fingerprint, RecordStore } from './state.ts';
import { createTally, type DayBudget } from './tally.ts';

export type ExecuteOptions = {
  readonly client: Client;
  readonly clock: Clock;
  readonly pacer: Pacer;
  /** Opened under the lock; the caller closes it. */
  readonly record: Pick<RecordStore, 'state' | 'open' | 'append' | 'compact' | 'blockSize' | 'confirm'>;
  /** The value of a source such as `env:NAME`; undefined: not set. */
  readonly secrets: (reference: string) => string | undefined;
  readonly fingerprint: Fingerprint;
  /** True for codes that say: this key may not do this. They stop the run at once. */
  readonly isAuth: (code: string) => boolean;
  /**
   * Looks before the first write: addresses whose object is another one now, with the reason. Absent: nobody looks.
   *
   * @param of changes of which nothing was sent yet
   */
  readonly check?: (of: readonly Change[]) => Promise<ReadonlyMap<Address, string>>;
  /** Absent: an unknown outcome stays unknown. */
  readonly settle?: Settle;
  /** How long the service is given before a doubt is looked up; 2,000 ms. */
  readonly settleMs?: number;
  /** What is not seen after this long has not happened; 30,000 ms (RELIABILITY 3.3). */
  readonly settledMs?: number;
  /** Calls of one level that may be under way at a time. */
  readonly concurrency?: number;
  /** When the day of the quotas is over, ISO 8601. */
  readonly nextDay?: () => string;
  /** Aborted: calls in flight end, nothing new starts. */
  readonly signal?: AbortSignal;
  /** Aborted some seconds after `signal`: calls in flight are waited for no longer, and what they did is looked up by the next run. */
  readonly patience?: AbortSignal;
  readonly onEvent?: (event: ApplyEvent) => void;
  /** What the day has left, to tell what will be sent when; nothing is used and nothing kept unless told. */
  readonly budget?: Omit<DayBudget, 'usedToday'> & { readonly used: () => Promise<readonly number[]> };
  readonly limits?: RunLimits;
  /** Told before the first call and before the run's end; absent: nothing is kept. */
  readonly audit?: Audit;
  /** Puts the plan where a later run finds it, before the journal knows of it; absent: nothing is kept. */
  readonly keep?: () => Promise<void>;
  /** For the journal: `apply plan.json`. */
  readonly command?: string;
  /** The run's id in the journal. */
  readonly run?: string;
};

/** Where a run ends by itself although more could be sent; the same command goes on. */
export type RunLimits = {
  /** Steps that may be begun; what looks up a doubt is not counted. */
  readonly maxCalls?: number;
  /** Nothing new is begun from this moment on, in milliseconds of the wall clock. */
  readonly stopAtMs?: number;
  /** The first refusal is the last step. */
  readonly failFast?: boolean;
};

const SETTLE_MS = 2_000;
const SETTLED_MS = 30_000;

/**
 * Waits until reads must show what was done last. When that was is not asked of the clock, which may have been set since: what was
 * done a moment ago would be taken for old. Two looks are never at the same moment.
 */
export const untilCaughtUp = (
  state: State | null,
  clock: Clock,
  signal?: AbortSignal,
  onPause: (seconds: number) => void = () => {},
): Promise<void> => {
  const waitMs = state?.ranAt === undefined ? SETTLE_MS : SETTLED_MS;
  onPause(waitMs / 1_000);
  return nap(clock, waitMs, signal);
};

/**
 * Waits, or is aborted, until all that was left open has happened or never will: then one look tells of each. A plan that has
 * not waited would make a second time what its lists do not show yet; an apply looks before its first write.
 */
export const untilToldApart = async (
  open: readonly Intent[],
  {
    clock,
    signal,
    settledMs = SETTLED_MS,
  }: Pick<ExecuteOptions, 'clock' | 'settledMs'> & { readonly signal?: AbortSignal | undefined },
  onPause: (seconds: number) => void,
): Promise<void> => {
  const waitsMs = open.map((intent) => {
    const leftMs = sentLastMs(intent) + settledMs - clock.wallMs();
    // An intent from a clock that was ahead is waited for no longer than any other.
    return Math.min(leftMs, sentLastMs(intent) - Date.parse(intent.at) + settledMs);
  });
  const waitMs = Math.max(0, ...waitsMs);
  if (waitMs === 0) return;
  onPause(waitMs / 1000);
  await nap(clock, waitMs, signal).catch((error: unknown) => {
    if (!signal?.aborted) throw error;
  });
};

/**
 * Executes a plan. Never throws for what the service, the network or the disk does: the exit code and the diagnostics tell
 * (DESIGN 4). Before the first call it refuses a plan whose record has moved on (STATE_STALE, exit 9) and one whose secrets
 * have no value (SECRET_UNSET, exit 3).
 *
 * @throws EngineError INTERNAL for a plan whose steps do not fit together
 */
export const execute = async (plan: Plan, options: ExecuteOptions): Promise<ApplyResult> => {
  const { record, clock } = options;
  const schedule = scheduleOf(plan.steps, weightUnder(options.pacer.quotas, options.pacer.share));
  const refusals = refusalsOf(plan, record.state, options.secrets);
  const [refusal] = refusals;
  if (refusal) return refusedResult(plan, refusal.code, refusals);

  const keeper = createRecordKeeper(plan, record.state, options.secrets, options.fingerprint);
  const run = {
    ...options,
    run: options.run ?? randomUUID(),
    keeper,
    blocks: createBlocks(record, clock),
    reasons: new Set<EndReason>(),
    ends: new Map<string, StepEnd>(),
  };
  const problems: Diagnostic[] = [];
  const result = (): ApplyResult => resultOf({ plan, ends: run.ends, reasons: run.reasons, problems, options });
  const recordFailed = (error: unknown): void => {
    if (!(error instanceof EngineError) || error.code !== 'JOURNAL_WRITE') throw error;
    run.reasons.add('record');
    problems.push({
      code: error.code,
      severity: 'error',
      message: error.message,
      ...(error.hint === null ? {} : { hint: error.hint }),
    });
  };

  const position = record.state?.position;
  const isGoingOn = position?.planDigest === plan.planDigest;
  if (isGoingOn && position) {
    keeper.goOn(position);
    for (const id of position.done) run.ends.set(id, DONE_BEFORE);
    sumUp(plan, run.ends);
  }
  const first = firstEvents(plan, run);
  if (first.length === 0) return result();
  const open = isGoingOn ? record.open : [];
  const waits = isGoingOn ? waitingIn(record.state) : new Map<string, number>();
  const begunSteps = new Set([...open.map(({ step }) => step), ...waits.keys()]);
  try {
    await untilToldApart(record.open, options, (seconds) => options.onEvent?.({ type: 'pause', reason: 'in doubt', seconds }));
    if (options.signal?.aborted) return result();
    const stale =
      (await options.check?.(untouched(plan, (id) => run.ends.has(id) || begunSteps.has(id)))) ?? new Map<Address, string>();
    if (!isGoingOn) await options.keep?.();
    await options.audit?.begin(run.run, plan, options.command ?? 'apply', timeOf(clock));
    await run.blocks.append(...first);
    for (const step of plan.steps)
      for (const { id, addresses } of unitsIn(step)) {
        const address = addresses.find((one) => stale.has(one));
        if (address !== undefined && !run.ends.has(id)) run.ends.set(id, staleEnd(stale.get(address) ?? ''));
      }
    sumUp(plan, run.ends);
    // Asked once the look has been made: its reads are calls of the day as well.
    const foreseen = options.budget ? { ...options.budget, usedToday: await options.budget.used() } : undefined;
    let failure: unknown = null;
    await runAll(plan, schedule, { ...run, foreseen, open, waits }).catch((error: unknown) => {
      recordFailed(error);
      failure = error;
    });
    await options.audit?.end(
      run.run,
      plan,
      { ends: run.ends, result: result(), isGoingOn, recorded: record.state?.resources ?? {} },
      timeOf(clock),
    );
    if (failure !== null) return result();
    const last = await run.blocks.end({ type: 'end', run: run.run, exit: result().exit, at: timeOf(clock) });
    await record.compact(...last);
  } catch (error) {
    recordFailed(error);
  }
  return result();
};

/** An earlier run of the same plan has done it. */
const DONE_BEFORE: StepEnd = { outcome: 'done', code: null, message: null, requestId: null };

/** Steps, and parts of batches, that the begun plan has asked for, and when. */
const waitingIn = (state: State | null): ReadonlyMap<string, number> => {
  const asks = Object.values(state?.asked ?? {}).flatMap((asked) => asked.asks);
  const since = new Map(asks.map((ask) => [ask.step, Date.parse(ask.since)]));
  return new Map((state?.position?.waiting ?? []).map((id) => [id, since.get(id) ?? 0]));
};

/**
 * Changes of which no step has ended or was left open: what an earlier run has begun to change is not what the plan was made
 * from. What was left open is settled by its own look-up.
 */
const untouched = (plan: Plan, isBegun: (id: string) => boolean): readonly Change[] => {
  const touched = new Set(
    plan.steps.flatMap((step) =>
      unitsIn(step).flatMap(({ id, addresses }) => (isBegun(id) || isBegun(step.id) ? addresses : [])),
    ),
  );
  return plan.changes.filter((change) => change.steps.length > 0 && !touched.has(change.address));
};

/** What of a step ends by itself: the step, or each part of a batch. */
const unitsIn = (step: Step): readonly { readonly id: string; readonly addresses: readonly Address[] }[] =>
  step.batch
    ? step.batch.parts.map(({ id, address }) => ({ id, addresses: [address] }))
    : [{ id: step.id, addresses: step.serves }];

/** A batch has ended when all its parts have. */
const sumUp = (plan: Plan, ends: Map<string, StepEnd>): void => {
  for (const step of plan.steps) if (step.batch?.parts.every(({ id }) => ends.has(id))) ends.set(step.id, summed(step, ends));
};

const endingOf = (end: StepEnd | undefined): StepEnding =>
  end?.outcome === 'done' || end?.outcome === 'unknown' ? end.outcome : 'not-done';

/** Nothing was sent: the object is not the one that was reviewed. */
const staleEnd = (message: string): StepEnd => ({ outcome: 'rejected', code: STALE, message, requestId: null });

const timeOf = (clock: Clock): string => new Date(clock.wallMs()).toISOString();

type Run = ExecuteOptions & {
  readonly run: string;
  readonly keeper: RecordKeeper;
  readonly blocks: Blocks;
  readonly reasons: Set<EndReason>;
  readonly ends: Map<string, StepEnd>;
};

/** What the journal holds before the first intent; empty where the plan changes neither the service nor the record. */
const firstEvents = (plan: Plan, { keeper, run, record, command, clock, settledMs = SETTLED_MS }: Run): JournalEvent[] => {
  const atOnce = keeper.atOnce();
  const closed = nothingLeftOf(plan, record, clock.wallMs() - settledMs).filter(([address]) => atOnce[address] === undefined);
  const updates = [...Object.entries(atOnce), ...closed];
  const people = Object.fromEntries(Object.entries(plan.people).filter(([account, id]) => record.state?.people[account] !== id));
  const hasPeople = Object.keys(people).length > 0;
  const guards = plan.guarding;
  const hasGuards = guards !== undefined && !isSame(guards, record.state?.guards ?? null);
  const settled = Object.entries(plan.settled ?? {});
  if (plan.steps.length === 0 && updates.length === 0 && settled.length === 0 && !hasPeople && !hasGuards) return [];
  const { changesDigest, planDigest, caller, commit } = plan;
  return [
    {
      type: 'run',
      run,
      command: command ?? 'apply',
      changesDigest,
      planDigest,
      ...(commit === undefined ? {} : { commit }),
      caller,
      at: timeOf(clock),
    },
    ...(hasPeople ? [{ type: 'people', run, people } as const] : []),
    ...(hasGuards ? [{ type: 'guards', run, guards } as const] : []),
    ...updates.map(([address, resource]) => ({ type: 'record', run, address, resource }) as const),
    ...settled.map(([address, pointers]) => ({ type: 'settled', run, address, pointers }) as const),
  ];
};

/**
 * What earlier runs have left open and this plan has looked at, long enough after, and found nothing to do for: its record,
 * as it is, closes the doubt.
 */
const nothingLeftOf = (
  { selection, coverage, steps, planDigest, warnings }: Plan,
  { state, open }: Run['record'],
  untilMs: number,
): readonly (readonly [Address, RecordedResource | null])[] => {
  if (selection || state?.position?.planDigest === planDigest) return [];
  const isSeen = new Set(coverage.flatMap(({ kind, status }) => (status === 'live' ? [kind] : [])));
  const served = new Set([
    ...steps.flatMap((step) => step.serves),
    // Something was made, and somebody has to say what becomes of it.
    ...warnings.flatMap(({ code, address }) => (code === 'UNCLAIMED' && address !== undefined ? [address] : [])),
  ]);
  const addresses = open.filter((intent) => sentLastMs(intent) <= untilMs).flatMap(({ serves }) => serves);
  return [...new Set(addresses)]
    .filter((address) => isSeen.has(address.slice(0, address.indexOf('/'))) && !served.has(address))
    .map((address) => [address, state?.resources[address] ?? null] as const);
};

const isWrite = (step: Step): boolean => operationFacts(step.operation).kind === 'write';

/**
 * Runs what is ready until nothing is left that may run.
 *
 * Per lane of levels that share a rate: `limit` bounds the calls under way, `gate` lets one step at a time be chosen, written down and spaced. A step
 * is chosen only when its turn has come, so what has become ready meanwhile and matters more goes first.
 *
 * The first write (the pilot) goes alone: whether the key may write is known after one call, and nothing else was sent.
 *
 * @throws EngineError JOURNAL_WRITE, after the calls in flight have ended
 */
const runAll = (
  plan: Plan,
  schedule: Schedule,
  run: Run & {
    readonly open: readonly Intent[];
    /** What an earlier run of the plan has asked for, and when. */
    readonly waits: ReadonlyMap<string, number>;
    readonly foreseen: DayBudget | undefined;
  },
): Promise<void> => {
  const { client, clock, pacer, concurrency = CONCURRENCY, settledMs = SETTLED_MS } = run;
  const leftOpen = createLeftOpen(run.open);
  const stop = new AbortController();
  const halt = run.signal ? AbortSignal.any([run.signal, stop.signal]) : stop.signal;
  const tally = createTally(plan, new Map(run.ends), pacer, clock, run.onEvent ?? (() => undefined), run.foreseen);
  const frontier = createFrontier(
    plan.steps.filter((step) => !run.ends.has(step.id)),
    schedule,
  );
  for (const step of plan.steps) {
    const before = run.ends.get(step.id);
    if (before) frontier.end(step, endingOf(before), (part) => endingOf(run.ends.get(part.id)));
  }
  const lanes = lanesUnder(pacer.quotas).map((levels) => ({
    open: new Set(levels),
    limit: pLimit(concurrency),
    gate: pLimit(1),
    jobs: 0,
  }));
  type Lane = (typeof lanes)[number];
  run.blocks.foresee((most, isAhead) => {
    const isReady = (step: Step): boolean => step.after.every((id) => run.ends.get(id)?.outcome === 'done');
    return frontier
      .ahead(most, (step) => isWrite(step) && !isAhead(step.id))
      .map((step) => intentOf(step, digestOf(isReady(step) ? run.keeper.withIds(step.request) : step.request), run));
  });
  const isAuth = (code: string | null): boolean => code !== null && run.isAuth(code);
  const { maxCalls = Number.POSITIVE_INFINITY, stopAtMs = Number.POSITIVE_INFINITY, failFast = false } = run.limits ?? {};
  let begun = 0;
  const isOver = (): boolean => begun >= maxCalls || clock.wallMs() >= stopAtMs;
  let pilot: Step | null = null;
  let isWriteProven = false;
  let underWay = 0;

  /** With failFast nothing new begins while it is in doubt whether a step was refused. */
  const inDoubt = new Set<Step>();
  const isHeldUp = (): boolean => failFast && inDoubt.size > 0;
  const mayGo = (step: Step): boolean => isWriteProven || pilot === null || !isWrite(step);
  const choose = (lane: Lane): Step | null => {
    const step = halt.aborted || isOver() || isHeldUp() ? null : takeBest(frontier, lane.open, mayGo);
    if (step) begun++;
    if (step && !isWriteProven && isWrite(step)) pilot = step;
    return step;
  };

  /** An answer of the service other than "you may not" shows that the key can write. */
  const answered = (step: Step, result: CallResult): void => {
    if (pilot !== step || isWriteProven) return;
    isWriteProven =
      result.outcome === 'done' ||
      (result.outcome === 'rejected' && !isAuth(result.code)) ||
      (result.outcome === 'unknown' && result.status !== null);
    if (isWriteProven) pump();
  };

  const ended = (lane: Lane, step: Step, end: StepEnd): void => {
    inDoubt.delete(step);
    const { parts, ...whole } = end;
    run.ends.set(step.id, whole);
    for (const { id } of partsOf(step)) {
      const one = parts ? parts.get(id) : whole;
      if (one) run.ends.set(id, one);
    }
    tally.ended(step, end);
    frontier.end(step, endingOf(whole), (part) => endingOf(run.ends.get(part.id)));
    if (pilot === step) {
      pilot = null;
      isWriteProven ||= end.outcome !== 'not-sent';
    }
    if ([end, ...(end.parts?.values() ?? [])].some((one) => one.outcome === 'rejected' && isAuth(one.code))) {
      run.reasons.add('not-allowed');
      stop.abort();
    }
    if (end.outcome === 'rejected' && failFast) stop.abort();
    const hindrances = new Set([end, ...(end.parts?.values() ?? [])].map(({ hindrance }) => hindrance));
    if (hindrances.has('day')) {
      run.reasons.add('stopped');
      lane.open.delete(step.level);
    }
    if (hindrances.has('unreachable') || hindrances.has('throttled')) {
      run.reasons.add('unreachable');
      stop.abort();
    }
  };

  /** Resolves when the step has ended; `onFirst` when the next one may be chosen. */
  const runOne = async (lane: Lane, step: Step, onFirst: () => void): Promise<void> => {
    let hasLeft = false;
    const call: Client['call'] = async (operation, request) => {
      hasLeft = true;
      if (operationFacts(operation).kind === 'write') leftOpen.sent(step);
      const result = await client.call(operation, request, run.patience ? { signal: run.patience } : {});
      if (result.outcome === 'unknown') inDoubt.add(step);
      answered(step, result);
      return result;
    };
    leftOpen.begun(step);
    underWay++;
    tally.started();
    try {
      const ports = {
        client: { ...client, call },
        clock,
        pacer,
        halt,
        keeper: run.keeper,
        run: run.run,
        append: run.blocks.append,
        mayLeave: run.blocks.mayLeave,
        secrets: run.secrets,
        settle: run.settle ?? null,
        settleMs: run.settleMs ?? SETTLE_MS,
        settledMs,
        openSince: leftOpen.since(step),
        waitsSince: (id: string) => run.waits.get(id) ?? null,
        onPause: tally.pause,
      };
      const end = step.batch
        ? await runBatch(
            step,
            {
              ...ports,
              endedBefore: ({ id }) => run.ends.get(id),
              isFree: (part) => frontier.isFree(step, part),
              isWorthRepeating: ({ code }) => !failFast && code !== null && !run.isAuth(code) && !isAuthCode(code),
            },
            onFirst,
          )
        : await runStep(step, ports, onFirst);
      ended(lane, step, end);
    } catch (error) {
      // The outcome could not be written down, so nobody will know it.
      const code = error instanceof EngineError ? error.code : 'INTERNAL';
      stop.abort();
      ended(lane, step, { outcome: hasLeft ? 'unknown' : 'not-sent', code, message: null, requestId: null });
      throw error;
    } finally {
      underWay--;
      onFirst();
    }
  };

  const job = async (lane: Lane): Promise<void> => {
    let end: Promise<void> = Promise.resolve();
    await lane.gate(async () => {
      lane.jobs--;
      const step = choose(lane);
      if (step === null) return;
      await new Promise<void>((next) => {
        end = runOne(lane, step, next);
        // Awaited below; until then nobody looks at it.
        end.catch(() => undefined);
      });
    });
    await end;
  };

  let failure: unknown = null;
  let finish: () => void = () => undefined;
  const ready = ({ open }: Lane): number => [...open].reduce((sum, level) => sum + frontier.size(level), 0);
  const mayStart = ({ open }: Lane): boolean =>
    !halt.aborted &&
    !isHeldUp() &&
    [...open].some((level) => {
      const best = frontier.best(level);
      return best !== undefined && mayGo(best);
    });
  const pump = (): void => {
    if (!halt.aborted && isOver() && lanes.some((lane) => ready(lane) > 0)) {
      run.reasons.add('stopped');
      for (const { open } of lanes) open.clear();
    }
    for (const lane of byBest(frontier, lanes))
      while (mayStart(lane) && lane.jobs < Math.min(ready(lane), concurrency)) {
        lane.jobs++;
        void lane
          .limit(job, lane)
          .catch((error: unknown) => {
            failure ??= error;
          })
          .then(pump);
      }
    if (underWay === 0 && lanes.every((lane) => lane.jobs === 0)) finish();
  };

  return new Promise<void>((resolve, reject) => {
    finish = () => {
      finish = () => undefined;
      tally.finish();
      if (failure === null) resolve();
      else reject(failure);
    };
    pump();
  });
};
