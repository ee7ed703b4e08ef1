/** `reads.json` beside the record: what a plan has read whose reads exceed the day, for the next plan to go on with (DESIGN 7). */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { NO_CALLS } from '../core/bill.ts';
import { addCalls } from '../core/calls.ts';
import { type Diagnostic, EngineError } from '../core/diagnostic.ts';
import { canonical, isObject } from '../core/json.ts';
import type { Calls, Desired, State } from '../core/model.ts';
import type { Clock } from '../core/ports.ts';
import { nextDayMs } from '../core/quota.ts';
import type { Resolved } from '../core/resolve.ts';
import { isRead } from '../core/snapshot.ts';
import { redactRead } from '../core/snapshot-redact.ts';
import { KINDS } from '../kinds/index.ts';
import { makeFolder, writeDurably } from './durable.ts';
import { type KeptAnswers, type KeptRead, keptAnswers } from './kept-answers.ts';
import type { Planned } from './planner.ts';
import { createReader, type Reader, type ReaderOptions } from './reader.ts';
import { sha256 } from './sign.ts';

const FORMAT = 'phinfra.reads/1';
const DAY_MS = 86_400_000;
const pathOf = (folder: string): string => join(folder, 'reads.json');

/** Whose answers they are: of another tenant, as another caller, or after another apply they are of no use. */
export type KeptFor = {
  readonly environment: string;
  readonly tenant: string;
  readonly deployment: string;
  readonly caller: string | null;
  readonly key: string;
  readonly record: { readonly lineage: string; readonly serial: number } | null;
};

export type KeptReads = {
  /** Sends reads, but for those whose answers are kept. */
  readonly reader: Reader;
  /** When the oldest kept answer of these operations was given that this plan has used, ISO 8601; null: none. */
  readonly since: KeptAnswers['since'];
  /** Calls of the earlier days. */
  readonly spent: Calls;
  /**
   * Makes a plan. Where the day has no call for its reads, what was read is kept; where it is made, what was kept is used up.
   *
   * @throws EngineError as `make` does
   */
  readonly through: (make: () => Promise<Planned>) => Promise<Planned>;
  readonly warnings: () => readonly Diagnostic[];
};

export type KeptOptions = {
  readonly folder: string;
  readonly of: KeptFor;
  readonly resolved: Resolved;
  readonly state: State | null;
  readonly timezone: string;
  readonly clock: Clock;
};

/** What an earlier plan of the same place has kept, and a reader that goes on from there. */
export const openKeptReads = async (options: KeptOptions, readerOptions: ReaderOptions): Promise<KeptReads> => {
  const { folder, resolved, state, timezone, clock } = options;
  const { environment, tenant, deployment, caller, key, record } = options.of;
  const of: KeptFor = { environment, tenant, deployment, caller, key, record };
  const warnings: Diagnostic[] = [];
  const concealed = digestOfConcealed(resolved.desired);
  const found = await readKept(folder, of, clock.wallMs(), warnings);
  // A row is masked by what the files say of it: where they say something else now, it is asked for again.
  const kept = found.concealed === concealed ? found.reads : found.reads.filter(({ operation }) => !MASKED.has(operation));
  const answers = keptAnswers(kept, () => new Date(clock.wallMs()).toISOString());
  const { reader, settled } = watched(createReader({ ...readerOptions, answers }));

  const keep = async (): Promise<void> => {
    const context = { desired: resolved.desired, recorded: state?.resources ?? {}, hash: sha256 };
    const value = {
      format: FORMAT,
      ...of,
      until: new Date(nextDayMs(clock.wallMs(), timezone) + DAY_MS).toISOString(),
      concealed,
      spent: addCalls(found.spent, reader.spent()),
      reads: answers.reads().map((read) => ({ ...redactRead(read, KINDS, context), at: read.at })),
    };
    try {
      await makeFolder(folder);
      await writeDurably(pathOf(folder), `${JSON.stringify(value, null, 1)}\n`);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      warnings.push(unusable(error.message, 'The next plan begins to read anew.'));
    }
  };

  return {
    reader,
    since: answers.since,
    spent: found.spent,
    through: async (make) => {
      try {
        const made = await make();
        if (made.plan) await rm(pathOf(folder), { force: true });
        else if (kept.length > 0) await keep();
        return made;
      } catch (error) {
        if (!(error instanceof EngineError) || error.code !== 'DAY_SPENT') throw error;
        // Calls that are on their way are counted: their answers are kept as well.
        await settled();
        if (answers.reads().length === 0) throw error;
        await keep();
        throw new EngineError(
          error.code,
          error.message,
          `The ${answers.reads().length} answers that were read so far are kept: the same command goes on with the rest when the day of the quota is over.`,
        );
      }
    },
    warnings: () => warnings,
  };
};

