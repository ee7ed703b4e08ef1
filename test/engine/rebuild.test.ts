/** `state rebuild`, `state pull`, `state push`: a record that was lost, kept elsewhere, or brought back (DESIGN 4, 6). */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { defaultWorld, parseWorld } from '../../emulator/index.ts';
import type { Plan } from '../../engine/index.ts';
import { createLocalStore } from '../../engine/shell/local-store.ts';
import { readRecord } from '../../engine/shell/state.ts';
import { shapeOf } from '../kinds/world-shape.ts';
import { bucketOf, createOssServer, OSS_ENV } from '../support/oss-server.ts';
import { CRASH, type Sim, startSim } from '../support/sim.ts';
import { createStateServer } from '../support/state-server.ts';
import { tenantFiles } from '../support/tenant-files.ts';

const files = (groups: object, state: object | null = null) =>
  tenantFiles({ userGroups: groups }, { ...(state ? { state } : {}) });
const group = (description: string) => ({ description, active: false, members: ['alice@example.com', 'bob@example.com'] });
const GROUPS = { first: group('1'), second: group('2'), third: group('3') };

const start = (world: object = {}, stateSend?: ReturnType<typeof createStateServer>['send']): Sim => {
  const sim = startSim({
    world: parseWorld({ ...defaultWorld('basic'), ...world }),
    env: OSS_ENV,
    ...(stateSend ? { stateSend } : {}),
  });
  onTestFinished(sim.end);
  return sim;
};
const planOf = async (sim: Sim): Promise<Plan> => {
  const { plan, diagnostics } = await sim.plan();
  if (!plan) throw new Error(JSON.stringify(diagnostics));
  return plan;
};
const folderOf = (sim: Sim): string => join(sim.folder, '.phinfra/default');
const recordedIn = async (sim: Sim) => (await readRecord(createLocalStore(folderOf(sim)))).state;
const codes = ({ diagnostics }: { readonly diagnostics: readonly { readonly code: string }[] }) =>
  diagnostics.map(({ code }) => code);

describe('a record that is lost', () => {
  it('at any step of an apply is made again by a rebuild: what is live is ours, nothing is made twice, the rest is made', async () => {
    const calm = start();
    calm.write(files(GROUPS));
    expect((await calm.apply(await planOf(calm))).exit).toBe(0);
    const end = shapeOf(calm.service.world());
    const writes = calm.sent().filter(({ operation }) => /^(Create|Add|Update)/.test(operation)).length;
    expect(writes).toBe(6);

    for (let write = 1; write <= writes; write++)
      for (const when of ['before', 'after'] as const) {
        const sim = start();
        sim.write(files(GROUPS));
        const killed = await sim.apply(await planOf(sim), { crash: { write, when } }).catch((error: Error) => error.message);
        expect(killed).toBe(CRASH);
        rmSync(folderOf(sim), { recursive: true });
        sim.clock.advance(30_000);
        const made = Object.keys(sim.service.world().userGroups).length;
        const rebuilt = await sim.rebuild();
        expect({ write, when, exit: rebuilt.exit, adopted: rebuilt.adopted.length, missing: rebuilt.missing.length }).toEqual({
          write,
          when,
          exit: 0,
          adopted: made,
          missing: 3 - made,
        });
        expect((await sim.apply(await planOf(sim))).exit).toBe(0);
        expect(shapeOf(sim.service.world())).toEqual(end);
        sim.clock.advance(30_000);
        expect((await planOf(sim)).steps).toEqual([]);
        sim.write(files({}));
        expect((await planOf(sim)).changes.map(({ action }) => action)).toEqual(['delete', 'delete', 'delete']);
        sim.end();
      }
  });

  it('says what it would claim without writing, and claims nothing twice', async () => {
    const sim = start();
    sim.write(files(GROUPS));
    expect((await sim.apply(await planOf(sim))).exit).toBe(0);
    rmSync(folderOf(sim), { recursive: true });
    expect(await sim.rebuild({ dryRun: true })).toMatchObject({ exit: 0, isRecorded: false, missing: [] });
    expect(existsSync(folderOf(sim))).toBe(false);
    expect((await sim.rebuild()).adopted.map(({ address }) => address)).toEqual(
      Object.keys(GROUPS).map((name) => `userGroups/${name}`),
    );
    const again = await sim.rebuild();
    expect([again.exit, again.adopted, again.already.length]).toEqual([0, [], 3]);
  });

  it('leaves out what it cannot tell apart, with the reason, and claims the others', async () => {
    const source = (Id: string, Name: string) => ({ Id, Name, Description: Name, Config: {} });
    const sim = start({ computeSources: [source('1', 'twin'), source('2', 'twin'), source('3', 'single')] });
    const declared = (name: string) => ({ type: 'MAX_COMPUTE', description: name });
    sim.write({
      ...files({ none: {} }),
      'tenant.yaml': JSON.stringify({
        userGroups: { none: {} },
        computeSources: { twin: declared('twin'), single: declared('single') },
      }),
    });
    const rebuilt = await sim.rebuild();
    expect([rebuilt.exit, codes(rebuilt), rebuilt.missing, rebuilt.isRecorded]).toEqual([
      12,
      ['ADOPT_AMBIGUOUS'],
      ['userGroups/none'],
      true,
    ]);
    expect(Object.keys((await recordedIn(sim))?.resources ?? {})).toEqual(['computeSources/single']);
  });
});

