/** examples/enterprise, applied to its empty tenant with 100 calls a day in all, from one saved plan; killed where it is told. */
import { parseDocument } from 'yaml';
import { parseWorld } from '../../emulator/index.ts';
import { type ApplyResult, type Plan, parsePlan } from '../../engine/index.ts';
import { type OperationName, operationFacts } from '../../engine/operations/index.ts';
import { generateEnterprise } from '../../scripts/enterprise/index.ts';
import { shapeOf } from '../kinds/world-shape.ts';
import { judge, watch } from '../support/oracle.ts';
import { CRASH, type Sim, type SimApplyOptions, startSim } from '../support/sim.ts';

const PER_DAY = 100;
/** Far more than it takes; a run that gets nowhere ends here. */
const MOST_DAYS = 40;
const RESTART_MS = 1_000;
const ENVIRONMENT = 'prod';

/**
 * Where the process ends: once, at its n-th call of all days, counted from the first apply on; or once in each day, at the n-th
 * call of the day. Before the service has the call or after, without an outcome on disk.
 */
export type Kill = ({ readonly atCall: number } | { readonly inEachDay: number }) & { readonly when: 'before' | 'after' };

export type Played = {
  /** Days on which calls were made, the plan's own day among them. */
  readonly days: number;
  readonly predictedDays: number | null;
  /** Calls of the applies. */
  readonly calls: number;
  /** Calls of each begun apply before its first write, in order: its checks, and what looks up what was left open. */
  readonly looks: readonly number[];
  readonly kills: number;
  /** The most that one run's checks take, on whichever day. */
  readonly checks: number;
  readonly exits: readonly number[];
  /** Everything that must not be: refused calls, writes sent twice, breaches of the quota, moments that grant too much. */
  readonly faults: readonly string[];
  /** Grants of APIs to people that a kill has left open and that were sent once more: no read shows them (BEHAVIOUR 3.10). */
  readonly blind: number;
  /** The world at the end, without ids and times. */
  readonly world: unknown;
};

const enterprise = generateEnterprise({ seed: 1, resources: 400 });
const quotas = [{ levels: [1, 2, 3] as const, perSecond: 5, perDay: PER_DAY }];

const start = (): Sim => {
  const sim = startSim({ world: parseWorld({ ...enterprise.worlds[ENVIRONMENT], quotas }), env: { PHINFRA_ENV: ENVIRONMENT } });
  const head = parseDocument(enterprise.files['phinfra.yaml'] ?? '');
  head.setIn(['budget', 'quotas'], quotas);
  sim.write({ ...enterprise.files, 'phinfra.yaml': String(head) });
  return sim;
};

/** The plan as it comes back from its file. */
const savedPlan = async (sim: Sim): Promise<Plan> => {
  const { plan, diagnostics } = await sim.plan();
  if (!plan) throw new Error(`there is no plan: ${diagnostics.map((one) => one.message).join(' ')}`);
  const read = parsePlan(JSON.stringify(plan));
  if (!('plan' in read)) throw new Error('the plan does not survive its file');
  return read.plan;
};

