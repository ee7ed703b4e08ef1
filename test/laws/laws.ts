/** The laws over one random world (STYLE 9): what must hold whatever the tenant and the files look like. */
import { isDeepStrictEqual } from 'node:util';
import { stringify } from 'yaml';
import { approveAll } from '../../emulator/index.ts';
import { type ApplyResult, type Plan, parsePlan } from '../../engine/index.ts';
import { type OperationName, operationFacts } from '../../engine/operations/index.ts';
import { judge, type Watch, watch } from '../support/oracle.ts';
import { timeApply } from '../support/pace-judge.ts';
import { type Sim, startSim } from '../support/sim.ts';
import { driftsOf, edit } from './edits.ts';
import { EDITIONS, filesOf, type Model, randomScene, type Scene, strangersOf } from './model.ts';
import { rowOf, switchesOf } from './pairwise.ts';
import { createRandom, type Random } from './random.ts';

export type Exercised = {
  readonly operations: Record<string, number>;
  readonly rules: Record<string, number>;
  readonly editions: Record<string, number>;
  readonly edits: Record<string, number>;
  readonly switches: Record<string, number>;
  /** Applies by how much there was to send: only where 3 s of calls wait is a rate judged. */
  readonly pace: Record<string, number>;
};
export type Verdict = { readonly seed: number; readonly failures: readonly string[]; readonly report: string };

const DAY_MS = 86_400_000;
const ENV = { MC_ID: 'id', MC_KEY: 'key', MC_SECRET: 'portal-secret-1' };

export const newExercised = (): Exercised => ({ operations: {}, rules: {}, editions: {}, edits: {}, switches: {}, pace: {} });
const count = (into: Record<string, number>, key: string, by = 1): void => {
  into[key] = (into[key] ?? 0) + by;
};

/** Plays one seed through: first apply, edits, drift; every broken law is a line. */
export const play = async (seed: number, exercised: Exercised): Promise<Verdict> => {
  const random = createRandom(seed);
  const edition = EDITIONS[seed % EDITIONS.length] ?? 'basic';
  const row = Math.floor(seed / EDITIONS.length);
  // An edition that may call nothing has nothing to show.
  const switches = { ...switchesOf(row), personal: 'agile' as const };
  const scene = randomScene(random, edition, switches);
  const sim = startSim({ world: scene.world, env: ENV, seed: 1, switches, lateSeed: seed });
  const failures: string[] = [];
  const texts: string[] = [];
  count(exercised.editions, edition);
  for (const [name, value] of Object.entries(rowOf(row))) count(exercised.switches, `${name}=${value}`);
  try {
    const run = { lagMs: switches.lagMs ?? 0, sim, watched: watch(sim.service), scene, random, failures, exercised, texts };
    const model = structuredClone(scene.model) as Model;
    for (const of of [model.computeSources, model.projects, model.rowPermissions, ...Object.values(model.dataServiceApps)])
      for (const one of Object.values(of)) if (random.chance(0.5)) one.lifecycle = { allow: ['delete'] };
    if (!(await settle(run, model, 'first'))) return verdict(seed, run, model);
    nextDay(run);
    for (const name of edit(model, scene, random, edition === 'personal' ? 1 : 2 + random.below(7)))
      count(exercised.edits, name.replace(/ [^ ]*$/, ''));
    if (!(await settle(run, model, 'edited'))) return verdict(seed, run, model);
    nextDay(run);
    await drift(run, model);
    const violations = sim.service.violations();
    if (violations.length > 0) failures.push(`violations: ${JSON.stringify(violations.slice(0, 3))}`);
    return verdict(seed, run, model);
  } finally {
    sim.end();
  }
};

type Run = {
  readonly lagMs: number;
  readonly sim: Sim;
  readonly watched: Watch;
  readonly scene: Scene;
  readonly random: Random;
  readonly failures: string[];
  readonly exercised: Exercised;
  readonly texts: string[];
};

const verdict = (seed: number, { failures, texts, scene }: Run, model: Model): Verdict => ({
  seed,
  failures,
  report:
    failures.length === 0
      ? ''
      : `seed ${seed} (${scene.edition})\n${failures.join('\n')}\n--- workspace\n${stringify(model, { aliasDuplicateObjects: false })}\n--- notes\n${texts.join('\n')}`,
});

