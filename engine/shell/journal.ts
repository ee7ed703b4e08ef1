/**
 * The journal: `.phinfra/ENV/journal.jsonl`, append-only, one line an event (DESIGN 6).
 *
 *     {"seq":1,"prev":"<sha-256 of the line before>","event":{…},"crc":"<crc-32 of the line without it>"}
 *
 * The first line's `prev` names the state that the journal continues, so that a journal that was left over by a crash
 * between the two writes of a compaction is told from one that goes on.
 */
import { createHash } from 'node:crypto';
import { copyFile, open, readFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { EngineError } from '../core/diagnostic.ts';
import { isObject } from '../core/json.ts';
import type { JournalEvent } from '../core/model.ts';
import { type AppendFile, appendDurably } from './durable.ts';

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

/** What the first line of a journal continues. */
export const genesisOf = (lineage: string, serial: number): string => sha256(`phinfra.journal/1\n${lineage}\n${serial}`);

type Position = { readonly seq: number; readonly prev: string };

/** A place in a journal: how many lines, and the hash of the last one; null: there is none. */
export type Place = { readonly seq: number; readonly last: string | null };

const lineOf = (event: JournalEvent, { seq, prev }: Position): string => {
  const body = JSON.stringify({ seq, prev, event });
  return `${body.slice(0, -1)},"crc":"${checksum(body)}"}`;
};
/** CRC-32, eight hex digits. */
export const checksum = (body: string): string => crc32(body).toString(16).padStart(8, '0');

export type JournalText = Place & {
  readonly events: readonly JournalEvent[];
  /** `prev` of the first line; null: no line. */
  readonly genesis: string | null;
  /** The hash of each line. */
  readonly hashes: readonly string[];
  /** Bytes of whole lines; what follows is a torn line. */
  readonly soundBytes: number;
  readonly isTorn: boolean;
};

const EVENT_TYPES: ReadonlySet<unknown> = new Set<JournalEvent['type']>([
  'run',
  'intent',
  'outcome',
  'record',
  'people',
  'guards',
  'asked',
  'settled',
  'end',
]);
const CRC = /^,"crc":"([0-9a-f]{8})"\}$/;
const CRC_LENGTH = ',"crc":"00000000"}'.length;

/**
 * Verifies every line: checksum, sequence, chain. A last line without its line break is torn and left out.
 *
 * @throws EngineError JOURNAL_DAMAGED, naming the last good line; STATE_FORMAT for an event of a later version
 */
export const parseJournal = (text: string, name: string): JournalText => {
  const events: JournalEvent[] = [];
  let genesis: string | null = null;
  const hashes: string[] = [];
  let at = 0;
  for (let end = text.indexOf('\n', at); end !== -1; end = text.indexOf('\n', at)) {
    const line = text.slice(at, end);
    const entry = readLine(line);
    const isNext = entry !== null && entry.seq === events.length + 1 && (genesis === null || entry.prev === hashes.at(-1));
    if (!isNext) throw damaged(name, events.length);
    if (!EVENT_TYPES.has(entry.event.type))
      throw new EngineError(
        'STATE_FORMAT',
        `${name} holds an event that this version does not know.`,
        'Use the version that wrote it, or a later one.',
      );
    genesis ??= entry.prev;
    events.push(entry.event);
    hashes.push(sha256(line));
    at = end + 1;
  }
  return {
    events,
    genesis,
    seq: hashes.length,
    last: hashes.at(-1) ?? null,
    hashes,
    soundBytes: Buffer.byteLength(text.slice(0, at), 'utf8'),
    isTorn: at < text.length,
  };
};

const readLine = (line: string): (Position & { readonly event: JournalEvent }) | null => {
  const crc = CRC.exec(line.slice(-CRC_LENGTH))?.[1];
  if (crc === undefined) return null;
  const body = `${line.slice(0, -CRC_LENGTH)}}`;
  if (checksum(body) !== crc) return null;
  try {
    const value: unknown = JSON.parse(body);
    if (!isObject(value) || typeof value.seq !== 'number' || typeof value.prev !== 'string' || !isObject(value.event))
      return null;
    // The checksum says that the line is as we wrote it; its type is looked at by the caller.
    return { seq: value.seq, prev: value.prev, event: value.event as unknown as JournalEvent };
  } catch {
    return null;
  }
};

