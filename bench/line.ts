/** One line of the bench: what was measured, beside what it is measured by. */
export type Line = {
  readonly what: string;
  readonly value: string;
  readonly goal: string;
  readonly yardstick: string;
  readonly isReached: boolean;
};

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
};

export const milliseconds = async (work: () => unknown): Promise<number> => {
  const from = performance.now();
  await work();
  return performance.now() - from;
};