/** "small enough for one day": each part of the play has a day of its own. */
const nextDay = ({ sim }: Run): void => sim.clock.advance(DAY_MS);

/** Plan, apply, plan: the second plan holds nothing but none, manual and what waits for a person. */
const settle = async (run: Run, model: Model, part: string): Promise<boolean> => {
  const { sim, failures, random, scene, texts } = run;
  sim.write(filesOf(model, scene.edition, random));
  const before = strangersOf(sim.service.world());
  const plan = await planned(run, part);
  if (!plan) return false;
  orderMatters(run, plan, model, await again(run, model), part);
  const survived = parsePlan(JSON.stringify(plan, null, 2));
  if (!('plan' in survived) || !isDeepStrictEqual(survived.plan, plan)) failures.push(`${part}: the plan does not survive JSON`);
  sim.calls();
  const result = await applied(run, plan, part);
  note(run, plan, result, part);
  settleWorld(run);
  if (failures.length > 0) return false;
  if (!isDeepStrictEqual(strangersOf(sim.service.world()), before)) failures.push(`${part}: an unmanaged resource was touched`);
  nextPlanEmpty(run, await planned(run, `${part}, after`), `${part}, after`);
  texts.push(`${part}: ${plan.steps.map((step) => step.id).join(' ')}`);
  return failures.length === 0;
};

/** An apply that may be stopped after any of its writes: nobody has more than before or after it, and nothing is missing. */
const applied = async (
  { sim, scene, lagMs, watched, failures, exercised }: Run,
  plan: Plan,
  part: string,
): Promise<ApplyResult> => {
  const before = sim.service.world();
  watched.moments();
  const timed = timeApply(sim, scene.edition);
  const result = await sim.apply(plan, { onEvent: timed.onEvent });
  // With late lists a row that is not there yet is waited for, and no bill tells how long.
  if (lagMs === 0) {
    const { faults, rate } = timed.judge(plan);
    count(exercised.pace, rate === null ? 'time judged' : 'time and rate judged');
    for (const fault of faults) failures.push(`${part}: ${fault}`);
  }
  for (const fault of judge(before, watched.moments(), sim.service.world())) failures.push(`${part}: ${fault}`);
  return result;
};

/** Somebody approves what waits, and the lists catch up. */
const settleWorld = ({ sim, lagMs }: Run): void => {
  sim.service.change(approveAll);
  sim.clock.advance(lagMs);
};

const again = async ({ sim, scene, random }: Run, model: Model): Promise<Plan | null> => {
  sim.write(filesOf(model, scene.edition, random));
  return (await sim.plan()).plan;
};

const orderMatters = ({ failures }: Run, plan: Plan, _model: Model, other: Plan | null, part: string): void => {
  if (!other || other.changesDigest !== plan.changesDigest || !isDeepStrictEqual(other.steps, plan.steps))
    failures.push(`${part}: the order of files makes a difference`);
};

const planned = async ({ sim, failures }: Run, part: string): Promise<Plan | null> => {
  sim.calls();
  const { plan, diagnostics, exit } = await sim.plan();
  if (!plan) {
    failures.push(`${part}: no plan, exit ${exit}: ${diagnostics.map((one) => `${one.code} ${one.message}`).join(' | ')}`);
    return null;
  }
  const calls = sim.calls();
  if (!isDeepStrictEqual(calls, plan.bill.spent.operations))
    failures.push(`${part}: the plan made ${JSON.stringify(calls)} and says ${JSON.stringify(plan.bill.spent.operations)}`);
  if (!isDeepStrictEqual(plan.bill.spent, plan.bill.minimum))
    failures.push(`${part}: ${JSON.stringify(plan.bill.spent.operations)} is not the minimum`);
  return plan;
};

