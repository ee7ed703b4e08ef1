/** The record in a bucket of OSS: what is sent, what refuses it, who may no longer write (DESIGN 6, 9). */
import { describe, expect, it, onTestFinished } from 'vitest';
import { defaultWorld, parseWorld } from '../../emulator/index.ts';
import type { JsonObject } from '../../engine/index.ts';
import type { StateSend } from '../../engine/shell/http-state.ts';
import { createOssStore, type OssPlace } from '../../engine/shell/oss-store.ts';
import { openRecord, readRecord } from '../../engine/shell/state.ts';
import { createStateSend } from '../../engine/shell/state-transport.ts';
import { createRandom } from '../laws/random.ts';
import { createVirtualClock } from '../support/apply-clock.ts';
import { IDENTITY, recorded } from '../support/apply-plan.ts';
import { BUCKET, bucketOf, createOssServer, OSS_ENV, OSS_KEY, type OssServer, PREFIX, REGION } from '../support/oss-server.ts';
import { startSim } from '../support/sim.ts';
import { tenantFiles } from '../support/tenant-files.ts';

const at = '2026-11-24T02:00:00.000Z';
const apply = { command: 'apply', since: at };
const placeAt = ({ endpoint, send }: Pick<OssServer, 'endpoint' | 'send'>, more: Partial<OssPlace> = {}): OssPlace => ({
  bucket: BUCKET,
  region: REGION,
  endpoint,
  prefix: PREFIX,
  key: () => OSS_KEY,
  send,
  clock: createVirtualClock(),
  ...more,
});
const failure = async (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no error',
    (error: { code?: unknown; message?: unknown; hint?: unknown }) => `${error.code} ${error.message} ${error.hint ?? ''}`,
  );
const ignoreLocked = (error: { readonly code?: unknown }): void => {
  if (error.code !== 'LOCKED') throw error;
};
const run = { type: 'run', run: 'r', command: 'apply', changesDigest: 'd', caller: null, at } as const;
const workspace = (state: JsonObject) =>
  tenantFiles({ userGroups: { finance: { description: 'Finance', members: ['alice@example.com'] } } }, { state });
const simOver = (server: OssServer, env: Readonly<Record<string, string>> = OSS_ENV) => {
  const sim = startSim({ world: parseWorld(defaultWorld('basic')), env, stateSend: server.send });
  onTestFinished(sim.end);
  sim.write(workspace(bucketOf(server)));
  return sim;
};

