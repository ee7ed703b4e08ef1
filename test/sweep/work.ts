/** A part of the sweep, as one process does it: prepares its scenarios, chooses cases, runs them, counts. */
import { runCase, WORTH_CALLS } from './case.ts';
import { lineOf, parseLine } from './lines.ts';
import type { Verdict } from './runs.ts';
import { prepare, SCENARIOS, type Scenario, type Setting } from './scenario.ts';
import {
  type Chosen,
  chooseDeaths,
  chooseDoubles,
  chooseLates,
  chooseSchedules,
  chooseSingles,
  pairName,
  pairsThatExist,
} from './select.ts';
import { playSoak } from './soak/play.ts';
import { isSoakLine, parseSoak, type Soak, soakLine } from './soak/script.ts';
import { shrink } from './soak/shrink.ts';

export const SETTINGS: readonly Setting[] = [0, 3_000, 20_000].flatMap((lagMs) =>
  (['unique', 'twice'] as const).map((names) => ({ lagMs, names })),
);

/** What one process is to do; counts are of this part alone. */
export type Work = {
  readonly part: number;
  readonly parts: number;
  /** In how many of the settings each scenario is played: 1 to 6, other ones for each. */
  readonly settings: number;
  readonly singles: number;
  readonly doubles: number;
  readonly deaths: number;
  readonly schedules: number;
  /** Every create of the scenarios, carried out too late. */
  readonly hasLates: boolean;
  readonly soaks: number;
  readonly seed: number;
  /** Part of a scenario's name; the empty text: all. */
  readonly only: string;
  /** Lines to run before all others. */
  readonly regressions: readonly string[];
};

export const SORTS = ['regressions', 'singles', 'doubles', 'deaths', 'schedules', 'lates', 'soaks'] as const;
export type Sort = (typeof SORTS)[number];
const zeros = (): Record<Sort, number> => ({
  regressions: 0,
  singles: 0,
  doubles: 0,
  deaths: 0,
  schedules: 0,
  lates: 0,
  soaks: 0,
});
export type Failure = { readonly line: string; readonly problems: readonly string[] };
export type Report = {
  readonly counts: Readonly<Record<Sort, number>>;
  readonly failures: readonly Failure[];
  /** Operation and fault: that can meet, and that met. */
  readonly exist: readonly string[];
  readonly reached: readonly string[];
  readonly exits: Readonly<Record<string, number>>;
  readonly mostExtra: Readonly<Record<Sort, number>>;
  /** How many cases took more calls than a fault is worth. */
  readonly dear: Readonly<Record<Sort, number>>;
  readonly cpuMs: Readonly<Record<Sort | 'prepare', number>>;
};

/** The seeds of a part's soak cases begin so far from those of the next. */
const SEEDS_APART = 1_000_000;
/** Failing soak cases that are made smaller; the others are told as they are. */
const MOST_SHRUNK = 30;

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

/** @param tell told how many cases are done, every hundred of them */
export const runPart = async (work: Work, tell: (done: number) => void = () => undefined): Promise<Report> => {
  let done = 0;
  const counts = zeros();
  const mostExtra = zeros();
  const dear = zeros();
  const spent = { prepare: 0, ...zeros() };
  const failures: Failure[] = [];
  const reached = new Set<string>();
  const exits: Record<string, number> = {};
  const note = (sort: Sort, line: () => string, verdict: Verdict): void => {
    counts[sort]++;
    done++;
    if (done % 100 === 0) tell(done);
    mostExtra[sort] = Math.max(mostExtra[sort], verdict.extra);
    if (verdict.extra > WORTH_CALLS) dear[sort]++;
    for (const pair of verdict.reached) reached.add(pairName(pair));
    const shown = verdict.exits.map((exit) => exit ?? 'died').join(',');
    exits[shown] = (exits[shown] ?? 0) + 1;
    if (verdict.problems.length > 0) failures.push({ line: line(), problems: verdict.problems });
  };
  const timed = async (name: Sort | 'prepare', run: () => Promise<void>): Promise<void> => {
    const before = cpuMs();
    await run();
    spent[name] += cpuMs() - before;
  };
  const runAll = (sort: Sort, chosen: readonly Chosen[]): Promise<void> =>
    timed(sort, async () => {
      for (const { scenario, one } of chosen) note(sort, () => lineOf({ ...scenario, one }), await runCase(scenario, one));
    });

  await timed('regressions', async () => {
    for (const line of work.regressions) note('regressions', () => line, await replay(line));
  });
  const scenarios: Scenario[] = [];
  await timed('prepare', async () => {
    for (const [name, setting] of placesOf(work)) scenarios.push(await prepare(name, setting));
  });
  if (scenarios.length > 0) {
    await runAll('singles', chooseSingles(scenarios, work.singles, work.seed));
    await runAll('doubles', chooseDoubles(scenarios, work.doubles, work.seed));
    await runAll('deaths', chooseDeaths(scenarios, work.deaths, work.seed));
    if (work.hasLates) await runAll('lates', chooseLates(scenarios));
    await runAll('schedules', chooseSchedules(scenarios, work.schedules, work.seed));
  }
  const failing: Soak[] = [];
  await timed('soaks', async () => {
    for (let at = 0; at < work.soaks; at++) {
      const soak = { seed: work.seed * SEEDS_APART + at };
      const verdict = await playSoak(soak);
      const isLeft = verdict.problems.length > 0 && failing.length < MOST_SHRUNK;
      if (isLeft) failing.push(soak);
      note('soaks', () => soakLine(soak), verdict);
    }
  });
  const smaller = new Map<string, string>();
  for (const soak of failing) smaller.set(soakLine(soak), soakLine(await shrink(soak)));
  // Single faults alone reach every pair; a part of the sweep without them owes none.
  const exist = work.singles > 0 ? [...pairsThatExist(scenarios)] : [];
  const told = failures.map(({ line, problems }) => ({ line: smaller.get(line) ?? line, problems }));
  return { counts, failures: told, exist, reached: [...reached], exits, mostExtra, dear, cpuMs: spent };
};

/** The part's scenarios, each in as many settings as asked: the next scenario begins with the next setting. */
const placesOf = ({ part, parts, settings, only }: Work): readonly (readonly [string, Setting])[] =>
  SCENARIOS.flatMap((name, index) =>
    index % parts === part && name.includes(only)
      ? Array.from({ length: settings }, (_, turn) => {
          // Steps of 6 / settings, so that two settings of a scenario differ in how late its lists are.
          const at = (Math.floor(index / parts) + Math.floor((turn * SETTINGS.length) / settings)) % SETTINGS.length;
          return [name, SETTINGS[at] as Setting] as const;
        })
      : [],
  );

/** One case by its line, as it went. */
export const replay = async (line: string): Promise<Verdict> => {
  if (isSoakLine(line)) return playSoak(parseSoak(line));
  const { name, setting, one } = parseLine(line);
  return runCase(await prepare(name, setting), one);
};