const note = ({ sim, failures, exercised, lagMs }: Run, plan: Plan, result: ApplyResult, part: string): void => {
  const calls = sim.calls();
  for (const [operation, times] of Object.entries(calls)) count(exercised.operations, operation, times);
  for (const [operation, times] of Object.entries(plan.bill.spent.operations)) count(exercised.operations, operation, times);
  for (const change of plan.changes)
    for (const field of change.fields)
      count(
        exercised.rules,
        `${change.kind} ${field.pointer.replace(/(members\/(prod|dev)|members|admins|roles|whiteList|config)\/.*/, '$1/*') || '(name)'} ${field.reason}`,
      );
  // With late lists a row that is not there yet is looked for once more.
  const counted = (of: Readonly<Record<string, number>>) =>
    lagMs === 0
      ? of
      : Object.fromEntries(
          Object.entries(of).filter(([operation]) => operationFacts(operation as OperationName).kind === 'write'),
        );
  if (!isDeepStrictEqual(counted(calls), counted(plan.bill.toApply.operations)))
    failures.push(`${part}: calls made ${JSON.stringify(calls)}, calls planned ${JSON.stringify(plan.bill.toApply.operations)}`);
  const expected = plan.guards.length > 0 ? 12 : 0;
  if (result.exit !== expected)
    failures.push(
      `${part}: apply ended with ${result.exit} (${result.reason}) instead of ${expected}: ${result.diagnostics.map((one) => `${one.code} ${one.message}`).join(' | ')}; ${result.steps
        .filter((step) => step.outcome !== 'done')
        .map((step) => `${step.id} ${step.outcome} ${step.code}`)
        .join(', ')}`,
    );
};

const nextPlanEmpty = ({ failures }: Run, plan: Plan | null, part: string): void => {
  if (!plan) return;
  const held = new Set(plan.guards.map((guard) => guard.address));
  const left = plan.changes.filter(
    (change) =>
      change.action !== 'none' && change.action !== 'manual' && !(held.has(change.address) && change.steps.length === 0),
  );
  if (left.length > 0 || plan.steps.length > 0)
    failures.push(`${part}: not empty: ${JSON.stringify(left.map((change) => [change.address, change.action, change.fields]))}`);
};

/** One field changed behind the files' back is that one field in the next plan, reason drifted, and the next apply puts it back. */
const drift = async (run: Run, model: Model): Promise<void> => {
  const { sim, failures, random, exercised } = run;
  const plan = (await sim.plan()).plan;
  if (!plan) return;
  const waiting = (address: string, pointer: string): boolean =>
    plan.guards.some(
      (guard) =>
        guard.address === address &&
        (guard.pointer === undefined || pointer === guard.pointer || pointer.startsWith(`${guard.pointer}/`)),
    );
  const candidates = driftsOf(model, sim.service.world(), random).filter((one) => !waiting(one.address, one.pointer));
  if (candidates.length === 0) return;
  const chosen = random.pick(candidates);
  const before = sim.service.world();
  sim.service.change(chosen.change);
  sim.clock.advance(run.lagMs);
  const part = `drift of ${chosen.address}${chosen.pointer}`;
  const after = await planned(run, part);
  if (!after) return;
  const acting = after.changes.flatMap((change) =>
    change.fields.filter((field) => field.stands !== true).map((field) => `${change.address}${field.pointer} ${field.reason}`),
  );
  if (!chosen.isReadable) {
    const kind = chosen.address.slice(0, chosen.address.indexOf('/'));
    const said = after.coverage.find((one) => one.kind === kind)?.note ?? '';
    if (acting.length > 0 || !said.includes(chosen.pointer.slice(1)))
      failures.push(`${part}: shown as ${acting.join(', ')}; coverage says "${said}"`);
    count(exercised.rules, `${kind} ${chosen.pointer} not readable`);
    sim.service.setWorld(before);
    return;
  }
  if (!isDeepStrictEqual(acting, [`${chosen.address}${chosen.pointer} drifted`]))
    failures.push(`${part}: shown as ${acting.join(', ') || 'nothing'}`);
  if (failures.length > 0) return;
  sim.calls();
  note(run, after, await applied(run, after, part), part);
  settleWorld(run);
  nextPlanEmpty(run, await planned(run, `${part}, after`), `${part}, after`);
};
