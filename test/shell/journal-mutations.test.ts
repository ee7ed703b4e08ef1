/** Damage to a journal, whatever it is, is either told or has changed nothing of what it says (issue 5, part 1). */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { EngineError } from '../../engine/core/diagnostic.ts';
import type { JournalEvent } from '../../engine/core/model.ts';
import { misfitOf } from '../../engine/shell/fits.ts';
import { parseJournal } from '../../engine/shell/journal.ts';
import { createLocalStore, parseStateFile } from '../../engine/shell/local-store.ts';
import { parseMark } from '../../engine/shell/mark.ts';
import { openRecord } from '../../engine/shell/state.ts';
import { createRandom } from '../laws/random.ts';
import { IDENTITY, recorded } from '../support/apply-plan.ts';

const at = '2026-11-24T02:00:00.000Z';
const run = (name: string): JournalEvent => ({ type: 'run', run: name, command: 'apply', changesDigest: 'd', caller: null, at });
const intent = (name: string, step: string): JournalEvent => ({
  type: 'intent',
  run: name,
  step,
  operation: 'UpdateUserGroup',
  serves: [step],
  request: 'q',
  at,
});
const outcome = (name: string, step: string): JournalEvent => ({
  type: 'outcome',
  run: name,
  step,
  outcome: 'done',
  code: null,
  requestId: '数',
  at,
});
const record = (name: string, address: string): JournalEvent => ({
  type: 'record',
  run: name,
  address,
  resource: recorded({ ids: { id: address } }),
});

type Files = { readonly state: string; readonly journal: Buffer; readonly mark: string };
/** What lies in a folder at a moment. */
const look = (folder: string): Files => ({
  state: readFileSync(join(folder, 'state.json'), 'utf8'),
  journal: readFileSync(join(folder, 'journal.jsonl')),
  mark: readFileSync(join(folder, 'journal.mark'), 'utf8'),
});

/** The files after each append and compaction of three runs, of which each leaves an intent open and the last is killed. */
const lived = async (folder: string): Promise<readonly Files[]> => {
  const moments: Files[] = [];
  for (const name of ['r1', 'r2', 'r3']) {
    const store = await openRecord(createLocalStore(folder), IDENTITY);
    for (const events of [
      [run(name)],
      [intent(name, 'b')],
      [intent(name, `${name}-c`)],
      [outcome(name, 'b'), record(name, 'b')],
      [intent(name, 'd')],
      [outcome(name, 'd'), record(name, 'd')],
    ]) {
      await store.append(...events);
      moments.push(look(folder));
    }
    if (name !== 'r3') await store.compact();
    moments.push(look(folder));
    await store.close();
  }
  return moments;
};

const FILES = { state: 's', journal: 'j', mark: 'm' };
/** The events that a reader of the record believes, or the code with which it refuses. */
const believed = ({ state, journal, mark }: Files): string => {
  try {
    const text = parseJournal(journal.toString('utf8'), 'j');
    const misfit = misfitOf({ ...parseStateFile(state, 's'), text, mark: parseMark(mark) }, FILES);
    return misfit === null ? JSON.stringify(text.events) : `refused: ${misfit.code}`;
  } catch (error) {
    if (error instanceof EngineError) return `refused: ${error.code}`;
    throw error;
  }
};

const linesOf = (journal: Buffer): readonly Buffer[] => {
  const lines: Buffer[] = [];
  for (let start = 0; start < journal.length; ) {
    const end = journal.indexOf(10, start) + 1;
    lines.push(journal.subarray(start, end));
    start = end;
  }
  return lines;
};
const without = <T>(all: readonly T[], index: number): readonly T[] => all.filter((_one, at_) => at_ !== index);

function* cuts(journal: Buffer): Generator<Buffer> {
  for (let size = 0; size < journal.length; size++) yield journal.subarray(0, size);
}
function* flips(journal: Buffer, masks: readonly number[]): Generator<Buffer> {
  for (let place = 0; place < journal.length; place++)
    for (const mask of masks) {
      const changed = Buffer.from(journal);
      changed[place] = (changed[place] ?? 0) ^ mask;
      yield changed;
    }
}
function* lineChanges(journal: Buffer): Generator<Buffer> {
  const lines = linesOf(journal);
  for (const [index, line] of lines.entries()) {
    yield Buffer.concat(without(lines, index));
    for (const [other, second] of lines.entries()) {
      yield Buffer.concat(lines.map((one, place) => (place === index ? second : place === other ? line : one)));
      yield Buffer.concat([...lines.slice(0, other), line, ...lines.slice(other)]);
      if (other > index) yield Buffer.concat([...lines.slice(0, index), ...lines.slice(other)]);
    }
    yield Buffer.concat([journal, line]);
  }
}
/** An older copy in the journal's place, its lines before and after ours, and its bytes up to any place in ours. */
function* splices(journal: Buffer, older: Buffer): Generator<Buffer> {
  yield older;
  const [ours, theirs] = [linesOf(journal), linesOf(older)];
  for (let mine = 0; mine <= ours.length; mine++)
    for (let other = 0; other <= theirs.length; other++) {
      yield Buffer.concat([...theirs.slice(0, other), ...ours.slice(mine)]);
      yield Buffer.concat([...ours.slice(0, mine), ...theirs.slice(other)]);
    }
  for (let place = 1; place < journal.length; place += 5)
    yield Buffer.concat([older.subarray(0, place), journal.subarray(place)]);
}
/** Several at once, and bytes that were never there. */
function* compounds(journal: Buffer, seed: number): Generator<Buffer> {
  const { below } = createRandom(seed);
  for (;;) {
    let changed: Buffer = Buffer.from(journal);
    for (let times = 1 + below(4); times > 0; times--) {
      const place = below(changed.length + 1);
      const end = Math.min(changed.length, place + below(40));
      const put = Buffer.from(Array.from({ length: below(4) }, () => below(256)));
      changed = Buffer.concat([changed.subarray(0, place), put, changed.subarray(below(2) === 0 ? place : end)]);
    }
    yield changed;
  }
}
function* take<T>(many: Generator<T>, count: number): Generator<T> {
  for (const one of many) {
    if (count-- <= 0) return;
    yield one;
  }
}

