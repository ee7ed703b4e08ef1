/** `history --inverse`: what it would take to go back before a run, by the plan's own machinery. Sends reads only, and applies nothing. */
import type { AuditedRun } from '../core/audit.ts';
import { CODES, type Diagnostic, type Source } from '../core/diagnostic.ts';
import { changedOutside, type Obstacle, runsNamed, type WayBack, wayBack } from '../core/inverse.ts';
import { addressOf } from '../core/json.ts';
import type { Address, Desired, Plan, ReferenceMention } from '../core/model.ts';
import type { WorkspaceConfig } from '../core/workspace.ts';
import { KINDS } from '../kinds/index.ts';
import { history } from './audit.ts';
import { type PlanPorts, planOnce } from './online.ts';
import type { Invocation } from './workspace.ts';

export type InverseResult = {
  readonly exit: number;
  readonly diagnostics: readonly Diagnostic[];
  readonly config: WorkspaceConfig | null;
  /** Null: the text names none. */
  readonly run: AuditedRun | null;
  /** The changes and calls that would lead back; null where they could not be told. It is shown, and no apply takes it. */
  readonly way: Plan | null;
  readonly obstacles: readonly Obstacle[];
  /** See PlanResult. */
  readonly notBefore?: string;
};

/**
 * What would bring the resources of a run back to what they were before it, and what stands in the way.
 *
 * @param text the run's id, or how it begins
 * @returns OPTION_WRONG where no run, or several, are named so; else the diagnostics of a plan
 */
export const inverse = async (invocation: Invocation, text: string, ports: PlanPorts = {}): Promise<InverseResult> => {
  const told = await history(invocation, null);
  const none = { config: told.config, run: null, way: null, obstacles: [] };
  if (told.exit !== 0) return { ...none, exit: told.exit, diagnostics: told.diagnostics };
  const { runs } = told;
  const [run, ...others] = runsNamed(runs, text);
  if (!run || others.length > 0) {
    const problem = nameProblem(text, run ? [run, ...others] : [], runs);
    return { ...none, exit: CODES[problem.code], diagnostics: [...told.diagnostics, problem] };
  }
  let back: WayBack = { wanted: new Map(), obstacles: [] };
  const made = await planOnce(invocation, {}, ports, ({ resolved, state }) => {
    back = wayBack({ run, runs, kinds: KINDS, desired: resolved.desired, state });
    const addresses = new Set([...back.wanted].flatMap(([address, one]) => [address, ...(one ? [one.address] : [])]));
    const desired = turnedOf(resolved.desired, back);
    return {
      resolved: { ...resolved, desired, external: externalIn(desired) },
      chosen: { asked: { target: [...addresses].sort(), exclude: [] }, chosen: addresses, excluded: new Set() },
    };
  });
  const { plan } = made;
  const diagnostics = [...told.diagnostics, ...made.diagnostics];
  const outside = plan ? changedOutside({ run, runs, kinds: KINDS }, plan.changes) : [];
  return {
    exit: made.exit,
    diagnostics,
    config: made.config ?? told.config,
    run,
    way: plan && shown(plan, run),
    obstacles: [...back.obstacles, ...outside],
    ...(made.notBefore === undefined ? {} : { notBefore: made.notBefore }),
  };
};

/**
 * The plan as it is shown: what the audit tells stands in no file, and what the run made goes because of that. Its digest no longer
 * fits, so that no apply takes it.
 */
const shown = (plan: Plan, { begin }: AuditedRun): Plan => ({
  ...plan,
  changes: plan.changes.map((change) => ({
    ...change,
    source: written(change.source),
    ...(change.action === 'delete' ? { cause: 'the run made it' } : {}),
    fields: change.fields.map(({ source, ...field }) => ({ ...field, ...(written(source ?? null) && source ? { source } : {}) })),
  })),
  ...(plan.selection ? { selection: { ...plan.selection, target: [], run: begin.run } } : {}),
});

const written = (source: Source | null): Source | null => (source?.file === '' ? null : source);

/** What the files ask for, with the run's resources as they were. */
const turnedOf = (desired: readonly Desired[], { wanted }: WayBack): readonly Desired[] => {
  const gone = new Set<Address>([...wanted.keys()]);
  for (const one of wanted.values()) if (one?.renamedFrom) gone.add(addressOf(one.kind, ...one.renamedFrom));
  return [...desired.filter(({ address }) => !gone.has(address)), ...[...wanted.values()].flatMap((one) => one ?? [])];
};

const externalIn = (desired: readonly Desired[]): readonly ReferenceMention[] => {
  const declared = new Set(desired.map(({ address }) => address));
  return desired.flatMap(({ references }) => references.filter(({ address }) => !declared.has(address)));
};

/** Runs that are named where none fits. */
const SHOWN = 5;

const nameProblem = (text: string, found: readonly AuditedRun[], runs: readonly AuditedRun[]): Diagnostic => {
  const some = (found.length > 0 ? found : runs).slice(0, SHOWN).map(({ begin }) => `${begin.run} of ${begin.at}`);
  return {
    code: 'OPTION_WRONG',
    severity: 'error',
    message: found.length > 0 ? `"${text}" begins several runs.` : `The audit has no run "${text}".`,
    hint: some.length > 0 ? `Name one: ${some.join('; ')}.` : 'Nothing was applied here yet.',
  };
};
