import { appendFileSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JournalEvent } from '../../engine/core/model.ts';
import { type AppendFile, appendDurably, openForAppend, writeDurably } from '../../engine/shell/durable.ts';
import { checksum, createJournal, cutTorn, genesisOf, journalOf, parseJournal, readJournal } from '../../engine/shell/journal.ts';
import { temporaryFolder } from '../support/apply-plan.ts';

const GENESIS = genesisOf('L', 0);
const event = (step: string): JournalEvent => ({
  type: 'outcome',
  run: 'r',
  step,
  outcome: 'done',
  code: null,
  requestId: 'geschützt 数',
  at: '2026-11-24T02:00:00.000Z',
});

/** A journal file with these events, and its path. */
const written = async (...steps: readonly string[]): Promise<string> => {
  const path = join(temporaryFolder(), 'journal.jsonl');
  const file = await openForAppend(path);
  const journal = createJournal(file, path, { seq: 0, last: null, genesis: GENESIS });
  for (const name of steps) await journal.append(event(name));
  await file.close();
  return path;
};
/** A file that fails or falls short as told, and what reached it. */
const faulty = (more: Partial<AppendFile> & { readonly atMost?: number } = {}) => {
  const bytes: number[] = [];
  let syncs = 0;
  const file: AppendFile = {
    write: async (buffer, offset, length) => {
      const count = Math.min(length, more.atMost ?? length);
      bytes.push(...buffer.subarray(offset, offset + count));
      return { bytesWritten: count };
    },
    datasync: async () => {
      syncs++;
    },
    ...more,
  };
  return { file, text: () => Buffer.from(bytes).toString('utf8'), syncs: () => syncs };
};
const codeOf = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no error',
    (error: { code?: unknown }) => error.code,
  );

describe('a durable append', () => {
  it('goes on after short writes until all is written', async () => {
    const { file, text, syncs } = faulty({ atMost: 3 });
    await appendDurably(file, Buffer.from('0123456789', 'utf8'), 'f');
    expect([text(), syncs()]).toEqual(['0123456789', 1]);
  });

  it('fails when the disk takes no more, when it says so, and when the sync fails', async () => {
    const append = (file: AppendFile) => codeOf(appendDurably(file, Buffer.from('x'), 'f'));
    expect(await append(faulty({ atMost: 0 }).file)).toBe('JOURNAL_WRITE');
    expect(await append(faulty({ write: () => Promise.reject(new Error('ENOSPC')) }).file)).toBe('JOURNAL_WRITE');
    expect(await append(faulty({ datasync: () => Promise.reject(new Error('EIO')) }).file)).toBe('JOURNAL_WRITE');
  });
});

describe('a durable file', () => {
  it('is replaced as a whole, for its owner alone, and leaves nothing beside it', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'state.json');
    await writeDurably(path, 'one');
    await writeDurably(path, 'two');
    expect([readFileSync(path, 'utf8'), statSync(path).mode & 0o777, readdirSync(folder)]).toEqual([
      'two',
      0o600,
      ['state.json'],
    ]);
  });

  it('is as it was when it cannot be replaced', async () => {
    expect(await codeOf(writeDurably(join(temporaryFolder(), 'missing', 'state.json'), 'x'))).toBe('JOURNAL_WRITE');
  });
});

