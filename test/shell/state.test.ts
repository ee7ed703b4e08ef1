import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JournalEvent, State } from '../../engine/core/model.ts';
import { createLocalStore, parseStateFile } from '../../engine/shell/local-store.ts';
import { NEVER, readLooked } from '../../engine/shell/looked.ts';
import { createFingerprint, openRecord, parseState, readRecord } from '../../engine/shell/state.ts';
import { IDENTITY, recorded, temporaryFolder } from '../support/apply-plan.ts';

const at = '2026-11-24T02:00:00.000Z';
const run = (name: string): JournalEvent => ({ type: 'run', run: name, command: 'apply', changesDigest: 'd', caller: null, at });
const put = (name: string, address: string, id: string): JournalEvent => ({
  type: 'record',
  run: name,
  address,
  resource: recorded({ ids: { id } }),
});
const intent = (name: string, step: string): JournalEvent => ({
  type: 'intent',
  run: name,
  step,
  operation: 'UpdateUserGroup',
  serves: [step],
  request: 'q',
  at,
});

/** Opens, appends, and leaves without compacting: a run that was killed. */
const killed = async (folder: string, ...events: readonly JournalEvent[]): Promise<void> => {
  const record = await openRecord(createLocalStore(folder), IDENTITY);
  await record.append(...events);
  await record.close();
};
const applied = async (folder: string, ...events: readonly JournalEvent[]): Promise<State> => {
  const record = await openRecord(createLocalStore(folder), IDENTITY);
  await record.append(...events);
  const state = await record.compact();
  await record.close();
  return state;
};
const codeOf = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no error',
    (error: { code?: unknown }) => error.code,
  );

