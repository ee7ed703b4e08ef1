/** What every kind has to do, case by case: create, read back, change each field by its rule, delete twice, lose any answer. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { defaultWorld, parseWorld, type SwitchSettings } from '../../emulator/index.ts';
import { getAt, partsOf, pointerOf } from '../../engine/core/json.ts';
import type { Kind } from '../../engine/core/kind.ts';
import type { JsonObject, Plan } from '../../engine/index.ts';
import { type OperationName, operationFacts } from '../../engine/operations/index.ts';
import { type Sim, startSim } from '../support/sim.ts';
import { filesOf, type KindCase, SECRETS, type Variant } from './case.ts';
import { shapeOf } from './world-shape.ts';

/** An option says how and not what: no difference of it can ever show. */
const pathsOf = (kind: Kind): readonly string[] => kind.fields.filter(({ rule }) => rule !== 'option').map(({ path }) => path);

export const startCase = (one: KindCase, switches: SwitchSettings = {}): Sim => {
  const edition = one.edition ?? 'basic';
  const sim = startSim({ world: parseWorld({ ...defaultWorld(edition), ...one.world }), switches, env: SECRETS });
  onTestFinished(sim.end);
  return sim;
};

/** As many cases as are wanted, each where this one stands: its world, its files and its record, at its moment. */
const copiesOf = (sim: Sim): (() => Sim) => {
  const folder = dirname(sim.folder);
  const kept = mkdtempSync(`${folder}-kept-`);
  onTestFinished(() => rmSync(kept, { recursive: true, force: true }));
  cpSync(folder, kept, { recursive: true });
  const world = sim.service.world();
  const wallMs = sim.clock.wallMs();
  return () => {
    const copy = startSim({ world, wallMs, env: SECRETS });
    onTestFinished(copy.end);
    cpSync(kept, dirname(copy.folder), { recursive: true });
    return copy;
  };
};

const planned = async (sim: Sim): Promise<Plan> => {
  const { plan, diagnostics } = await sim.plan();
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  if (!plan) throw new Error('there is no plan');
  expect(JSON.stringify(plan)).not.toContain(SECRETS.MC_KEY);
  return plan;
};

/** Writes, plans, applies; what is planned is what is sent. */
const settle = async (sim: Sim, files: ReturnType<typeof filesOf>, lagMs = 0): Promise<Plan> => {
  sim.write(files);
  const plan = await planned(sim);
  const at = sim.sent().length;
  const { exit, reason, diagnostics } = await sim.apply(plan);
  expect({ exit, reason, diagnostics }).toMatchObject({ exit: 0, reason: 'done', diagnostics: [] });
  const sent = sim
    .sent()
    .slice(at)
    .map((call) => call.operation);
  // A row that a list does not show yet is looked for again.
  const counted = lagMs > 0 ? isWrite : () => true;
  expect(sent.filter(counted).sort()).toEqual(operationsOf(plan).filter(counted).sort());
  sim.clock.advance(lagMs);
  return plan;
};

const actingOf = (plan: Plan) =>
  plan.changes
    .filter((change) => change.action !== 'none')
    .map((change) => ({
      address: change.address,
      action: change.action,
      pointers: change.fields
        .filter((field) => field.stands !== true)
        .map((field) => field.pointer)
        .sort(),
    }));

const expectNothing = async (sim: Sim): Promise<void> => expect(actingOf(await planned(sim))).toEqual([]);

const operationsOf = (plan: Plan): readonly string[] => plan.steps.map((step) => step.operation);
const isByHand = (variant: Variant): boolean => variant.byHand !== undefined;
const isRefusedPart = (variant: Variant): boolean => variant.guard !== undefined;

