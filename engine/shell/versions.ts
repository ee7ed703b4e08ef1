/** One text in numbered versions, of which the highest counts: each number is made once, by whoever comes first, and no lock is needed. */

/** Where they lie: files of a folder, objects of a bucket. */
export type VersionPlace = {
  /** Those that are there, in any order; none where nothing was ever made. */
  readonly numbers: () => Promise<readonly number[]>;
  /** Null: it is not there any more. */
  readonly text: (number: number) => Promise<string | null>;
  /** Makes one as a whole; false where it is there. */
  readonly make: (number: number, text: string) => Promise<boolean>;
  readonly remove: (number: number) => Promise<void>;
};

export type Versions = {
  /** The newest; version 0 and text null: there is none yet. */
  readonly read: () => Promise<{ readonly version: number; readonly text: string | null }>;
  /** Makes the version that follows; false where another was quicker. */
  readonly put: (after: number, text: string) => Promise<boolean>;
};

/**
 * A number that is free was never taken, as long as it lies among those that stay. One that wakes up so late that its number
 * was taken and has gone finds itself behind all that stay, and has not counted.
 *
 * @param kept versions that stay
 */
export const createVersions = (place: VersionPlace, kept: number): Versions => ({
  read: async () => {
    for (;;) {
      const version = Math.max(0, ...(await place.numbers()));
      if (version === 0) return { version, text: null };
      const text = await place.text(version);
      if (text !== null) return { version, text };
      // Somebody has made the next ones and taken this one away.
    }
  },
  put: async (after, text) => {
    const number = after + 1;
    if (!(await place.make(number, text))) return false;
    const numbers = await place.numbers();
    const newest = Math.max(number, ...numbers);
    for (const older of numbers) if (older <= newest - kept) await place.remove(older);
    return newest < number + kept;
  },
});
