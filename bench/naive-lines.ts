/**
 * Ours beside a naive client, on the same enterprise and its own virtual clock each (DESIGN 10): a first apply, a plan that
 * finds nothing to change, and a first apply where the day has 1,000 calls for everything, as in the small editions. A call
 * takes 100 ms on both sides: half on its way there, half on its way back.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createService, parseWorld, type World } from '../emulator/index.ts';
import { partsOf, single } from '../engine/core/batch.ts';
import { givesOf } from '../engine/core/ids.ts';
import type { Address, Ids, Step } from '../engine/core/model.ts';
import type { Client } from '../engine/core/ports.ts';
import { apply, type Plan, plan } from '../engine/index.ts';
import { generateEnterprise } from '../scripts/enterprise/index.ts';
import { createVirtualClock } from '../test/support/apply-clock.ts';
import { inProcessClient } from '../test/support/in-process.ts';
import type { Line } from './line.ts';
import { createNaive } from './naive.ts';

const WAY_MS = 50;
const MOST_SHARE = 1 / 5;

/** What agile, database and bigdata have (BEHAVIOUR 2.1): that this workspace needs a larger edition is of no account here. */
const SMALL: Quotas = [{ levels: [1, 2, 3], perSecond: 5, perDay: 1_000 }];

type Quotas = NonNullable<World['quotas']>;
type Spent = { readonly calls: number; readonly throttled: number; readonly ms: number };
type Files = Readonly<Record<string, string>>;

/** A tenant, and a client that counts. */
const openTenant = (world: World) => {
  const clock = createVirtualClock();
  const service = createService({ seed: 1, world, clock: { nowMs: clock.wallMs } });
  const inner = inProcessClient(service);
  let calls = 0;
  let throttled = 0;
  const client: Client = {
    ...inner,
    call: async (operation, request) => {
      await clock.sleep(WAY_MS);
      calls++;
      const result = await inner.call(operation, request);
      if (result.outcome === 'throttled') throttled++;
      await clock.sleep(WAY_MS);
      return result;
    },
  };
  const measure = async (work: () => Promise<void>): Promise<Spent> => {
    const before = { calls, throttled, ms: clock.nowMs() };
    await work();
    return { calls: calls - before.calls, throttled: throttled - before.throttled, ms: clock.nowMs() - before.ms };
  };
  return { clock, service, client, measure };
};

const runOurs = async (folder: string, world: World) => {
  const { clock, service, client, measure } = openTenant(world);
  const env = { PHINFRA_ENV: 'prod', XDG_STATE_HOME: join(folder, 'state') };
  const invocation = { folder: join(folder, 'workspace'), variables: {}, env, home: folder, endpoint: 'http://127.0.0.1:1' };
  // The derivation of a state's key is slow by design, and not what is measured.
  const fingerprints =
    (salt: string) =>
    (value: string): string =>
      createHash('sha256').update(`${salt}\0${value}`).digest('base64url');
  const ports = { client, clock, random: () => 0.5, fingerprints };
  const planned = async (): Promise<Plan> => {
    const made = await plan(invocation, {}, ports);
    if (!made.plan) throw new Error(`there is no plan: ${JSON.stringify(made.diagnostics)}`);
    return made.plan;
  };
  let made: Plan | null = null;
  const first = await measure(async () => {
    made = await planned();
    const { exit } = await apply(invocation, made, { ...ports, isWaiting: true });
    if (exit !== 0) throw new Error(`the apply ended with ${exit}`);
  });
  const again = await measure(async () => {
    if ((await planned()).steps.length > 0) throw new Error('the second plan would change something');
  });
  return { first, again, plan: made as unknown as Plan, world: service.world() };
};