describe('the journal', () => {
  it('reads back what was appended, line by line', async () => {
    const path = await written('a', 'b', 'c');
    const text = await readJournal(path);
    expect(text.events).toEqual([event('a'), event('b'), event('c')]);
    expect([text.genesis, text.seq, text.isTorn, statSync(path).mode & 0o777]).toEqual([GENESIS, 3, false, 0o600]);
    expect((await readJournal(`${path}.none`)).events).toEqual([]);
  });

  it('goes on where it stopped', async () => {
    const path = await written('a');
    const { seq, last } = await readJournal(path);
    const file = await openForAppend(path);
    await createJournal(file, path, { seq, last, genesis: GENESIS }).append(event('b'), event('c'));
    await file.close();
    expect((await readJournal(path)).events).toEqual([event('a'), event('b'), event('c')]);
  });

  it('shares one sync between entries that wait at the same time, and keeps their order', async () => {
    const { file, text, syncs } = faulty();
    const journal = createJournal(file, 'f', { seq: 0, last: null, genesis: GENESIS });
    await Promise.all(['a', 'b', 'c', 'd'].map((name) => journal.append(event(name))));
    expect(syncs()).toBe(1);
    expect(parseJournal(text(), 'f').events).toEqual(['a', 'b', 'c', 'd'].map(event));
  });

  it('is over after the first failed append: those that wait and those that come fail too, and nothing is tried again', async () => {
    let syncs = 0;
    const { file } = faulty({
      datasync: async () => {
        if (++syncs === 2) throw new Error('EIO');
      },
    });
    const journal = createJournal(file, 'f', { seq: 0, last: null, genesis: GENESIS });
    await journal.append(event('a'));
    const second = codeOf(journal.append(event('b')));
    await Promise.resolve();
    const waiting = codeOf(journal.append(event('c')));
    expect(await Promise.all([second, waiting])).toEqual(['JOURNAL_WRITE', 'JOURNAL_WRITE']);
    expect(await codeOf(journal.append(event('d')))).toBe('JOURNAL_WRITE');
    expect(syncs).toBe(2);
  });

  it('cuts a torn last line at any byte, after copying it aside', async () => {
    const path = await written('a', 'b');
    const whole = readFileSync(path);
    const first = whole.indexOf(10) + 1;
    for (let size = first; size < whole.length; size++) {
      writeFileSync(path, whole.subarray(0, size));
      const text = await readJournal(path);
      expect([text.events.length, text.isTorn, text.soundBytes]).toEqual([1, size > first, first]);
      if (!text.isTorn) continue;
      const aside = await cutTorn(path, text);
      expect(readFileSync(aside)).toEqual(whole.subarray(0, size));
      expect(readFileSync(path)).toEqual(whole.subarray(0, first));
    }
  });

  it('is damaged by any changed byte before its last line break, and names the last good line', async () => {
    const path = await written('a', 'b');
    const whole = readFileSync(path);
    const second = whole.indexOf(10) + 1;
    for (let at = 0; at < whole.length - 1; at += 7) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const good = at < second ? 0 : 1;
      expect(() => parseJournal(changed.toString('latin1').length > 0 ? changed.toString('utf8') : '', 'j')).toThrow(
        `j is damaged after line ${good}`,
      );
    }
  });

  it('is damaged by a line that is left out, swapped or repeated', async () => {
    const lines = readFileSync(await written('a', 'b', 'c'), 'utf8')
      .split('\n')
      .slice(0, 3);
    const [a = '', b = '', c = ''] = lines;
    for (const [order, good] of [
      [[b, c], 0],
      [[a, c], 1],
      [[a, c, b], 1],
      [[a, a, b], 1],
    ] as const)
      expect(() => parseJournal(`${order.join('\n')}\n`, 'j')).toThrow(`j is damaged after line ${good}`);
    const other = readFileSync(await written('x', 'b'), 'utf8').split('\n')[1];
    expect(() => parseJournal(`${a}\n${other}\n`, 'j')).toThrow('j is damaged after line 1, the last good one');
  });

  it('is damaged by a line that has its checksum and is none of ours', () => {
    const lineOf = (body: string): string => `${body.slice(0, -1)},"crc":"${checksum(body)}"}\n`;
    const whole = { seq: 1, prev: 'p', event: { type: 'end', run: 'r', exit: 0, at: 'then' } };
    expect(parseJournal(lineOf(JSON.stringify(whole)), 'j').events).toHaveLength(1);
    for (const other of [
      { ...whole, seq: '1' },
      { ...whole, prev: 7 },
      { ...whole, event: 'end' },
      { seq: 1, prev: 'p' },
      { prev: 'p', event: whole.event },
      { seq: 1, event: whole.event },
    ])
      expect(() => parseJournal(lineOf(JSON.stringify(other)), 'j'), JSON.stringify(other)).toThrow('j is damaged after line 0.');
    for (const text of ['{"seq":1', 'null', '[1'])
      expect(() => parseJournal(lineOf(`${text}}`), 'j'), text).toThrow('j is damaged after line 0.');
  });

  it('is read as it is: absent, damaged, or not to be read at all', async () => {
    const folder = temporaryFolder();
    const read = (name: string) => codeOf(readJournal(join(folder, name)));
    writeFileSync(join(folder, 'damaged'), 'nonsense\n');
    mkdirSync(join(folder, 'folder'));
    expect([await read('none'), await read('damaged'), await read('folder')]).toEqual([
      'no error',
      'JOURNAL_DAMAGED',
      'STATE_UNREADABLE',
    ]);
  });

  it('refuses an event of a later version', () => {
    const { file, text } = faulty();
    const later = { type: 'hold', run: 'r' } as unknown as JournalEvent;
    return createJournal(file, 'f', { seq: 0, last: null, genesis: GENESIS })
      .append(later)
      .then(() => expect(() => parseJournal(text(), 'j')).toThrow('j holds an event that this version does not know'));
  });

  it('restarts with what is still open, for the state that it continues', async () => {
    const path = await written('a', 'b');
    await writeDurably(path, journalOf(genesisOf('L', 1), [event('b')]).text);
    const { genesis, events, last } = await readJournal(path);
    expect([genesis, events]).toEqual([genesisOf('L', 1), [event('b')]]);
    const file = await openForAppend(path);
    await createJournal(file, path, { seq: 1, last, genesis: genesisOf('L', 1) }).append(event('c'));
    await file.close();
    expect((await readJournal(path)).events).toEqual([event('b'), event('c')]);
    appendFileSync(path, '{"seq":3');
    expect((await readJournal(path)).isTorn).toBe(true);
    truncateSync(path, 0);
    expect((await readJournal(path)).genesis).toBeNull();
  });
});
