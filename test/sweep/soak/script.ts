/** What happens in a soak case: runs one after another, edits between them, and what they meet (RELIABILITY 3.4, G5). */
import { createRandom, type Random } from '../../laws/random.ts';
import { FAULTS } from '../faults.ts';
import type { Death } from '../machine/machine.ts';

/** A soak case: its seed, and what was taken out of it to make it smaller. */
export type Soak = {
  readonly seed: number;
  /** Resources that stay; absent: all. */
  readonly keep?: readonly string[];
  /** Events that do not happen, by their number. */
  readonly without?: readonly number[];
  /** Runs of the safety phase; absent: all. */
  readonly runs?: number;
  /** The files stay as they are. */
  readonly isUnedited?: boolean;
};

/**
 * plan     plans and applies in one process
 * saved    plans, and another process applies the plan a while later
 * again    applies the last saved plan once more, as after a kill
 */
export type RunWay = 'plan' | 'saved' | 'again';
export type Run = {
  readonly way: RunWay;
  /** Edits of the files before it. */
  readonly edits: number;
  /** It waits until all is as wanted before the files are edited. */
  readonly isSettled: boolean;
  readonly restMs: number;
};

/** Where in a run something happens, as a share of its calls, or of its changes of the disk, in peace. */
type At = { readonly run: number; readonly share: number };
/** How the clock of the machine goes wrong; `suspend` and `midnight`: it sleeps, and wakes 3 h later or just before midnight. */
export const JUMPS = ['day-ahead', 'day-back', 'suspend', 'midnight'] as const;
export type Jump = (typeof JUMPS)[number];
export type Event = At &
  (
    | { readonly kind: 'fault'; readonly fault: string; readonly times: number }
    | { readonly kind: 'death'; readonly how: Death['how'] }
    | { readonly kind: 'clock'; readonly jump: Jump }
  );

const RESTS_MS = [1_000, 31_000, 90_000, 3_600_000];
const WAYS: readonly Death['how'][] = ['before', 'torn', 'written', 'after'];
/** Of a hundred runs: those with a saved plan, and those that begin one again. */
const SAVED = 0.3;
const AGAIN = 0.2;

export const runsOf = ({ seed, runs }: Soak): readonly Run[] => {
  const random = createRandom(seed * 7 + 1);
  const count = 1 + random.below(3);
  const all = Array.from({ length: count }, (_, at): Run => {
    const [isSaved, isAgain, hasEdits] = [random.chance(SAVED), random.chance(AGAIN), random.chance(0.6)];
    return {
      way: at > 0 && isAgain ? 'again' : isSaved ? 'saved' : 'plan',
      edits: at > 0 && hasEdits && !isAgain ? 1 + random.below(3) : 0,
      isSettled: random.chance(0.7),
      restMs: random.pick(RESTS_MS),
    };
  });
  return all.slice(0, runs ?? count);
};

export const eventCount = ({ seed }: Soak): number => 1 + createRandom(seed * 7 + 2).below(6);

/** One to six, each drawn for itself: without one the others stay as they are. */
export const eventsOf = ({ seed, without = [], runs }: Soak): readonly Event[] => {
  const count = runsOf({ seed }).length;
  const most = runs ?? count;
  return Array.from({ length: eventCount({ seed }) }, (_, at) => ({
    at,
    event: eventOf(createRandom(seed * 7_919 + at), count),
  }))
    .filter(({ at, event }) => !without.includes(at) && event.run < most)
    .map(({ event }) => event);
};

const eventOf = (random: Random, runs: number): Event => {
  const at = { run: random.below(runs), share: random.below(1_000) / 1_000 };
  const what = random.below(100);
  if (what < 15) return { ...at, kind: 'death', how: random.pick(WAYS) };
  if (what < 25) return { ...at, kind: 'clock', jump: random.pick(JUMPS) };
  return { ...at, kind: 'fault', fault: random.pick(FAULTS).name, times: random.chance(0.8) ? 1 : 2 + random.below(3) };
};

const FIELDS = ['soak', 'keep', 'without', 'runs'];

/** `soak=17 keep=userGroups/g1,projects/pr1 without=0,3 runs=2` */
export const soakLine = ({ seed, keep, without, runs }: Soak): string =>
  [
    `soak=${seed}`,
    ...(keep ? [`keep=${keep.join(',')}`] : []),
    ...(without && without.length > 0 ? [`without=${without.join(',')}`] : []),
    ...(runs === undefined ? [] : [`runs=${runs}`]),
  ].join(' ');

export const isSoakLine = (line: string): boolean => line.startsWith('soak=');

/** @throws Error for what is not such a line */
export const parseSoak = (line: string): Soak => {
  const fields = new Map(
    line
      .trim()
      .split(/\s+/)
      .map((part) => part.split('=') as [string, string]),
  );
  for (const field of fields.keys()) if (!FIELDS.includes(field)) throw new Error(`a soak case has no field "${field}": ${line}`);
  const seed = Number(fields.get('soak'));
  if (!Number.isSafeInteger(seed)) throw new Error(`expected soak=SEED instead of "${line}"`);
  const list = (name: string): string[] | undefined => fields.get(name)?.split(',').filter(Boolean);
  const [keep, without, runs] = [list('keep'), list('without'), fields.get('runs')];
  return {
    seed,
    ...(keep ? { keep } : {}),
    ...(without ? { without: without.map(Number) } : {}),
    ...(runs === undefined ? {} : { runs: Number(runs) }),
  };
};