const runNaive = async (ours: Plan, files: Files, world: World) => {
  const { clock, service, client, measure } = openTenant(world);
  const written = new Map<Address, Ids>();
  for (const { address, ids } of ours.changes) if (ids) written.set(address, ids);
  for (const gives of ours.steps.flatMap(givesOf))
    if (gives.address.startsWith('dataServiceGrants/') && 'known' in gives) written.set(gives.address, gives.known ?? {});
  const secret = (reference: string): string | undefined => files[reference.slice('file:'.length)]?.trimEnd();
  const naive = createNaive({ client, clock, secret, written });
  const first = await measure(async () => {
    await naive.refresh(ours.changes);
    await naive.write(eachAlone(ours.steps));
  });
  const again = await measure(async () => {
    const there = new Set(await naive.refresh(ours.changes));
    const missing = ours.changes.filter(({ address }) => !there.has(address));
    if (missing.length > 0) throw new Error(`not found: ${missing.map(({ address }) => address).join(', ')}`);
  });
  return { first, again, world: service.world() };
};

/** A provider knows one resource at a time: what serves several is a call for each of them. */
const eachAlone = (steps: readonly Step[]): readonly Step[] => {
  const isShared = ({ serves, batch }: Step): boolean => batch !== undefined && serves.length > 1;
  const alone = new Map(
    steps.map((step) => [step.id, isShared(step) ? partsOf(step).map((part) => single(step, part)) : [step]]),
  );
  return [...alone.values()]
    .flat()
    .map((step) => ({ ...step, after: step.after.flatMap((id) => alone.get(id)?.map((one) => one.id) ?? []) }));
};

const seconds = (ms: number): string => `${Math.round(ms / 1000).toLocaleString('en')} s`;
const lineOf = (what: string, { ours, naive }: Pair): Line => {
  const share = ours.calls / naive.calls;
  const isReached = share <= MOST_SHARE && ours.throttled === 0;
  return {
    what: `beside a naive client: ${what}`,
    value: `${share.toFixed(2)} of its calls`,
    goal: '<= 0.2, 0 throttled',
    yardstick: `calls ${ours.calls} against ${naive.calls}, throttled ${ours.throttled} against ${naive.throttled}, time ${seconds(ours.ms)} against ${seconds(naive.ms)}`,
    isReached,
  };
};

/** How many values there are in each collection: both sides must have made the same; ids and times may differ. */
const leaves = (value: unknown): number =>
  typeof value === 'object' && value !== null ? Object.values(value).reduce<number>((sum, inner) => sum + leaves(inner), 0) : 1;
const sizes = (world: World): string =>
  JSON.stringify(Object.entries(world).flatMap(([name, value]) => (Array.isArray(value) ? [[name, leaves(value)]] : [])));

export const naiveLines = async (): Promise<readonly Line[]> => {
  const { files, worlds } = generateEnterprise({ seed: 1, resources: 400 });
  const world = parseWorld(worlds.prod);
  const [first, again] = await besides(files, world);
  const budget = `budget: ${JSON.stringify({ quotas: SMALL })}\n`;
  const [small] = await besides(
    { ...files, 'phinfra.yaml': `${files['phinfra.yaml'] ?? ''}${budget}` },
    { ...world, quotas: SMALL },
  );
  return [
    lineOf('a first apply', first),
    lineOf('a plan without changes', again),
    lineOf('a first apply, 1,000 calls a day', small),
  ];
};

type Pair = { readonly ours: Spent; readonly naive: Spent };

/** Both, from the same files and the same tenant: the first apply, and the plan after it. */
const besides = async (files: Files, world: World): Promise<readonly [Pair, Pair]> => {
  const folder = mkdtempSync(join(tmpdir(), 'phinfra-bench-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      const at = join(folder, 'workspace', path);
      mkdirSync(dirname(at), { recursive: true });
      writeFileSync(at, text);
    }
    const ours = await runOurs(folder, world);
    const naive = await runNaive(ours.plan, files, world);
    if (sizes(ours.world) !== sizes(naive.world)) throw new Error(`they made ${sizes(ours.world)} and ${sizes(naive.world)}`);
    return [
      { ours: ours.first, naive: naive.first },
      { ours: ours.again, naive: naive.again },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