/** Operations whose answers are masked by what the files and the record say. */
const MASKED: ReadonlySet<string> = new Set(
  KINDS.filter((kind) => kind.redacts).flatMap((kind) => [
    ...(kind.list ? [kind.list.operation] : []),
    ...kind.each.map((read) => read.operation),
  ]),
);

const digestOfConcealed = (desired: readonly Desired[]): string => {
  const kinds = new Set(KINDS.filter((kind) => kind.redacts).map((kind) => kind.collection));
  const said = desired
    .filter((one) => kinds.has(one.kind))
    .map(({ address, spec, renamedFrom, lifecycle }) => ({ address, spec, renamedFrom, ignore: lifecycle.ignore }));
  return sha256(canonical(said));
};

type Found = { readonly reads: readonly KeptRead[]; readonly spent: Calls; readonly concealed: string };
const NOTHING: Found = { reads: [], spent: NO_CALLS, concealed: '' };

const readKept = async (folder: string, of: KeptFor, wallMs: number, warnings: Diagnostic[]): Promise<Found> => {
  let text: string;
  try {
    text = await readFile(pathOf(folder), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      warnings.push(
        unusable(`${pathOf(folder)} cannot be read: ${(error as Error).message}.`, 'What it holds is read once more.'),
      );
    return NOTHING;
  }
  const value = parsed(text);
  if (value === null) {
    warnings.push(unusable(`${pathOf(folder)} is damaged.`, 'What it holds is read once more.'));
    return NOTHING;
  }
  return canonical(value.of) === canonical(of) && wallMs < Date.parse(value.until) ? value : NOTHING;
};

const parsed = (text: string): (Found & { readonly of: KeptFor; readonly until: string }) | null => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(value) || value['format'] !== FORMAT) return null;
  const { environment, tenant, deployment, caller, key, record, until, concealed, spent, reads } = value;
  const isWhole =
    Array.isArray(reads) &&
    reads.every((one) => isRead(one) && 'at' in one && isTime(one.at)) &&
    isTime(until) &&
    isObject(spent) &&
    isObject(spent['levels']) &&
    isObject(spent['operations']);
  if (!isWhole) return null;
  return { of: { environment, tenant, deployment, caller, key, record }, until, concealed, spent, reads } as unknown as Found & {
    readonly of: KeptFor;
    readonly until: string;
  };
};

const isTime = (value: unknown): value is string => typeof value === 'string' && !Number.isNaN(Date.parse(value));

/** @param message names the file */
const unusable = (message: string, hint: string): Diagnostic => ({
  code: 'READS_UNUSABLE',
  severity: 'warning',
  message,
  hint,
});

/** A reader of which is known when nothing is on its way any more. */
const watched = (reader: Reader): { readonly reader: Reader; readonly settled: () => Promise<void> } => {
  const onWay = new Set<Promise<unknown>>();
  const watch = <T>(work: Promise<T>): Promise<T> => {
    const end = work.catch(() => undefined).finally(() => onWay.delete(end));
    onWay.add(end);
    return work;
  };
  return {
    reader: {
      ...reader,
      list: (read, request) => watch(reader.list(read, request)),
      call: (operation, request) => watch(reader.call(operation, request)),
    },
    settled: async () => {
      while (onWay.size > 0) await Promise.all(onWay);
    },
  };
};