describe('the record in a bucket', () => {
  it('is locked, written in versions and given back, over a real connection', async () => {
    const server = createOssServer();
    const { endpoint, close } = await server.listen();
    onTestFinished(close);
    const store = createOssStore(placeAt({ endpoint, send: createStateSend({ user: null, env: {}, proxy: null, ca: [] }) }, {}));
    const lock = await store.lock(apply);
    const record = await openRecord(store, IDENTITY);
    await record.append(run, {
      type: 'record',
      run: 'r',
      address: 'userGroups/ünïcode',
      resource: recorded({ ids: { id: '1' } }),
    });
    const killed = await readRecord(store);
    const state = await record.compact();
    await record.close();
    await lock.release();
    expect(killed.state?.resources).toEqual(state.resources);
    expect(await readRecord(store)).toMatchObject({ state, open: [] });
    expect(server.seen().map(({ method, path, status }) => `${method} ${path} ${status}`)).toEqual([
      'PUT probe/ID.json 200',
      'PUT probe/ID.json 409',
      'DELETE probe/ID.json 204',
      'GET lock/ 200',
      'PUT lock/0000000001.json 200',
      'GET lock/ 200',
      'GET record/ 200',
      ...['GET lock/ 200', 'GET lock/0000000001.json 200', 'PUT record/0000000001.json 200', 'GET record/ 200'],
      ...['GET record/ 200', 'GET record/0000000001.json 200'],
      ...['GET lock/ 200', 'GET lock/0000000001.json 200', 'PUT record/0000000002.json 200', 'GET record/ 200'],
      ...['GET lock/ 200', 'GET lock/0000000001.json 200', 'PUT lock/0000000002.json 200', 'GET lock/ 200'],
      ...['GET record/ 200', 'GET record/0000000002.json 200'],
    ]);
  });

  it.each(['enabled', 'suspended'] as const)('is refused where versioning is %s, before anything is sent', async (versioning) => {
    const server = createOssServer({ versioning });
    const sim = simOver(server);
    const { plan } = await sim.plan();
    if (!plan) throw new Error('no plan');
    const before = sim.sent().length;
    const { exit, diagnostics } = await sim.apply(plan);
    expect([exit, diagnostics.map(({ code }) => code)]).toEqual([3, ['BUCKET_VERSIONED']]);
    expect([sim.sent().length - before, server.keys()]).toEqual([0, []]);
  });

  it('keeps ten versions and goes on where lists have many pages', async () => {
    const server = createOssServer({ pageSize: 3 });
    const store = createOssStore(placeAt(server));
    const lock = await store.lock(apply);
    const record = await openRecord(store, IDENTITY);
    for (let count = 0; count < 25; count++) await record.append(run);
    await lock.release();
    const names = Array.from({ length: 10 }, (_, index) => `record/${String(16 + index).padStart(10, '0')}.json`);
    expect(server.keys()).toEqual(['lock/0000000001.json', 'lock/0000000002.json', ...names]);
    expect(server.versions()).toHaveLength(25);
  });

  it('takes nothing of a run that slept between its look at the lock and its write, however much was written since', async () => {
    for (const others of [1, 40]) {
      const server = createOssServer();
      let stopped: (() => Promise<void>) | null = null;
      const send: StateSend = async (request) => {
        if (request.method === 'PUT' && request.address.includes('/record/')) {
          const sleep = stopped;
          stopped = null;
          await sleep?.();
        }
        return server.send(request);
      };
      const sleeper = createOssStore(placeAt({ ...server, send }));
      await sleeper.lock(apply);
      const record = await openRecord(sleeper, IDENTITY);
      await record.append(run);
      stopped = async () => {
        const other = createOssStore(placeAt(server));
        await other.releaseFound((await other.findLock()).fence);
        const lock = await other.lock(apply);
        const theirs = await openRecord(other, IDENTITY);
        for (let count = 0; count < others; count++) await theirs.append(run);
        await lock.release();
      };
      expect(await failure(record.append(run))).toMatch(/^JOURNAL_WRITE .*another run has written it meanwhile\./);
      const { state, text } = await createOssStore(placeAt(server)).read();
      expect([state === null, text.events.length]).toEqual([false, others]);
    }
  });

  it('loses nothing that was stored, whoever runs at once and releases the lock of others', async () => {
    let [stored, refused] = [0, 0];
    for (let seed = 0; seed < 12; seed++) {
      const server = createOssServer();
      const { below } = createRandom(seed);
      const pass = async (): Promise<void> => {
        for (let turns = below(6); turns > 0; turns--) await new Promise((done) => setImmediate(done));
      };
      const send: StateSend = async (request) => {
        await pass();
        const answer = await server.send(request);
        await pass();
        return answer;
      };
      const kept: string[] = [];
      const contend = async (name: string): Promise<void> => {
        const facts = { host: name, bootId: async () => name, pid: 1, startedAt: async () => '1' };
        for (let round = 0; round < 4; round++) {
          const store = createOssStore(placeAt({ ...server, send }), facts);
          try {
            const lock = await store.lock(apply);
            const record = await openRecord(store, IDENTITY);
            for (let count = 0; count < 2; count++) {
              const address = `userGroups/${name}-${round}-${count}`;
              await record.append(run, { type: 'record', run: 'r', address, resource: recorded({ ids: { id: '1' } }) });
              kept.push(address);
            }
            await lock.release();
          } catch (error) {
            const { code } = error as { readonly code?: string };
            if (code !== 'LOCKED' && code !== 'JOURNAL_WRITE') throw error;
            if (code === 'JOURNAL_WRITE') refused++;
            const { fence, status } = await store.findLock();
            if (status === 'elsewhere' && below(3) === 0) await store.releaseFound(fence).catch(ignoreLocked);
          }
        }
      };
      await Promise.all(['a', 'b', 'c', 'd', 'e'].map(contend));
      const { state } = await readRecord(createOssStore(placeAt(server)));
      const there = Object.keys(state?.resources ?? {});
      expect({ seed, lost: kept.filter((address) => !there.includes(address)) }).toEqual({ seed, lost: [] });
      stored += kept.length;
    }
    // Both have happened, or nothing was tried.
    expect([stored > 50, refused > 5]).toEqual([true, true]);
  });

  it('is put back from an earlier version by its copy under the next number', async () => {
    const server = createOssServer();
    const sim = simOver(server);
    const planned = async () => {
      const { plan } = await sim.plan();
      if (!plan) throw new Error('no plan');
      return plan;
    };
    expect((await sim.apply(await planned())).exit).toBe(0);
    const [, earlier = ''] = server.versions();
    server.put('{"half": ');
    expect((await sim.plan()).diagnostics.map(({ code }) => code)).toEqual(['STATE_UNREADABLE']);
    server.put(earlier);
    sim.write({
      ...tenantFiles(
        { userGroups: { finance: { description: 'Another', members: ['alice@example.com'] } } },
        { state: bucketOf(server) },
      ),
    });
    const plan = await planned();
    expect([plan.steps.length > 0, (await sim.apply(plan)).exit]).toEqual([true, 0]);
  });

  it('says who may not, and never a secret', async () => {
    const told = async (more: Partial<OssPlace>, forbidden?: string): Promise<string> => {
      const server = createOssServer();
      if (forbidden !== undefined) server.forbid(forbidden);
      return failure(createOssStore(placeAt(server, more)).lock(apply));
    };
    const wrong = { accessKeyId: OSS_KEY.accessKeyId, accessKeySecret: 'hunter2hunter2' };
    const texts = [
      await told({ key: () => wrong }),
      await told({ key: () => ({ ...wrong, accessKeyId: 'LTAI-nobody' }) }),
      await told({ region: 'cn-beijing' }),
      await told({}, 'PUT'),
      await told({}, 'DELETE'),
      await told({}, 'GET'),
      await told({ bucket: 'another-bucket' }),
    ];
    const name = `The record|oss://${BUCKET}/${PREFIX}`;
    expect(texts.map((text) => text.split(' ')[0])).toEqual([
      ...Array.from({ length: 6 }, () => 'STATE_REFUSED'),
      'OPTION_WRONG',
    ]);
    expect(texts.slice(0, 6).every((text) => new RegExp(name).test(text))).toBe(true);
    expect(texts[5]).toContain('oss:ListObjects');
    expect(texts[6]).toContain('There is no bucket "another-bucket"');
    expect(texts.join()).not.toMatch(/hunter2|oss-secret|OSS4|StringToSign/);
  });

  it('is not believed where something else answers, or what comes is not what its checksum says', async () => {
    const server = createOssServer();
    const answering = (headers: Readonly<Record<string, string>>, text: string) =>
      failure(
        createOssStore(placeAt({ ...server, send: async () => ({ end: 'answer', status: 200, headers, text }) })).lock(apply),
      );
    expect(await answering({}, '<html>Log in</html>')).toMatch(/^STATE_UNREADABLE What answers for .* is not OSS\./);
    expect(await answering({ 'x-oss-request-id': '1', 'content-md5': 'AAAA' }, 'text')).toMatch(/^STATE_UNREADABLE .*checksum/);
  });

  it('needs the package and a key that is not a temporary one', async () => {
    const server = createOssServer();
    const absent = Object.assign(new Error("Cannot find package 'ali-oss'"), { code: 'ERR_MODULE_NOT_FOUND' });
    const load = () => Promise.reject(absent);
    expect(await failure(createOssStore(placeAt(server, { load })).read())).toMatch(
      /^PACKAGE_MISSING .*ali-oss.* Run npm install ali-oss/,
    );
    const planned = async (env: Readonly<Record<string, string>>) =>
      (await simOver(server, env).plan()).diagnostics.map(({ code }) => code);
    expect(await planned({})).toEqual(['CREDENTIALS_MISSING']);
    expect(await planned({ ...OSS_ENV, ALIBABA_CLOUD_SECURITY_TOKEN: 'x' })).toEqual(['CREDENTIALS_TEMPORARY']);
    expect(server.seen()).toEqual([]);
  });

  it('is reached at hosts of the cloud, on this machine or where it is allowed, and nowhere else', async () => {
    const server = createOssServer();
    const seenAt = async (state: JsonObject, env: Readonly<Record<string, string>> = {}) => {
      let address = '';
      const sim = startSim({
        world: parseWorld(defaultWorld('basic')),
        env: { ...OSS_ENV, ...env },
        stateSend: async (request) => {
          address ||= request.address;
          return server.send({ ...request, headers: { ...request.headers, host: `${BUCKET}.x` } });
        },
      });
      onTestFinished(sim.end);
      sim.write(workspace({ backend: 'oss', bucket: BUCKET, prefix: PREFIX, ...state }));
      const { diagnostics } = await sim.plan();
      return address === '' ? diagnostics.map(({ code }) => code).join() : new URL(address).origin;
    };
    expect(await seenAt({ region: REGION })).toBe(`https://${BUCKET}.oss-${REGION}.aliyuncs.com`);
    const inside = 'https://oss-cn-shanghai-internal.aliyuncs.com';
    expect(await seenAt({ endpoint: inside })).toBe(`https://${BUCKET}.oss-cn-shanghai-internal.aliyuncs.com`);
    expect(await seenAt({ region: REGION, endpoint: 'https://oss.example.com' })).toBe('ENDPOINT_WRONG');
    expect(
      await seenAt({ region: REGION, endpoint: 'https://oss.example.com' }, { PHINFRA_ALLOW_ENDPOINT: 'oss.example.com' }),
    ).toBe(`https://${BUCKET}.oss.example.com`);
  });
});