/** Applies the plan day by day until it ends with another exit than 6. */
export const playDays = async (kill: Kill | null): Promise<Played> => {
  const sim = start();
  try {
    const plan = await savedPlan(sim);
    const seen = watch(sim.service);
    const before = sim.service.world();
    const planned = sim.sent().length;
    const madeBefore = (): number => sim.sent().length - planned;
    const looks: number[] = [];
    let kills = 0;
    /** One begun apply: its result, or null where it was killed. */
    const run = async (crash: SimApplyOptions['crash']): Promise<ApplyResult | null> => {
      const from = sim.sent().length;
      try {
        return await sim.apply(plan, { isSaved: true, ...(crash ? { crash } : {}) });
      } catch (error) {
        if (!(error instanceof Error && error.message === CRASH)) throw error;
        kills++;
        // A new process is there within a second; what was sent last is not on disk where one was killed.
        await sim.clock.sleep(RESTART_MS);
        return null;
      } finally {
        const made = sim.sent().slice(from);
        const first = made.findIndex(({ operation }) => isWrite(operation));
        looks.push(first < 0 ? made.length : first);
      }
    };
    const exits: number[] = [];
    let days = 0;
    while (days < MOST_DAYS) {
      days++;
      const killedBefore = kills;
      // A killed run is begun again on the same day; the second one goes to the day's end.
      const result = (await run(crashOf(kill, madeBefore(), killedBefore))) ?? (await run(undefined));
      if (result === null) throw new Error('a run that nobody killed was killed');
      exits.push(result.exit);
      if (result.exit !== 6) break;
      // Slept, not jumped: reads that the end of the day cut off side by side end first, as in a process of their own.
      await sim.clock.sleep(Date.parse(result.notBefore ?? '') - sim.clock.wallMs());
    }
    const world = sim.service.world();
    return {
      days,
      predictedDays: plan.bill.days,
      calls: madeBefore(),
      looks,
      kills,
      checks: Math.max(...plan.bill.byDay.map(({ check }) => sum(check.levels)), sum(plan.bill.check.levels)),
      exits,
      blind: writesOf(sim).filter(({ isTwice, isUnseen }) => isTwice && isUnseen).length,
      faults: [...faultsOf(sim, kill !== null), ...judge(before, seen.moments(), world)],
      world: shapeOf(world),
    };
  } finally {
    sim.end();
  }
};

const crashOf = (kill: Kill | null, made: number, kills: number): SimApplyOptions['crash'] => {
  if (!kill) return undefined;
  const { when } = kill;
  if ('inEachDay' in kill) return { call: kill.inEachDay, when };
  return kills === 0 && kill.atCall > made ? { call: kill.atCall - made, when } : undefined;
};

const isWrite = (operation: string): boolean => operationFacts(operation as OperationName).kind === 'write';

const sum = (levels: Readonly<Record<string, number>>): number => Object.values(levels).reduce((all, one) => all + one, 0);

const faultsOf = (sim: Sim, isKilled: boolean): readonly string[] => [
  ...sim.service.violations().map((one) => `breach: ${one.kind} by ${one.action}`),
  ...sim.sent().flatMap(({ operation, outcome }) => (outcome === 'done' ? [] : [`refused: ${operation} ${outcome}`])),
  ...writesOf(sim).flatMap(({ text, isTwice, isUnseen }) => (isTwice && !(isKilled && isUnseen) ? [`sent twice: ${text}`] : [])),
];

type Written = { readonly text: string; readonly isTwice: boolean; readonly isUnseen: boolean };

/** Writes in order; `isTwice`: the same was sent before, `isUnseen`: no read shows whether it has happened. */
const writesOf = (sim: Sim): readonly Written[] => {
  const seen = new Set<string>();
  return sim.sent().flatMap(({ operation, request }) => {
    if (!isWrite(operation)) return [];
    const text = `${operation} ${JSON.stringify(request)}`;
    const isTwice = seen.has(text);
    seen.add(text);
    return [{ text, isTwice, isUnseen: operation === 'GrantDataServiceApi' && text.includes('"GranteeType":"USER"') }];
  });
};

/** Calls that a kill may cost beside the checks of the apply that goes on. */
const PER_KILL = 3;

/** What a killed run does that it must not, beside the calm one; empty: it passed. */
export const compare = (calm: Played, killed: Played): readonly string[] => {
  const others = ({ calls, looks }: Played): number => calls - looks.reduce((all, one) => all + one, 0);
  const lookedUp = killed.looks.reduce((all, one) => all + Math.max(0, one - calm.checks), 0);
  const extra = lookedUp + others(killed) - others(calm);
  const allowed = PER_KILL * killed.kills;
  return [
    ...killed.faults,
    ...(killed.exits.at(-1) === 0 ? [] : [`it ended with ${killed.exits.at(-1)}`]),
    ...(JSON.stringify(killed.world) === JSON.stringify(calm.world) ? [] : ['it ended in another world than the calm run']),
    ...(killed.blind > killed.kills ? [`${killed.blind} grants sent twice after ${killed.kills} kills`] : []),
    ...(extra > allowed ? [`${extra} calls more than the calm run beside its checks, and ${allowed} are allowed`] : []),
  ];
};