describe('a record that is pulled', () => {
  const applied = async (): Promise<{ readonly sim: Sim; readonly file: string }> => {
    const sim = start();
    sim.write(files(GROUPS));
    expect((await sim.apply(await planOf(sim))).exit).toBe(0);
    const file = join(sim.folder, 'record.json');
    writeFileSync(file, (await sim.pull()).text ?? '');
    return { sim, file };
  };

  it.each(['http', 'oss'] as const)('is pushed to another place, where the next plan finds it, and back: %s', async (backend) => {
    const server = backend === 'oss' ? createOssServer() : createStateServer({ gitlab: true });
    const place = 'endpoint' in server ? bucketOf(server) : { backend, address: server.address };
    const sim = start({}, server.send);
    sim.write(files(GROUPS));
    expect((await sim.apply(await planOf(sim))).exit).toBe(0);
    const before = await recordedIn(sim);
    const file = join(sim.folder, 'record.json');
    writeFileSync(file, (await sim.pull()).text ?? '');
    sim.write(files(GROUPS, place));
    expect(await sim.push({ file, dryRun: true })).toMatchObject({ exit: 0, before: null, isPushed: false });
    expect(server.versions()).toEqual([]);
    expect(await sim.push({ file })).toMatchObject({ exit: 0, before: null, isPushed: true });
    expect([(await planOf(sim)).steps, (await sim.pull()).state]).toEqual([[], before]);
    expect(await sim.push({ file })).toMatchObject({ exit: 0, isPushed: false });
    expect(server.lock()).toBe(null);

    writeFileSync(file, (await sim.pull()).text ?? '');
    sim.write(files(GROUPS));
    rmSync(folderOf(sim), { recursive: true });
    expect((await sim.push({ file })).exit).toBe(0);
    expect(await recordedIn(sim)).toEqual(before);
  });

  it('keeps what is in doubt: an intent without an outcome is pulled and pushed with it', async () => {
    const sim = start();
    sim.write(files(GROUPS));
    const plan = await planOf(sim);
    await sim.apply(plan, { crash: { write: 2, when: 'after' } }).catch(() => undefined);
    const pulled = await sim.pull();
    expect(pulled.open).toBeGreaterThan(0);
    const file = join(sim.folder, 'record.json');
    writeFileSync(file, pulled.text ?? '');
    rmSync(folderOf(sim), { recursive: true });
    expect(await sim.push({ file })).toMatchObject({ exit: 0, open: pulled.open, isPushed: true });
    sim.clock.advance(1_000);
    expect((await sim.apply(plan, { isSaved: true })).exit).toBe(0);
    expect(Object.keys(sim.service.world().userGroups)).toHaveLength(3);
  });

  it('is refused where it is older, of another lineage or of another tenant, and nothing is written', async () => {
    const { sim, file } = await applied();
    sim.write(files({ ...GROUPS, fourth: group('4') }));
    expect((await sim.apply(await planOf(sim))).exit).toBe(0);
    const state = readFileSync(join(folderOf(sim), 'state.json'), 'utf8');
    const push = async (change: (text: string) => string): Promise<unknown> => {
      const other = join(sim.folder, 'other.json');
      writeFileSync(other, change(readFileSync(file, 'utf8')));
      const { exit, diagnostics } = await sim.push({ file: other });
      return [exit, diagnostics[0]?.code];
    };
    const lineage = (await recordedIn(sim))?.lineage ?? '';
    expect(await push((text) => text)).toEqual([9, 'STATE_STALE']);
    expect(await push((text) => text.replaceAll(lineage, 'another').replaceAll('"serial":1', '"serial":9'))).toEqual([
      9,
      'STATE_STALE',
    ]);
    expect(await push((text) => text.replaceAll('"serial":1', '"serial":2'))).toEqual([9, 'STATE_STALE']);
    expect(await push((text) => text.replaceAll('300001413', '300001414'))).toEqual([4, 'STATE_TENANT']);
    expect(await push((text) => text.replace('"deployment":"loopback"', '"deployment":"cn-beijing"'))).toEqual([
      4,
      'STATE_TENANT',
    ]);
    expect(await push((text) => text.slice(1))).toEqual([10, 'STATE_UNREADABLE']);
    expect(await push(() => '{"version":4,"serial":99}')).toEqual([10, 'STATE_UNREADABLE']);
    expect(codes(await sim.push({ file: join(sim.folder, 'none.json') }))).toEqual(['OPTION_WRONG']);
    expect(readFileSync(join(folderOf(sim), 'state.json'), 'utf8')).toBe(state);
  });

  it('in place of an older one leaves that one beside it', async () => {
    const { sim, file } = await applied();
    const old = readFileSync(join(folderOf(sim), 'state.json'), 'utf8');
    sim.write(files({ ...GROUPS, fourth: group('4') }));
    expect((await sim.apply(await planOf(sim))).exit).toBe(0);
    const newer = join(sim.folder, 'newer.json');
    writeFileSync(newer, (await sim.pull()).text ?? '');
    rmSync(folderOf(sim), { recursive: true });
    mkdirSync(folderOf(sim), { recursive: true });
    writeFileSync(join(folderOf(sim), 'state.json'), old);
    expect(await sim.push({ file: newer })).toMatchObject({ exit: 0, before: 1, isPushed: true });
    expect([(await recordedIn(sim))?.serial, readFileSync(join(folderOf(sim), 'state.json.1'), 'utf8')]).toEqual([2, old]);
    expect(file).not.toBe(newer);
  });
});
