/** One call for several, from its intent to its end: where it is refused or in doubt, each of them is told apart (DESIGN 6). */

import { partsOf, single, some } from '../core/batch.ts';
import { sure } from '../core/diagnostic.ts';
import { fillRequest } from '../core/fill.ts';
import type { Address, Ids, Part, Step, StepOutcome } from '../core/model.ts';
import { MOST_RUNS, type Verdict } from '../core/settle.ts';
import {
  type Attempt,
  askedOf,
  attemptOnce,
  close,
  digestOf,
  endOf,
  givenWithoutAnswer,
  intentOf,
  outcomeOf,
  recordOf,
  type StepEnd,
  type StepPorts,
  settledOf,
} from './attempt.ts';
import { settleDoubt } from './doubt.ts';
import { LEFT_OPEN, runStep, STILL_WAITING } from './run-step.ts';

export type BatchPorts = StepPorts & {
  /** How a part has ended before the step was begun: by an earlier run, or because it must not be sent. */
  readonly endedBefore: (part: Part) => StepEnd | undefined;
  /** All is done that the part waits for. */
  readonly isFree: (part: Part) => boolean;
  /** A refusal that may be about one of them: the others are worth a call of their own. */
  readonly isWorthRepeating: (end: StepEnd) => boolean;
};

/**
 * Runs a batch to its end: one call for all of its parts that may be done.
 *
 *     done       all of them are done
 *     refused    one list shows what has happened all the same; what has not is sent once more, one by one, each under an
 *                intent of its own, so that only what is refused by itself fails
 *     lost       one list shows which of them have happened; the others are sent again, together
 *
 * @param onFirst see send
 * @throws EngineError JOURNAL_WRITE
 */
export const runBatch = async (step: Step, ports: BatchPorts, onFirst: () => void): Promise<StepEnd> => {
  const ends = new Map<string, StepEnd>();
  for (const part of partsOf(step)) {
    const before = ports.endedBefore(part);
    if (before) ends.set(part.id, before);
  }
  await approvedSince(
    step,
    partsOf(step).filter((part) => !ends.has(part.id) && ports.waitsSince(part.id) !== null),
    ends,
    ports,
  );
  const free = partsOf(step).filter((part) => !ends.has(part.id) && ports.isFree(part));
  // Begun one by one by an earlier run.
  const alone = free.filter((part) => ports.openSince(part.id) !== null);
  await oneByOne(step, alone, ends, ports, onFirst);
  await together(
    step,
    free.filter((part) => !alone.includes(part)),
    ends,
    ports,
    onFirst,
  );
  return summed(step, ends);
};

/** Parts that an earlier run has asked for: one list shows which of them were approved since, and nothing is sent. */
const approvedSince = async (
  step: Step,
  parts: readonly Part[],
  ends: Map<string, StepEnd>,
  ports: BatchPorts,
): Promise<void> => {
  if (parts.length === 0) return;
  const batch = some(step, parts);
  const sentMs = Math.max(...parts.map(({ id }) => ports.waitsSince(id) ?? 0));
  const verdicts = ports.settle
    ? await settleDoubt(batch, ports.settle, ports, { isRefused: false, isBelieved: false, sentMs })
    : [];
  const done = parts.filter((_, index) => verdicts[index]?.verdict === 'done');
  const end: StepEnd = { ...STILL_WAITING, outcome: 'done' };
  if (done.length > 0) await close(some(step, done), { ...end, given: givenWithoutAnswer(some(step, done), ports) ?? {} }, ports);
  for (const part of parts) ends.set(part.id, done.includes(part) ? end : STILL_WAITING);
};

/** Each part by a call of its own, until one stays behind that nothing hindered but the run's end. */
const oneByOne = async (
  step: Step,
  parts: readonly Part[],
  ends: Map<string, StepEnd>,
  ports: BatchPorts,
  onFirst: () => void,
  wasRefused = false,
): Promise<void> => {
  let stopped: StepEnd | null = null;
  for (const part of parts) {
    const end: StepEnd = stopped ?? (await runStep(single(step, part), ports, onFirst, wasRefused));
    ends.set(part.id, end);
    if (end.outcome === 'not-sent') stopped = end;
    if (end.outcome === 'rejected' && !ports.isWorthRepeating(end)) stopped = { ...end, outcome: 'not-sent' };
  }
};

const together = async (
  step: Step,
  parts: readonly Part[],
  ends: Map<string, StepEnd>,
  ports: BatchPorts,
  onFirst: () => void,
): Promise<void> => {
  const openSince = ports.openSince(step.id);
  let isLeftOpen = openSince !== null;
  let left = parts;
  const endAll = (end: StepEnd): void => {
    for (const part of left) ends.set(part.id, end);
  };
  for (let runs = isLeftOpen ? 0 : 1; left.length > 0; runs++) {
    const batch = some(step, left);
    if (left.length === 1 && !isLeftOpen) return oneByOne(step, left, ends, ports, onFirst);
    const attempt: Attempt = isLeftOpen ? LEFT_OPEN : await sendBatch(batch, ports, onFirst);
    if (attempt.outcome === 'done' || attempt.outcome === 'waiting') return endAll(await close(batch, attempt, ports));
    const isNo = attempt.outcome === 'rejected' || (attempt.isRefused ?? false);
    const isFinal = attempt.outcome === 'not-sent' || (attempt.outcome === 'rejected' && !ports.isWorthRepeating(attempt));
    if (isFinal) return endAll(await close(batch, attempt, ports));
    if (ports.settle === null) {
      if (attempt.outcome === 'unknown') return endAll(await close(batch, attempt, ports));
      await close(batch, attempt, ports);
      return oneByOne(step, left, ends, ports, onFirst);
    }
    if (attempt.outcome === 'unknown' && !isLeftOpen) await ports.append(outcomeOf(batch, attempt, ports));
    const sentMs = isLeftOpen && openSince !== null ? openSince : ports.clock.wallMs();
    const verdicts = await settleDoubt(batch, ports.settle, ports, {
      isRefused: isNo,
      // A refusal that is in the closed list is believed once nothing is seen; so is one of what makes nothing.
      isBelieved: isNo && (attempt.outcome === 'rejected' || batch.phase !== 'create'),
      sentMs,
    });
    left = await closeApart(batch, attempt, verdicts, ends, ports, isNo);
    isLeftOpen = false;
    const refused: StepEnd = { ...endOf(attempt), outcome: 'rejected' };
    if (ports.halt.aborted) return endAll({ ...refused, outcome: 'not-sent', hindrance: 'interrupted' });
    if (isNo) return ports.isWorthRepeating(refused) ? oneByOne(step, left, ends, ports, onFirst, true) : endAll(refused);
    if (runs >= MOST_RUNS) return endAll(refused);
  }
};