const damaged = (name: string, goodLines: number): EngineError =>
  new EngineError(
    'JOURNAL_DAMAGED',
    `${name} is damaged after line ${goodLines}${goodLines === 0 ? '' : ', the last good one'}.`,
    'Put back the file from a copy. Nothing was sent and nothing was changed.',
  );

/**
 * Reads and verifies the journal without changing it; an absent file is an empty journal.
 *
 * @throws EngineError JOURNAL_DAMAGED, STATE_UNREADABLE
 */
export const readJournal = async (path: string): Promise<JournalText> => {
  try {
    return parseJournal(await readFile(path, 'utf8'), path);
  } catch (error) {
    if (error instanceof EngineError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return parseJournal('', path);
    throw new EngineError('STATE_UNREADABLE', `${path} cannot be read: ${(error as Error).message}.`);
  }
};

/** Cuts a torn last line off, after copying the file aside; the copy's path. Call it under the lock. */
export const cutTorn = async (path: string, { seq, soundBytes }: JournalText): Promise<string> => {
  const aside = `${path}.torn-${seq + 1}`;
  await copyFile(path, aside);
  const file = await open(path, 'r+');
  try {
    await file.truncate(soundBytes);
    await file.sync();
  } finally {
    await file.close();
  }
  return aside;
};

export type Journal = {
  /** Resolves when the events are on the disk, in this order. @throws EngineError JOURNAL_WRITE, from then on for ever */
  readonly append: (...events: readonly JournalEvent[]) => Promise<void>;
};

/**
 * Appends with one sync for all entries that are waiting at the time: concurrent steps share it.
 *
 * @param start where the journal goes on
 * @param onDurable told how far the journal is on the disk, before an append resolves
 */
export const createJournal = (
  file: AppendFile,
  name: string,
  start: Place & { readonly genesis: string },
  onDurable: (place: Place) => Promise<void> = async () => undefined,
): Journal => {
  let seq = start.seq;
  let prev = start.last ?? start.genesis;
  let waiting: {
    readonly text: string;
    readonly place: Place;
    readonly resolve: () => void;
    readonly reject: (error: unknown) => void;
  }[] = [];
  let isWriting = false;
  let failure: unknown = null;

  const flush = async (): Promise<void> => {
    isWriting = true;
    // Those who append in the same turn are taken along.
    await Promise.resolve();
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        if (failure !== null) throw failure;
        await appendDurably(file, Buffer.from(batch.map((entry) => entry.text).join(''), 'utf8'), name);
        await onDurable(batch.at(-1)?.place ?? start);
        for (const entry of batch) entry.resolve();
      } catch (error) {
        failure ??= error;
        for (const entry of batch) entry.reject(failure);
      }
    }
    isWriting = false;
  };

  return {
    append: (...events) =>
      new Promise<void>((resolve, reject) => {
        if (failure !== null) return reject(failure);
        let text = '';
        for (const event of events) {
          seq++;
          const line = lineOf(event, { seq, prev });
          prev = sha256(line);
          text += `${line}\n`;
        }
        waiting.push({ text, place: { seq, last: prev }, resolve, reject });
        if (!isWriting) void flush();
      }),
  };
};

/** The text of a journal that begins with these events, and where it goes on. */
export const journalOf = (genesis: string, events: readonly JournalEvent[]): Place & { readonly text: string } => {
  let prev = genesis;
  const lines = events.map((event, index) => {
    const line = lineOf(event, { seq: index + 1, prev });
    prev = sha256(line);
    return `${line}\n`;
  });
  return { text: lines.join(''), seq: lines.length, last: lines.length === 0 ? null : prev };
};
