/**
 * How long an apply takes beside the least that it could take (DESIGN 7, 10), on the virtual clock: calls arrive 0 to 50 ms
 * after they were sent, and are answered 100 ms after.
 *
 * The least: the slowest quota's calls, each its guarded spacing after the one before; or the longest chain of calls that wait
 * for each other, each as long as it is on its way.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createService, parseWorld } from '../emulator/index.ts';
import type { Plan } from '../engine/core/model.ts';
import type { Client } from '../engine/core/ports.ts';
import { quotasOf, secondsOf } from '../engine/core/quota.ts';
import { longestPath } from '../engine/core/schedule.ts';
import type { Quota } from '../engine/core/workspace.ts';
import { apply, type PlanOptions, plan, validate } from '../engine/index.ts';
import { memoryStore } from '../engine/shell/ledger.ts';
import { generateEnterprise } from '../scripts/enterprise/index.ts';
import { drawEdits } from '../test/enterprise/edits.ts';
import { filesOf, modelOf } from '../test/enterprise/model.ts';
import { createRandom } from '../test/laws/random.ts';
import { createVirtualClock } from '../test/support/apply-clock.ts';
import { CALL_MS, inProcessClient, lateClient } from '../test/support/in-process.ts';
import { type Line, median } from './line.ts';

const MOST = 1.05;
const WORLDS = 200;

/** The rates of the editions, and one under which no level stands out: there the order of the calls counts most. */
const RATES: Readonly<Record<string, readonly Quota[] | null>> = {
  basic: null,
  together: [{ levels: [1, 2, 3], perSecond: 5, perDay: 100_000 }],
  even: [
    { levels: [1], perSecond: 5, perDay: 100_000 },
    { levels: [2], perSecond: 10, perDay: 100_000 },
    { levels: [3], perSecond: 20, perDay: 100_000 },
  ],
};
type Rate = keyof typeof RATES;
const PARTS = ['first', 'edited', 'destroy'] as const;
export type Case = {
  readonly seed: number;
  readonly resources: number;
  readonly environment: 'dev' | 'prod';
  readonly rate: Rate;
  readonly part: (typeof PARTS)[number];
};
type Run = {
  readonly plan: Plan;
  readonly ms: number;
  readonly leastMs: number;
  readonly violations: number;
  readonly throttled: number;
};