const sendBatch = async (batch: Step, ports: BatchPorts, onFirst: () => void): Promise<Attempt> => {
  const known = ports.keeper.withIds(batch.request);
  await ports.append(intentOf(batch, digestOf(known), ports));
  return attemptOnce(batch, fillRequest(known, { ids: ports.keeper.ids, secret: ports.secrets }), ports, onFirst);
};

/**
 * Writes down in one go what a look has shown of each part: the batch's intent is closed, the record has what is done, and
 * what nobody can tell keeps an intent of its own. Where nothing can be told of any, the batch's intent stays open.
 *
 * @returns the parts of which nothing has happened
 */
const closeApart = async (
  batch: Step,
  attempt: Attempt,
  verdicts: readonly Verdict[],
  ends: Map<string, StepEnd>,
  ports: BatchPorts,
  isRefused: boolean,
): Promise<readonly Part[]> => {
  const given: Record<Address, Ids> = {};
  const parts: Record<'done' | 'void' | 'undecided' | 'waiting', Part[]> = { done: [], void: [], undecided: [], waiting: [] };
  // What waits for an approval is not seen either: sent again, it would be asked for twice.
  const unseen = batch.asks && !isRefused ? 'waiting' : 'void';
  partsOf(batch).forEach((part, index) => {
    const verdict = sure(verdicts[index], 'verdict of a part');
    const ids = verdict.verdict === 'done' ? (verdict.ids ?? givenWithoutAnswer(single(batch, part), ports)) : {};
    const because =
      verdict.verdict === 'undecided'
        ? verdict.because
        : ids === null
          ? 'it has happened, but the id of what it made is not known'
          : null;
    const kind = because !== null ? 'undecided' : verdict.verdict === 'void' ? unseen : verdict.verdict;
    parts[kind].push(part);
    Object.assign(given, ids ?? {});
    if (because !== null)
      ends.set(part.id, {
        ...endOf(attempt),
        outcome: 'unknown',
        message: `${attempt.message ?? ''} (${because})`.trim(),
        ...(verdict.verdict === 'undecided' && verdict.hindrance ? { hindrance: verdict.hindrance } : {}),
      });
    else if (kind === 'done' || kind === 'waiting') ends.set(part.id, { ...endOf(attempt), outcome: kind });
  });
  if (parts.undecided.length === partsOf(batch).length) {
    if (attempt.outcome === 'rejected') await ports.append(outcomeOf(batch, { ...attempt, outcome: 'unknown' }, ports));
    return [];
  }
  const isAll = parts.done.length === partsOf(batch).length;
  await ports.append(
    outcomeOf(
      batch,
      { ...attempt, outcome: isAll ? 'done' : 'rejected', given },
      ports,
      parts.done.map(({ id }) => id),
      parts.waiting.map(({ id }) => id),
    ),
    ...(parts.waiting.length > 0 ? askedOf(some(batch, parts.waiting), { given, code: attempt.code }, ports) : []),
    ...(parts.done.length > 0
      ? [...recordOf(some(batch, parts.done), given, ports), ...settledOf(some(batch, parts.done), ports)]
      : []),
    ...parts.undecided.flatMap((part) => {
      const one = single(batch, part);
      const digest = digestOf(ports.keeper.withIds(one.request));
      return [intentOf(one, digest, ports), outcomeOf(one, { ...attempt, outcome: 'unknown' }, ports)];
    }),
  );
  return parts.void;
};

/** The worst that has come of a part is what has come of the batch. */
const WORST: readonly StepOutcome[] = ['unknown', 'rejected', 'waiting', 'not-sent', 'done'];

/** What has come of a batch, from the ends of its parts; `parts` where they differ. */
export const summed = (step: Step, ends: ReadonlyMap<string, StepEnd>): StepEnd => {
  const parts = new Map(
    partsOf(step).flatMap(({ id }) => {
      const end = ends.get(id);
      return end ? [[id, end] as const] : [];
    }),
  );
  const tried = [...parts.values()];
  const [first] = tried;
  if (first && tried.length === partsOf(step).length && tried.every((end) => end === first)) return first;
  const worst = WORST.map((outcome) => tried.find((end) => end.outcome === outcome)).find((end) => end !== undefined);
  const isLacking = tried.length < partsOf(step).length;
  const end = worst && !(isLacking && worst.outcome === 'done') ? worst : LEFT_OUT;
  return { ...end, parts };
};

/** What some of its parts wait for has not been done. */
const LEFT_OUT: StepEnd = { outcome: 'not-sent', code: null, message: null, requestId: null };
