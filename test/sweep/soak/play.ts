/** One soak case: in peace first, then with all that happens to it, then plain runs until nothing is left, then the judgement. */
import { approveAll, parseWorld } from '../../../emulator/index.ts';
import { canonical } from '../../../engine/core/json.ts';
import type { Diagnostic, JsonObject, Plan } from '../../../engine/index.ts';
import type { OperationName } from '../../../engine/operations/index.ts';
import { shapeOf } from '../../kinds/world-shape.ts';
import { edit } from '../../laws/edits.ts';
import { filesOf, type Model } from '../../laws/model.ts';
import { createRandom } from '../../laws/random.ts';
import { faultCalled, happensTo } from '../faults.ts';
import { newDisk, settleDisk } from '../machine/disk.ts';
import type { Death } from '../machine/machine.ts';
import { differenceOf, digestOf, type Reached, type Verdict } from '../runs.ts';
import { recordOf } from '../scenario.ts';
import { type OnCall, putFiles, type Simulator, startSimulator } from '../simulator.ts';
import { judgeEnd } from './judge.ts';
import { type Event, eventsOf, type Jump, type Run, runsOf, type Soak } from './script.ts';
import { entriesOf, onlyOf, type Topology, topologyOf } from './topology.ts';

/** Plain runs until nothing is left, whatever has happened: what several faults may take. */
const MOST_RUNS = 3;
/** Days that plain runs may wait for calls. */
const MOST_DAYS = 12;
const REST_MS = 31_000;
const DAY_MS = 86_400_000;
const ZONE_MS = 8 * 3_600_000;
/** As in the laws: what the tenant holds already was made from them. */
const ENV = { MC_ID: 'id', MC_KEY: 'key', MC_SECRET: 'portal-secret-1' };
const START_MS = Date.parse('2026-11-23T16:00:00Z');

/** What a run takes in peace. */
type Measure = { readonly calls: number; readonly changes: number };
type Played = {
  readonly problems: readonly string[];
  readonly measures: readonly Measure[];
  readonly exits: readonly (number | null)[];
  /** Plain runs that the longest rest took. */
  readonly plainRuns: number;
  readonly reached: readonly Reached[];
  readonly sim: Simulator;
  readonly hasAsked: boolean;
  readonly hasRefusedFiles: boolean;
};
/** How a process ended: with its result, or in the midst of it. */
type Came = { readonly exit: number | null; readonly diagnostics: readonly Diagnostic[] };
const DIED: Came = { exit: null, diagnostics: [] };

/** Plays the case twice: in peace, and as it says. */
export const playSoak = async (given: Soak): Promise<Verdict> => {
  const asDrawn = await playOnce(given, null);
  // An edit may ask for what the tenant forbids: such files are refused, and the case goes on without edits.
  const soak = asDrawn.hasRefusedFiles ? { ...given, isUnedited: true } : given;
  const calm = soak === given ? asDrawn : await playOnce(soak, null);
  if (calm.problems.length > 0) return verdictOf(calm, calm, [...calm.problems.map((one) => `in peace: ${one}`)]);
  const played = await playOnce(soak, calm.measures);
  const [found, wanted] = [shapeText(played.sim), shapeText(calm.sim)];
  // What was found live and what was ours already is edited otherwise: after an edit in the midst of it the ends may differ.
  const isComparable = runsOf(soak).every(({ edits, isSettled }) => edits === 0 || (isSettled && !played.hasAsked));
  const other = !isComparable || found === wanted ? [] : [`it does not end as in peace: ${differenceOf(found, wanted)}`];
  return verdictOf(played, calm, [...played.problems, ...other]);
};

/** In the same order whatever was done first. */
const shapeText = ({ service }: Simulator): string =>
  canonical(JSON.parse(JSON.stringify(shapeOf(service.world()))) as JsonObject);
const callsIn = ({ measures }: Played): number => measures.reduce((sum, { calls }) => sum + calls, 0);

const verdictOf = (played: Played, calm: Played, problems: readonly string[]): Verdict => ({
  problems,
  runs: played.plainRuns,
  extra: callsIn(played) - callsIn(calm),
  reached: played.reached,
  exits: played.exits,
  digest: digestOf(played.sim),
});