/** The suite for one case. */
export const describeKind = (one: KindCase): void => {
  const { kind } = one;
  const address = (key: string): string => `${kind.collection}/${key}`;

  describe(one.title, () => {
    it('creates with the expected calls, and reads back as nothing to do', async () => {
      const sim = startCase(one);
      const plan = await settle(sim, filesOf(one, one.start));
      expect(plan.changes.filter((change) => change.address === address(one.key)).map(({ action }) => action)).toEqual([
        one.actions?.first ?? 'create',
      ]);
      expect(operationsOf(plan)).toEqual(one.creates);
      await expectNothing(sim);
      expect(sim.service.violations()).toEqual([]);
    });

    it('adopts what is live as declared without a call, and then finds nothing to do', async () => {
      const first = startCase(one);
      await settle(first, filesOf(one, one.start));
      const sim = startCase({ ...one, world: first.service.world() as unknown as JsonObject });
      const plan = await settle(sim, filesOf(one, one.start));
      const { adoptionSends = [] } = one;
      const isAdopted = (at: string): boolean => adoptionSends.length === 0 || at !== address(one.key);
      expect(actingOf(plan).map(({ action }) => action)).toEqual(
        actingOf(plan).map((change) => (isAdopted(change.address) ? 'adopt' : 'update')),
      );
      expect(operationsOf(plan)).toEqual(adoptionSends);
      await expectNothing(sim);
      expect(shapeOf(sim.service.world())).toEqual(shapeOf(first.service.world()));
    });

    for (const variant of one.variants)
      it(`${variant.name}: exactly that field, exactly these calls`, async () => {
        const sim = startCase(one);
        await settle(sim, filesOf(one, one.start));
        const before = shapeOf(sim.service.world());
        const key = variant.key ?? one.key;
        sim.write(filesOf(one, variant.to, key));
        const plan = await planned(sim);
        expect(operationsOf(plan)).toEqual(variant.operations);
        expect(plan.guards.map(({ code }) => code)).toEqual(variant.guard === undefined ? [] : [variant.guard]);
        const [acting, ...others] = actingOf(plan);
        expect(others).toEqual([]);
        expect(acting?.pointers ?? []).toEqual(variant.pointers);
        const result = await sim.apply(plan);
        expect(result.exit).toBe(isRefusedPart(variant) ? 12 : 0);
        if (variant.operations.length === 0) expect(shapeOf(sim.service.world())).toEqual(before);
        if (!isRefusedPart(variant))
          expect(actingOf(await planned(sim))).toEqual(
            isByHand(variant) ? [{ address: address(key), action: 'manual', pointers: variant.byHand }] : [],
          );
        expect(sim.service.violations()).toEqual([]);
      });

    if (!one.isFurther)
      it('has a variant for every field that can differ', () => {
        const covered = (path: string): boolean =>
          one.variants.some(({ to, pointers }) =>
            [...pointers, ...refusedPointers(one, to)].some((pointer) => fitsPath(path, pointer)),
          );
        const missing = pathsOf(kind).filter((path) => !covered(path) && !NOT_IN_CASE(one, path));
        expect(missing).toEqual([]);
      });

    it('deletes once, and then there is nothing to delete', async () => {
      const sim = startCase(one);
      await settle(sim, filesOf(one, one.start));
      const plan = await settle(sim, filesOf(one, null));
      expect(operationsOf(plan)).toEqual(one.deletes);
      expect(actingOf(plan).map(({ action }) => action)).toEqual([one.actions?.gone ?? 'delete']);
      await expectNothing(sim);
    });

    it('forgets what somebody else has deleted before the plan', async () => {
      const sim = startCase(one);
      const empty = sim.service.world();
      await settle(sim, filesOf(one, one.start));
      sim.service.setWorld({ ...empty, nextId: sim.service.world().nextId });
      sim.write(filesOf(one, null));
      const plan = await planned(sim);
      const { goesBlindly: pointers } = one;
      expect(actingOf(plan)).toEqual([
        { address: address(one.key), action: pointers ? 'delete' : 'forget', pointers: pointers ?? [] },
      ]);
      expect((await sim.apply(plan)).exit).toBe(0);
      await expectNothing(sim);
    });

    it('takes it for done when somebody else has deleted it between the plan and the apply', async () => {
      const sim = startCase(one);
      const empty = sim.service.world();
      await settle(sim, filesOf(one, one.start));
      sim.write(filesOf(one, null));
      const plan = await planned(sim);
      sim.service.setWorld({ ...empty, nextId: sim.service.world().nextId });
      expect((await sim.apply(plan)).exit).toBe(0);
      await expectNothing(sim);
    });

    describe('ends as a calm run when the answer of any call is lost', () => {
      const runs: readonly (readonly [string, JsonObject | null, JsonObject | null, string])[] = [
        ['create', null, one.start, one.key],
        ...one.variants
          .filter((variant) => variant.operations.length > 0 && !isRefusedPart(variant) && !isByHand(variant))
          .map((variant) => [variant.name, one.start, variant.to, variant.key ?? one.key] as const),
        ['delete', one.start, null, one.key],
      ];
      for (const [name, from, to, key] of runs)
        it(name, async () => {
          const calm = startCase(one);
          if (from) await settle(calm, filesOf(one, from));
          const start = copiesOf(calm);
          const { steps } = await settle(calm, filesOf(one, to, key));
          const wanted = shapeOf(calm.service.world());
          const seen = new Map<string, number>();
          for (const { operation } of steps) {
            const nth = (seen.get(operation) ?? 0) + 1;
            seen.set(operation, nth);
            for (const when of ['before', 'after'] as const) {
              const sim = start();
              sim.write(filesOf(one, to, key));
              const plan = await planned(sim);
              sim.service.faults.add([{ match: { action: operation, nth }, when, do: 'reset' }]);
              const { exit, diagnostics } = await sim.apply(plan);
              const place = `${operation} ${nth}, lost ${when} it was done`;
              expect({ exit, diagnostics }, place).toEqual({ exit: 0, diagnostics: [] });
              expect(sim.service.faults.list()[0]?.met, place).toBe(1);
              expect(shapeOf(sim.service.world()), place).toEqual(wanted);
              await expectNothing(sim);
              expect(sim.service.violations()).toEqual([]);
            }
          }
        });
    });

    for (const switches of one.switches)
      it(`creates, changes and deletes all the same with ${JSON.stringify(switches)}`, async () => {
        const lagMs = switches.lagMs ?? 0;
        const sim = startCase(one, switches);
        for (const variant of one.variants.filter((some) => !isRefusedPart(some) && !isByHand(some))) {
          await settle(sim, filesOf(one, one.start), lagMs);
          await expectNothing(sim);
          await settle(sim, filesOf(one, variant.to, variant.key ?? one.key), lagMs);
          await expectNothing(sim);
          await settle(sim, filesOf(one, null), lagMs);
          await expectNothing(sim);
        }
        expect(sim.service.violations()).toEqual([]);
      });
  });
};

/** A guarded field does not act; it is still what the variant is about. */
const refusedPointers = (one: KindCase, to: JsonObject): readonly string[] =>
  Object.keys(to)
    .filter((field) => field !== 'lifecycle' && JSON.stringify(to[field]) !== JSON.stringify(one.start[field]))
    .flatMap((field) => [pointerOf(field), ...HALVES.map((half) => pointerOf(field, half))]);
const HALVES = ['prod', 'dev'];

/** A pointer is what the path names, or lies below it. */
const fitsPath = (path: string, pointer: string): boolean => {
  const wanted = partsOf(path);
  const parts = partsOf(pointer);
  return parts.length >= wanted.length && wanted.every((part, index) => part === '*' || part === parts[index]);
};

/** A basic project has no development half, a pair has no type. */
const NOT_IN_CASE = (one: KindCase, path: string): boolean =>
  one.kind.collection === 'projects' && (getAt(one.start, '/mode') === 'basic' ? /\/dev(\/|$)/ : /^\/type$/).test(path);

const isWrite = (operation: string): boolean => operationFacts(operation as OperationName).kind === 'write';