/** Plays one case through. */
export const measure = async ({ seed, resources, environment, rate, part }: Case): Promise<Run> => {
  const enterprise = generateEnterprise({ seed, resources });
  const { files, worlds } = enterprise;
  const quotas = RATES[rate] ?? null;
  const world = parseWorld(worlds[environment]);
  const folder = mkdtempSync(join(tmpdir(), 'phinfra-bench-'));
  const write = (path: string, text: string): void => {
    const at = join(folder, 'workspace', path);
    mkdirSync(dirname(at), { recursive: true });
    writeFileSync(at, text);
  };
  const clock = createVirtualClock();
  const service = createService({
    seed: 1,
    world: quotas === null ? world : { ...world, quotas: quotas as typeof world.quotas },
    clock: { nowMs: clock.wallMs },
  });
  const random = createRandom(seed);
  let throttled = 0;
  const inner = lateClient(inProcessClient(service), clock, random.below);
  const client: Client = {
    ...inner,
    call: async (operation, request) => {
      const result = await inner.call(operation, request);
      if (result.outcome === 'throttled') throttled++;
      return result;
    },
  };
  const env = { PHINFRA_ENV: environment, XDG_STATE_HOME: join(folder, 'state') };
  const invocation = { folder: join(folder, 'workspace'), variables: {}, env, home: folder, endpoint: 'http://127.0.0.1:1' };
  const ports = { client, clock, random: () => 0.5, fingerprints, ledger: memoryStore() };
  const planned = async (options: PlanOptions = {}) => {
    const made = await plan(invocation, options, ports);
    if (!made.plan || !made.config) throw new Error(`there is no plan: ${JSON.stringify(made.diagnostics)}`);
    return { plan: made.plan, config: made.config };
  };
  const applied = async (of: Plan): Promise<number> => {
    const fromMs = clock.nowMs();
    const { exit } = await apply(invocation, of, ports);
    if (exit !== 0 && exit !== 12) throw new Error(`the apply of seed ${seed} ended with ${exit}`);
    return clock.nowMs() - fromMs;
  };
  /** Edits are meant to be made one at a time: where many together make files that do not validate, half as many do. */
  const edit = async (): Promise<void> => {
    for (let count = resources; ; count = Math.floor(count / 2)) {
      const model = modelOf(enterprise);
      for (const one of drawEdits(count, random)) if (one.sort === 'change') one.run(model, random);
      for (const [path, text] of Object.entries(filesOf(model, enterprise))) if (path !== 'phinfra.yaml') write(path, text);
      if ((await validate(invocation)).exit === 0) return;
    }
  };
  try {
    for (const [path, text] of Object.entries(files)) write(path, text);
    if (quotas !== null) write('phinfra.yaml', `${files['phinfra.yaml']}\nbudget: ${JSON.stringify({ quotas })}\n`);
    if (part !== 'first') await applied((await planned()).plan);
    if (part === 'edited') await edit();
    const { plan: measured, config } = await planned(part === 'destroy' ? { destroy: true } : {});
    const ms = await applied(measured);
    const leastMs = Math.max(
      secondsOf(measured.bill.toApply.levels, quotasOf(config.environment.edition, config.budget.quotas), config.budget.share) *
        1000,
      longestPath(measured.steps, () => CALL_MS),
    );
    return { plan: measured, ms, leastMs, violations: service.violations().length, throttled };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** The derivation of a state's key is slow by design, and not what is measured. */
const fingerprints =
  (salt: string) =>
  (value: string): string =>
    createHash('sha256').update(`${salt}\0${value}`).digest('base64url');

/** The enterprise as it is, and random worlds of 50 to 500 changes. */
const worldsOf = (count: number): readonly Case[] =>
  Array.from({ length: count }, (_, index): Case => {
    const seed = index + 1;
    const random = createRandom(seed);
    const part = PARTS[index % PARTS.length] ?? 'first';
    return {
      seed,
      part,
      rate: random.pick(['basic', 'basic', 'together', 'even']),
      environment: part === 'edited' ? 'prod' : random.pick(['dev', 'prod'] as const),
      // An edit changes fewer resources than there are.
      resources: part === 'edited' ? 200 + random.below(300) : 70 + random.below(400),
    };
  });

const lineOf = (what: string, runs: readonly Run[]): Line => {
  const ratios = runs.map(({ ms, leastMs }) => ms / leastMs);
  const worst = Math.max(...ratios);
  const refused = runs.reduce((sum, { throttled, violations }) => sum + throttled + violations, 0);
  const changes = runs.map(({ plan: of }) => of.changes.filter(({ steps }) => steps.length > 0).length);
  return {
    what,
    value: `${worst.toFixed(3)} x`,
    goal: `<= ${MOST} x, 0 breaches`,
    yardstick: `median ${median(ratios).toFixed(3)}, ${refused} breaches, ${Math.min(...changes)} to ${Math.max(...changes)} changes; beside the slowest quota or the longest chain`,
    isReached: worst <= MOST && refused === 0,
  };
};

export const makespanLines = async (): Promise<readonly Line[]> => {
  const lines: Line[] = [];
  for (const environment of ['dev', 'prod'] as const)
    lines.push(
      lineOf(`makespan: examples/enterprise, ${environment}`, [
        await measure({ seed: 1, resources: 400, environment, rate: 'basic', part: 'first' }),
      ]),
    );
  const runs: Run[] = [];
  for (const one of worldsOf(WORLDS)) runs.push(await measure(one));
  return [...lines, lineOf(`makespan: ${WORLDS} random worlds`, runs)];
};