/** @param peace what each run took in peace; null: this is the play in peace */
const playOnce = async (soak: Soak, peace: readonly Measure[] | null): Promise<Played> => {
  const random = createRandom(soak.seed);
  const topology = topologyOf(random, soak.keep);
  const sim = start(topology, soak.seed);
  const before = sim.service.world();
  const model = structuredClone(topology.scene.model) as Model;
  const declared = new Set<string>();
  const problems: string[] = [];
  const exits: (number | null)[] = [];
  /** What a run could not tell, and told a person to look at: it is a safe stop, counted by its exit. */
  const asked = new Set<string>();
  let hasRefusedFiles = false;
  const note = ({ exit, diagnostics }: Came): void => {
    exits.push(exit);
    hasRefusedFiles ||= diagnostics.some(({ code }) => code === 'RENAME_CONFLICT');
    for (const { code, address } of diagnostics) if (code === 'STEP_UNKNOWN' && address !== undefined) asked.add(address);
  };
  const reached: Reached[] = [];
  const measures: Measure[] = [];
  let plainRuns = 0;
  let saved: Plan | null = null;

  const write = (): void => {
    const only = soak.keep ? onlyOf(model, [...soak.keep, ...entriesOf(model).filter((one) => !named.has(one))]) : model;
    for (const name of addressesIn(only)) declared.add(name);
    putFiles(sim.machine.disk, withQuotas(filesOf(only, topology.scene.edition, random), topology));
    settleDisk(sim.machine.disk);
  };
  const named = new Set(entriesOf(model));
  const settle = async (): Promise<void> => {
    // In peace a run that ended well has left nothing.
    if (!peace && (exits.at(-1) === 0 || exits.at(-1) === 12)) return rest(sim);
    const { runs, problem, unclaimed } = await untilQuiet(sim, note);
    for (const address of unclaimed) asked.add(address);
    plainRuns = Math.max(plainRuns, runs);
    if (problem !== null) problems.push(problem);
  };

  write();
  for (const [at, run] of runsOf(soak).entries()) {
    if (run.edits > 0 && !soak.isUnedited) {
      if (run.isSettled) await settle();
      edit(model, topology.scene, createRandom(soak.seed * 7 + 100 + at), run.edits);
      write();
    }
    if (problems.length > 0) break;
    sim.clock.advance(run.restMs);
    const events = peace ? eventsOf(soak).filter((one) => one.run === at) : [];
    const meeting = createMeeting(sim, events, peace?.[at] ?? NOTHING, reached);
    saved = await playRun(sim, run, saved, meeting, note);
    measures.push(meeting.measure());
    sim.service.faults.clear();
  }
  sim.clock.advance(topology.quotas === null ? 0 : DAY_MS);
  if (problems.length === 0) await settle();
  const violations = sim.service.violations().map(({ kind, action }) => `violation: ${kind} by ${action}`);
  if (exits.includes(1)) problems.push('a run ended with 1');
  const judge = async () => judgeEnd(before, sim.service.world(), (await recordOf(sim))?.state ?? null, { declared, asked });
  let judged = await judge();
  if (judged.length > 0) {
    // What the record does not know is named by the next plan, or lost.
    for (const address of unclaimedIn((await sim.plan()).diagnostics)) asked.add(address);
    judged = await judge();
  }
  return {
    problems: [...problems, ...violations, ...judged],
    measures,
    exits,
    plainRuns,
    reached,
    sim,
    hasAsked: asked.size > 0,
    hasRefusedFiles,
  };
};

const NOTHING: Measure = { calls: 0, changes: 0 };

const start = ({ scene, switches, quotas }: Topology, seed: number): Simulator =>
  startSimulator({
    world: parseWorld({ ...scene.world, ...(quotas ? { quotas } : {}) }),
    switches,
    env: ENV,
    wallMs: START_MS + createRandom(seed * 7 + 3).below(24) * 3_600_000,
    disk: newDisk(),
    seed,
  });

/** A file that no resource is in any more stays, and is empty. */
const withQuotas = (files: Readonly<Record<string, string>>, { quotas }: Topology): Readonly<Record<string, string>> => ({
  ...Object.fromEntries(['a', 'b', 'c'].map((name) => [`r/${name}.yaml`, 'sets: {}\n'])),
  ...files,
  ...(quotas
    ? {
        'phinfra.yaml': `${files['phinfra.yaml']}budget: ${JSON.stringify({ quotas, reserve: { level1: 0, level2: 0, level3: 0 } })}\n`,
      }
    : {}),
});

/** `userGroups/g1`, `dataServiceApps/default/app_one`: and what it was called before. */
const addressesIn = (model: Model): readonly string[] =>
  Object.entries(model).flatMap(([collection, of]) =>
    Object.entries(of).flatMap(([key, value]) => {
      const keys = collection === 'dataServiceApps' ? Object.keys(value as object).map((name) => `${key}/${name}`) : [key];
      const old = [...JSON.stringify(value).matchAll(/"renamedFrom":"([^"]+)"/g)].map(([, name]) => name);
      return [...keys, ...old].map((name) => `${collection}/${name}`);
    }),
  );

/** What a run meets: told of each call, and where its process ends. */
type Meeting = {
  readonly onCall: OnCall;
  readonly death: Death | null;
  /** The clock goes wrong in it. */
  readonly hasJump: boolean;
  readonly measure: () => Measure;
  readonly changed: (count: number) => void;
};