let moments: readonly Files[] = [];
beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'phinfra-mutations-'));
  moments = await lived(folder);
  rmSync(folder, { recursive: true });
});

/** How many mutations there were, and those that a reader believes although they say something else. */
const judge = (files: Files, mutations: Iterable<Buffer>): { readonly count: number; readonly accepted: readonly string[] } => {
  const truth = believed(files);
  expect(truth).not.toContain('refused');
  let count = 0;
  const accepted: string[] = [];
  for (const journal of mutations) {
    if (journal.equals(files.journal)) continue;
    count++;
    const said = believed({ ...files, journal });
    if (said !== truth && !said.startsWith('refused')) accepted.push(journal.toString('utf8'));
  }
  return { count, accepted };
};

const BITS = [1, 2, 4, 8, 16, 32, 64, 128];

describe('a journal that somebody or something has changed', () => {
  it('is never taken for another history: 50,000 mutations, none accepted', () => {
    const killed = moments.at(-1);
    const compacted = moments[6];
    if (!killed || !compacted) throw new Error('the record did not live');
    let count = 0;
    const all = (files: Files, mutations: Iterable<Buffer>): void => {
      const judged = judge(files, mutations);
      count += judged.count;
      expect(judged.accepted).toEqual([]);
    };
    for (const files of [killed, compacted]) {
      all(files, cuts(files.journal));
      all(files, flips(files.journal, files === killed ? [...BITS, 3, 0x55, 0xff] : [1, 0x80, 0xff]));
      all(files, lineChanges(files.journal));
      for (const { journal } of moments.slice(0, moments.indexOf(files))) all(files, splices(files.journal, journal));
      all(files, take(compounds(files.journal, 1), files === killed ? 8_000 : 1_000));
    }
    console.log(`${count} mutations of ${killed.journal.length} and ${compacted.journal.length} bytes`);
    expect(count).toBeGreaterThan(50_000);
  });

  it('is believed when only what was never written whole is torn: bytes after the last line change nothing', () => {
    for (const files of moments)
      for (const rest of ['{', '{"seq":9,"prev":"', 'x'.repeat(300)])
        expect(believed({ ...files, journal: Buffer.concat([files.journal, Buffer.from(rest)]) })).toBe(believed(files));
  });

  it('left over beside a newer state, must be the very one that was folded into it', () => {
    const [last, compacted] = [moments[5], moments[6]];
    if (!last || !compacted) throw new Error('the record did not live');
    // A crash between the two writes of a compaction: the new state, the journal before it, the mark before it.
    const between: Files = { ...last, state: compacted.state };
    expect(judge(between, cuts(last.journal)).accepted).toEqual([]);
    expect(judge(between, lineChanges(last.journal)).accepted).toEqual([]);
  });

  it('older together with its state is noticed by the mark, at every earlier moment', () => {
    const latest = moments.at(-1);
    if (!latest) throw new Error('the record did not live');
    const said = moments.slice(0, -1).map((older) => believed({ ...older, mark: latest.mark }));
    expect(said.slice(0, 13).every((one) => one === 'refused: STATE_OLDER')).toBe(true);
    // Of the same serial, and shorter; the last two moments are the same one.
    expect(said.slice(13, -1).every((one) => one === 'refused: JOURNAL_DAMAGED')).toBe(true);
  });

  it('loses without a mark only whole lines at its end, and never an intent that an earlier run left open', () => {
    const killed = moments.at(-1);
    if (!killed) throw new Error('the record did not live');
    const unmarked = { ...killed, mark: '' };
    const ends = [...cuts(killed.journal)].filter((journal) => !believed({ ...unmarked, journal }).startsWith('refused'));
    const events = new Set(ends.map((journal) => believed({ ...unmarked, journal })));
    const carried = 2;
    expect(events.size).toBe(linesOf(killed.journal).length - carried);
    // A last line break that has become another byte is a line that is not whole.
    for (const journal of judge(unmarked, flips(killed.journal, [1])).accepted) expect(journal.endsWith('\n')).toBe(false);
    const accepted = [...flips(killed.journal, [1])].map((journal) => believed({ ...unmarked, journal }));
    expect(accepted.filter((said) => !said.startsWith('refused') && !events.has(said) && said !== believed(killed))).toEqual([]);
  });
});

describe('a mark', () => {
  it('says nothing once any of its bits has changed, and an unreadable one refuses nothing', () => {
    const files = moments.at(-1);
    if (!files) throw new Error('the record did not live');
    const spaces = files.mark.length - files.mark.trimEnd().length;
    for (const changed of flips(Buffer.from(files.mark.slice(0, files.mark.length - spaces)), BITS)) {
      const mark = `${changed.toString('utf8')}${files.mark.slice(-spaces)}`;
      const read = parseMark(mark);
      if (read !== null) expect(read).toEqual(parseMark(files.mark));
      expect(believed({ ...files, mark })).toBe(believed(files));
    }
    for (const mark of ['', '\0'.repeat(200), '00000000 ', 'x']) expect(parseMark(mark)).toBeNull();
  });
});
