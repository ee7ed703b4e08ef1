/** A sweep in parts: what each has to do, and what all came to together. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WORTH_CALLS } from './case.ts';
import { isOpen } from './open.ts';
import type { Failure, Report, Sort, Work } from './work.ts';

/** Lines of cases that once failed; they run first. */
const regressionLines = (): readonly string[] =>
  readFileSync(join(import.meta.dirname, '../regressions.txt'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

/** The same work in so many parts; counts are of all parts together. */
export const worksOf = (parts: number, whole: Omit<Work, 'part' | 'parts' | 'regressions'>): readonly Work[] => {
  const share = (count: number): number => Math.ceil(count / parts);
  return Array.from({ length: parts }, (_, part) => ({
    ...whole,
    part,
    parts,
    singles: share(whole.singles),
    doubles: share(whole.doubles),
    deaths: share(whole.deaths),
    schedules: share(whole.schedules),
    soaks: share(whole.soaks),
    seed: whole.seed + part,
    regressions: part === 0 ? regressionLines() : [],
  }));
};

export type Swept = Pick<Report, 'counts' | 'mostExtra' | 'dear' | 'exits' | 'cpuMs'> & {
  readonly failures: readonly Failure[];
  /** Of the cases that are known not to converge. */
  readonly open: readonly Failure[];
  /** Operation and fault: how many of them can meet, and those that never did. */
  readonly exist: number;
  readonly missed: readonly string[];
};

const summed = <K extends string>(all: readonly Readonly<Record<K, number>>[], join: (a: number, b: number) => number) => {
  const into: Partial<Record<K, number>> = {};
  for (const one of all) for (const key of Object.keys(one) as K[]) into[key] = join(into[key] ?? 0, one[key]);
  return into as Record<K, number>;
};
const add = (a: number, b: number): number => a + b;

export const together = (reports: readonly Report[]): Swept => {
  const reached = new Set(reports.flatMap((one) => one.reached));
  const failed = reports.flatMap((one) => one.failures);
  const exist = new Set(reports.flatMap((one) => one.exist));
  return {
    counts: summed(
      reports.map((one) => one.counts),
      add,
    ),
    mostExtra: summed(
      reports.map((one) => one.mostExtra),
      Math.max,
    ),
    dear: summed(
      reports.map((one) => one.dear),
      add,
    ),
    exits: summed(
      reports.map((one) => one.exits),
      add,
    ),
    cpuMs: summed(
      reports.map((one) => one.cpuMs),
      add,
    ),
    failures: failed.filter(({ line, problems }) => !isOpen(line, problems)),
    open: failed.filter(({ line, problems }) => isOpen(line, problems)),
    exist: exist.size,
    missed: [...exist].filter((pair) => !reached.has(pair)).sort(),
  };
};

const WORDS: Readonly<Record<Sort, string>> = {
  regressions: 'regressions',
  singles: 'single faults',
  doubles: 'pairs of faults',
  deaths: 'crashes',
  schedules: 'schedules of applies side by side',
  lates: 'creates that came too late',
  soaks: 'soak seeds',
};

/** One line of counts: `6,000 single faults, …; 2,187 of 2,187 pairs of operation and fault reached; 0 failed`. */
export const countsLine = ({ counts, exist, missed, failures, open }: Swept): string => {
  const cases = (Object.keys(WORDS) as Sort[]).map((sort) => `${counts[sort].toLocaleString('en')} ${WORDS[sort]}`);
  const pairs = `${(exist - missed.length).toLocaleString('en')} of ${exist.toLocaleString('en')} pairs of operation and fault reached`;
  return `${cases.join(', ')}; ${pairs}; ${failures.length} failed, ${open.length} known and open`;
};

/** What it took: processor time for a case of each sort, in milliseconds. */
export const costLine = ({ counts, cpuMs, mostExtra, dear }: Swept): string => {
  const sorts = (Object.keys(WORDS) as Sort[]).filter((sort) => counts[sort] > 0);
  const each = sorts.map(
    (sort) =>
      `${WORDS[sort]} ${(cpuMs[sort] / counts[sort]).toFixed(1)} ms, at most ${mostExtra[sort]} calls more, more than ${WORTH_CALLS} in ${dear[sort].toLocaleString('en')}`,
  );
  return `processor time for a case: ${each.join('; ')}; ${Math.round(Object.values(cpuMs).reduce(add, 0) / 1_000)} s in all`;
};