const createMeeting = (sim: Simulator, events: readonly Event[], peace: Measure, reached: Reached[]): Meeting => {
  const waiting = events.map((event) => ({ event, from: 1 + Math.floor(event.share * Math.max(1, peace.calls)) }));
  const end = events.find((event) => event.kind === 'death');
  let calls = 0;
  let changes = 0;
  const onCall = (operation: OperationName): void => {
    calls++;
    const due = waiting.findIndex(
      ({ event, from }) =>
        from <= calls && (event.kind === 'clock' || (event.kind === 'fault' && happensTo(faultCalled(event.fault), operation))),
    );
    const [found] = due === -1 ? [] : waiting.splice(due, 1);
    // While the answer is on its way: what has left is not late.
    if (found?.event.kind === 'clock') {
      const { jump } = found.event;
      queueMicrotask(() => jumpBy(sim, jump));
    }
    if (found?.event.kind !== 'fault') return;
    const { fault, times } = found.event;
    sim.service.faults.add([{ ...faultCalled(fault).fault, times, match: { action: operation } }]);
    reached.push({ operation, fault });
  };
  return {
    onCall,
    hasJump: events.some(({ kind }) => kind === 'clock'),
    death: end?.kind === 'death' ? { at: 1 + Math.floor(end.share * Math.max(1, peace.changes)), how: end.how } : null,
    measure: () => ({ calls, changes }),
    changed: (count) => {
      changes += count;
    },
  };
};

const jumpBy = ({ clock }: Simulator, how: Jump): void => {
  const jumps: Readonly<Record<Jump, () => void>> = {
    'day-ahead': () => clock.setBy(DAY_MS),
    'day-back': () => clock.setBy(-DAY_MS),
    suspend: () => clock.suspend(3 * 3_600_000),
    midnight: () => clock.suspend(DAY_MS - ((clock.trueMs() + ZONE_MS) % DAY_MS) - 300),
  };
  jumps[how]();
};

/** @returns the plan that the next run may begin again */
const playRun = async (
  sim: Simulator,
  { way }: Run,
  last: Plan | null,
  { death, onCall, changed, hasJump }: Meeting,
  note: (came: Came) => void,
): Promise<Plan | null> => {
  const apply = async (plan: Plan): Promise<Plan> => {
    const { result, changes } = await sim.run(() => sim.applying(plan, { isSaved: true }), death, onCall);
    changed(changes.length);
    note(result ?? DIED);
    return plan;
  };
  if (way === 'again' && last) return apply(last);
  if (way === 'saved') {
    const { result } = await sim.run(sim.planning, null, onCall);
    if (!result?.plan) note(result ?? DIED);
    sim.clock.advance(90_000);
    return result?.plan ? apply(result.plan) : null;
  }
  const { result, changes } = await sim.run(() => planAndApply(sim, hasJump), death, onCall);
  changed(changes.length);
  note(result ?? DIED);
  return null;
};

/** Where the clock was set meanwhile, the apply begins a second later: it knows of the plan's calls by that clock alone. */
const planAndApply = async (sim: Simulator, hasJump: boolean): Promise<Came> => {
  const planned = await sim.planning();
  if (hasJump) await sim.clock.sleep(1_000);
  return planned.plan ? sim.applying(planned.plan) : planned;
};

/** What waits is approved, and lists catch up. */
const rest = ({ service, clock }: Simulator): void => {
  service.change(approveAll);
  clock.advance(REST_MS);
};

/** The liveness phase: plain runs, each after a rest and after what waits was approved, until a plan has nothing left to do. */
const untilQuiet = async (
  sim: Simulator,
  note: (came: Came) => void,
): Promise<{ readonly runs: number; readonly problem: string | null; readonly unclaimed: ReadonlySet<string> }> => {
  let left = '';
  for (let runs = 0, days = 0; runs <= MOST_RUNS && days <= MOST_DAYS; ) {
    rest(sim);
    const planned = await sim.plan();
    const { plan, exit, diagnostics } = planned;
    const unclaimed = unclaimedIn(diagnostics);
    if (plan) {
      // What a person is told of stays open until that person acts.
      const open = ((await recordOf(sim))?.open ?? []).filter(({ serves }) => serves.some((one) => !unclaimed.has(one)));
      left = [...leftIn(plan), ...open.map(({ step }) => `open: ${step}`)].join(', ');
      if (left === '') return { runs, problem: null, unclaimed };
    } else left = `no plan, ${exit}: ${diagnostics.map(({ code, message }) => `${code} ${message}`).join(' ')}`;
    const end = plan ? ((await sim.apply(plan)).result ?? DIED) : planned;
    note(end);
    if (end.exit === 6) {
      days++;
      sim.clock.advance(DAY_MS);
    } else runs++;
  }
  return { runs: MOST_RUNS, problem: `did not converge: ${left}`, unclaimed: new Set() };
};

/** What a plan tells a person to look at. */
const unclaimedIn = (diagnostics: readonly Diagnostic[]): ReadonlySet<string> =>
  new Set(diagnostics.flatMap(({ code, address = '' }) => (code === 'UNCLAIMED' ? [address] : [])));

/** What a plan would still do; what a guard holds back waits for a person. */
const leftIn = (plan: Plan): readonly string[] => {
  const held = new Set(plan.guards.map(({ address }) => address));
  return plan.changes
    .filter(
      ({ action, address, steps }) => action !== 'none' && action !== 'manual' && !(held.has(address) && steps.length === 0),
    )
    .map(({ address, action, fields }) => `${action} ${address} ${fields.map(({ pointer }) => pointer).join(' ')}`.trim());
};