describe('the record', () => {
  it('is made by the first append, and read back as it was compacted', async () => {
    const folder = join(temporaryFolder(), '.phinfra', 'prod');
    const record = await openRecord(createLocalStore(folder), IDENTITY);
    expect([record.state, existsSync(join(folder, 'state.json'))]).toEqual([null, false]);
    await record.append(run('r'), put('r', 'userGroups/b', '2'), put('r', 'userGroups/a', '1'));
    const state = await record.compact();
    await record.close();
    expect(state).toEqual({
      format: 'phinfra.state/1',
      lineage: record.base.lineage,
      serial: 1,
      ...IDENTITY,
      salt: record.base.salt,
      resources: { 'userGroups/a': recorded({ ids: { id: '1' } }), 'userGroups/b': recorded({ ids: { id: '2' } }) },
      people: {},
      ranAt: at,
    });
    expect(await readRecord(createLocalStore(folder))).toEqual({ state, open: [], file: join(folder, 'state.json') });
    expect([readFileSync(join(folder, 'journal.jsonl'), 'utf8'), statSync(folder).mode & 0o777]).toEqual(['', 0o700]);
    expect((await openRecord(createLocalStore(folder), IDENTITY)).state).toEqual(state);
  });

  it('read with its journal is what a compaction writes, and what the next apply opens', async () => {
    const folder = temporaryFolder();
    await applied(folder, run('r1'), put('r1', 'userGroups/a', '1'));
    await killed(folder, run('r2'), put('r2', 'userGroups/b', '2'), intent('r2', 'userGroups/c'));
    const read = await readRecord(createLocalStore(folder));
    expect([read.state?.serial, Object.keys(read.state?.resources ?? {}), read.open.map(({ step }) => step)]).toEqual([
      2,
      ['userGroups/a', 'userGroups/b'],
      ['userGroups/c'],
    ]);
    const opened = await openRecord(createLocalStore(folder), IDENTITY);
    expect([opened.state, opened.open]).toEqual([read.state, read.open]);
    expect(parseStateFile(readFileSync(join(folder, 'state.json'), 'utf8'), 's').state).toEqual(read.state);
    expect(await readRecord(createLocalStore(folder))).toEqual(read);
    // Opened again without a run in between: the same serial, the same open intents.
    const again = await openRecord(createLocalStore(folder), IDENTITY);
    expect([again.state, again.open]).toEqual([read.state, read.open]);
  });

  it('carries open intents through compactions until a later run has recorded their address', async () => {
    const folder = temporaryFolder();
    await killed(folder, run('r1'), intent('r1', 'userGroups/c'));
    await applied(folder, run('r2'), put('r2', 'userGroups/a', '1'));
    await applied(folder, run('r3'), put('r3', 'userGroups/b', '1'));
    expect((await readRecord(createLocalStore(folder))).open.map(({ step, run: of }) => [of, step])).toEqual([
      ['r1', 'userGroups/c'],
    ]);
    await applied(folder, run('r4'), put('r4', 'userGroups/c', '1'));
    expect((await readRecord(createLocalStore(folder))).open).toEqual([]);
  });

  it('survives a crash between the new state and the new journal, open intents and all', async () => {
    const folder = temporaryFolder();
    const [state, journal, mark] = ['state.json', 'journal.jsonl', 'journal.mark'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    await killed(folder, run('r1'), put('r1', 'userGroups/a', '1'), intent('r1', 'userGroups/c'));
    for (const path of [journal, mark]) copyFileSync(path, `${path}.copy`);
    const record = await openRecord(createLocalStore(folder), IDENTITY);
    for (const path of [journal, mark]) copyFileSync(`${path}.copy`, path);
    const read = await readRecord(createLocalStore(folder));
    expect([read.state, read.open]).toEqual([record.state, record.open]);
    await applied(folder, run('r2'), put('r2', 'userGroups/b', '2'));
    const next = await readRecord(createLocalStore(folder));
    expect([next.state?.serial, Object.keys(next.state?.resources ?? {}), next.open.length]).toEqual([
      2,
      ['userGroups/a', 'userGroups/b'],
      1,
    ]);
    expect(existsSync(state)).toBe(true);
  });

  it('cuts a torn line on opening, and reads past it before', async () => {
    const folder = temporaryFolder();
    await killed(folder, run('r1'), put('r1', 'userGroups/a', '1'));
    const journal = join(folder, 'journal.jsonl');
    writeFileSync(journal, `${readFileSync(journal, 'utf8')}{"seq":3,"pre`);
    expect(Object.keys((await readRecord(createLocalStore(folder))).state?.resources ?? {})).toEqual(['userGroups/a']);
    const record = await openRecord(createLocalStore(folder), IDENTITY);
    expect(record.torn).toEqual([`${journal}.torn-3`]);
    expect(Object.keys(record.state?.resources ?? {})).toEqual(['userGroups/a']);
  });

  it('keeps the last three states', async () => {
    const folder = temporaryFolder();
    for (const name of ['r1', 'r2', 'r3', 'r4', 'r5']) await applied(folder, run(name));
    const serials = readdirSync(folder)
      .filter((name) => name.startsWith('state.json'))
      .sort()
      .map((name) => [name, (JSON.parse(readFileSync(join(folder, name), 'utf8')) as State).serial]);
    expect(serials).toEqual([
      ['state.json', 5],
      ['state.json.1', 4],
      ['state.json.2', 3],
      ['state.json.3', 2],
    ]);
  });

  it('writes nothing when nothing was appended', async () => {
    const folder = temporaryFolder();
    const record = await openRecord(createLocalStore(folder), IDENTITY);
    await record.compact();
    await record.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('refuses the record of another tenant or deployment', async () => {
    const folder = temporaryFolder();
    await applied(folder, run('r'));
    expect(await codeOf(openRecord(createLocalStore(folder), { ...IDENTITY, tenant: '1' }))).toBe('STATE_TENANT');
    expect(await codeOf(openRecord(createLocalStore(folder), { ...IDENTITY, deployment: 'cn-beijing' }))).toBe('STATE_TENANT');
  });

  it('refuses what is not whole, and never starts afresh by itself', async () => {
    const folder = temporaryFolder();
    const state = join(folder, 'state.json');
    await applied(folder, run('r1'));
    await applied(folder, run('r2'));
    await killed(folder, run('r3'), put('r3', 'userGroups/a', '1'));
    const whole = readFileSync(state, 'utf8');
    for (const [text, code] of [
      ['', 'STATE_UNREADABLE'],
      ['{}', 'STATE_UNREADABLE'],
      [whole.slice(0, -20), 'STATE_UNREADABLE'],
      [whole.replace('phinfra.state/1', 'phinfra.state/9'), 'STATE_FORMAT'],
      [whole.replace('"serial": 2', '"serial": 7'), 'JOURNAL_DAMAGED'],
    ] as const) {
      writeFileSync(state, text);
      expect([
        text.slice(0, 40),
        await codeOf(readRecord(createLocalStore(folder))),
        await codeOf(openRecord(createLocalStore(folder), IDENTITY)),
      ]).toEqual([text.slice(0, 40), code, code]);
    }
    const { journal, ...rest } = JSON.parse(whole) as Record<string, unknown>;
    const says = (value: unknown): string => {
      try {
        parseStateFile(JSON.stringify(value), 's');
        return 'nothing';
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect([
      says({ ...rest, journal }),
      says({ ...rest, salt: 1 }),
      says({ ...rest, serial: -1 }),
      says({ ...rest, serial: '2' }),
      says({ ...rest, people: [] }),
      says({ ...rest, resources: { 'userGroups/a': { ids: {}, fields: {} } } }),
      says({ ...rest, journal: { at: 1 } }),
    ]).toEqual([
      'nothing',
      's has no salt.',
      's has no serial.',
      's has no serial.',
      's has no people.',
      's holds "userGroups/a" in another form.',
      's does not say where its journal stood.',
    ]);
    rmSync(state);
    expect(await codeOf(readRecord(createLocalStore(folder)))).toBe('STATE_UNREADABLE');
    expect(() => parseState('[1]', 's')).toThrow('s is not a state');
  });
});

describe('a folder in the place of a file', () => {
  const blocked = async (name: string): Promise<string> => {
    const folder = temporaryFolder();
    await applied(folder, run('r1'), put('r1', 'userGroups/a', '1'));
    rmSync(join(folder, name), { force: true });
    mkdirSync(join(folder, name), { recursive: true });
    return folder;
  };

  it('of the record is told, and never taken for no record', async () => {
    for (const name of ['state.json', 'journal.jsonl'])
      expect([name, await codeOf(readRecord(createLocalStore(await blocked(name))))]).toEqual([name, 'STATE_UNREADABLE']);
  });

  it('of what was looked at is a warning: nothing else is lost', async () => {
    const folder = await blocked('looked.json');
    const { looked, warnings } = await readLooked(folder, 'l');
    expect(looked).toEqual(NEVER);
    expect(warnings.map(({ code, severity }) => [code, severity])).toEqual([['LOOKED_UNUSABLE', 'warning']]);
    rmSync(join(folder, 'looked.json'), { recursive: true });
    const says = async (value: unknown): Promise<unknown> => {
      writeFileSync(join(folder, 'looked.json'), JSON.stringify(value));
      const found = await readLooked(folder, 'l');
      return [found.looked === NEVER, found.warnings.length];
    };
    const whole = { format: 'phinfra.looked/1', lineage: 'l', kinds: { userGroups: at }, resources: {}, needs: {} };
    expect([
      await says(whole),
      // Of another record.
      await says({ ...whole, lineage: 'm' }),
      // In another form.
      await says({ ...whole, kinds: { userGroups: 'yesterday' } }),
      await says({ ...whole, resources: [] }),
      await says({ ...whole, needs: { userGroups: { calls: 'many' } } }),
    ]).toEqual([
      [false, 0],
      [true, 0],
      [true, 1],
      [true, 1],
      [true, 1],
    ]);
  });
});

describe('fingerprints', () => {
  it('are equal for equal values under one salt and key, and tell neither value nor length', () => {
    const one = createFingerprint('salt');
    expect(one('secret')).toBe(createFingerprint('salt')('secret'));
    expect(
      new Set([one('secret'), one('Secret'), createFingerprint('pepper')('secret'), createFingerprint('salt', 'key')('secret')])
        .size,
    ).toBe(4);
    for (const value of ['', 'a', 'x'.repeat(1_000)]) expect(one(value)).toMatch(/^[\w-]{43}$/);
  });
});
