/** The only door of the engine: validate, plan, apply, and their types. What speaks to the service is loaded when it is used. */
import type { ApplyResult } from './core/apply.ts';
import { byPlace, type Diagnostic } from './core/diagnostic.ts';
import type { Plan } from './core/model.ts';
import { readPlan } from './core/plan-file.ts';
import type { Resolved } from './core/resolve.ts';
import { readSnapshot, type Snapshot } from './core/snapshot.ts';
import type { LoadedWorkspace, WorkspaceConfig } from './core/workspace.ts';
import type { HistoryResult } from './shell/audit.ts';
import type { BudgetResult } from './shell/budget.ts';
import type { SimulateOptions, SimulateResult } from './shell/budget-simulate.ts';
import { systemClock } from './shell/clock.ts';
import type { DriftOptions, DriftResult } from './shell/drift.ts';
import type { ExplainResult } from './shell/explain.ts';
import type { InverseResult } from './shell/inverse.ts';
import { exitOf, loadAndResolve, SHAPES } from './shell/offline.ts';
import type {
  AdoptOptions,
  AdoptResult,
  ApplyPorts,
  ForgetOptions,
  MoveOptions,
  PlanOptions,
  PlanPorts,
  PlanResult,
  PullResult,
  PushOptions,
  PushResult,
  RebuildOptions,
  SnapshotOptions,
  SnapshotResult,
  StateEditPorts,
  StateEditResult,
  StateResult,
  UnlockOptions,
  UnlockResult,
} from './shell/online.ts';
import type { StorePorts } from './shell/open-store.ts';
import type { EnginePorts } from './shell/session.ts';
import { sha256 } from './shell/sign.ts';
import { type Invocation, loadWorkspace, type Rendered, renderWorkspace } from './shell/workspace.ts';

export type { AccessChange, AccessEntry } from './core/access-model.ts';
export type { ApplyEvent, ApplyResult } from './core/apply.ts';
export type { AuditChange, AuditedRun } from './core/audit.ts';
export { CODES, type Diagnostic, type DiagnosticCode, EngineError, type Source } from './core/diagnostic.ts';
export type { DriftedField, DriftedResource } from './core/drift.ts';
export type * from './core/explain-pages.ts';
export type { Confirmed } from './core/guards.ts';
export type { Obstacle } from './core/inverse.ts';
export type * from './core/model.ts';
export { detailedExit } from './core/plan-file.ts';
export type { Client, Clock, Json, JsonObject } from './core/ports.ts';
export { type Answers, objectionsTo } from './core/protect.ts';
export type { Snapshot, SnapshotRead } from './core/snapshot.ts';
export type { Edition, LoadedWorkspace, WorkspaceConfig } from './core/workspace.ts';
export type { HistoryResult } from './shell/audit.ts';
export type { Budget, BudgetResult, QuotaBudget } from './shell/budget.ts';
export type { BudgetSimulation, EditionTime, SimulateOptions, SimulateResult } from './shell/budget-simulate.ts';
export type { DriftOptions, DriftReport, DriftResult, KindLook, NotLooked } from './shell/drift.ts';
export type { RunLimits } from './shell/execute.ts';
export type { ExplainResult } from './shell/explain.ts';
export type { InverseResult } from './shell/inverse.ts';
export type {
  Adopted,
  AdoptOptions,
  AdoptResult,
  ApplyPorts,
  EditedResource,
  ForgetOptions,
  FoundLock,
  Holder,
  MoveOptions,
  PlanOptions,
  PlanPorts,
  PlanResult,
  PullResult,
  PushOptions,
  PushResult,
  RebuildOptions,
  SnapshotOptions,
  SnapshotResult,
  StateEditPorts,
  StateEditResult,
  StateResult,
  TransferResult,
  UnlockOptions,
  UnlockResult,
} from './shell/online.ts';
export type { StorePorts } from './shell/open-store.ts';
export type { ConnectionOverride, EnginePorts } from './shell/session.ts';
export type { Invocation } from './shell/workspace.ts';

export type ValidateResult = {
  readonly exit: number;
  readonly diagnostics: readonly Diagnostic[];
  readonly config: WorkspaceConfig | null;
  readonly counts: Readonly<Record<string, number>>;
  /** Names that only the live tenant can tell: undeclared references and people. */
  readonly lookUps: readonly { readonly kind: string; readonly name: string; readonly places: readonly Diagnostic['source'][] }[];
};
export type ConfigResult = {
  readonly exit: number;
  readonly diagnostics: readonly Diagnostic[];
  readonly rendered: Rendered | null;
};
/** Reads and checks the workspace offline; nothing is resolved live, no secret is read. */
export const validate = async (invocation: Invocation): Promise<ValidateResult> => {
  const { loaded, resolved, diagnostics } = await loadAndResolve(invocation, systemClock);
  const counts: Record<string, number> = {};
  for (const one of resolved?.desired ?? []) counts[one.kind] = (counts[one.kind] ?? 0) + 1;
  return {
    exit: exitOf(diagnostics),
    diagnostics,
    config: loaded?.config ?? null,
    counts,
    lookUps: resolved ? lookUpsOf(resolved) : [],
  };
};

/** Reads the live tenant and says what would change; only read operations can be sent. */
export const plan = async (invocation: Invocation, options: PlanOptions = {}, ports: PlanPorts = {}): Promise<PlanResult> =>
  (await import('./shell/online.ts')).plan(invocation, options, ports);

/** Carries a plan out. The resource files are not read: what was reviewed is what is applied. */
export const apply = async (invocation: Invocation, saved: Plan, ports: ApplyPorts = {}): Promise<ApplyResult> =>
  (await import('./shell/online.ts')).apply(invocation, saved, ports);

/** The plan that was begun last and not carried out to its end. No call is made. */
export const begunPlan = async (invocation: Invocation): Promise<PlanResult> =>
  (await import('./shell/online.ts')).begunPlan(invocation);

/** Reads the whole tenant into a file, redacted; only read operations can be sent. */
export const takeSnapshot = async (
  invocation: Invocation,
  options: SnapshotOptions = {},
  ports: EnginePorts = {},
): Promise<SnapshotResult> => (await import('./shell/online.ts')).takeSnapshot(invocation, options, ports);

/** What others changed since the last apply, by the record, from leftover budget; only read operations can be sent. */
export const drift = async (invocation: Invocation, options: DriftOptions = {}, ports: EnginePorts = {}): Promise<DriftResult> =>
  (await import('./shell/drift.ts')).drift(invocation, options, ports);

/** What it would take to go back before a run, and what stands in the way. Sends reads only, and applies nothing. */
export const inverse = async (invocation: Invocation, run: string, ports?: PlanPorts): Promise<InverseResult> =>
  (await import('./shell/inverse.ts')).inverse(invocation, run, ports);

/** What was applied, by whom, when and why: the audit, or what it says about an address, a glob, or a person. */
export const history = async (invocation: Invocation, of: string | null = null): Promise<HistoryResult> =>
  (await import('./shell/audit.ts')).history(invocation, of);

/** The page about a kind, a field, a code or a word of all kinds; null: what there is. */
export const explain = async (topic: string | null): Promise<ExplainResult> =>
  (await import('./shell/explain.ts')).explain(topic);

/** What of the day is spent, set aside and left, and by whom. No call, no credentials. */
export const budget = async (invocation: Invocation, ports: EnginePorts = {}): Promise<BudgetResult> =>
  (await import('./shell/budget.ts')).budgetOf(invocation, ports);

/** How long an apply takes with each edition: of a saved plan, or of the workspace in an empty tenant. No call, no credentials. */
export const simulateBudget = async (
  invocation: Invocation,
  options: SimulateOptions = {},
  ports: Pick<EnginePorts, 'clock'> = {},
): Promise<SimulateResult> => (await import('./shell/budget-simulate.ts')).simulateBudget(invocation, options, ports);

/** The record of what is ours, with the journal folded in. */
export const readState = async (invocation: Invocation): Promise<StateResult> =>
  (await import('./shell/online.ts')).readState(invocation);

/** Records what is declared and live as ours, without a write to the service. */
export const adopt = async (invocation: Invocation, options: AdoptOptions, ports: EnginePorts = {}): Promise<AdoptResult> =>
  (await import('./shell/online.ts')).adopt(invocation, options, ports);

/** Takes resources out of the record; what is live stays. */
export const forget = async (
  invocation: Invocation,
  options: ForgetOptions,
  ports: StateEditPorts = {},
): Promise<StateEditResult> => (await import('./shell/online.ts')).forget(invocation, options, ports);

/** Gives what is recorded another address of its kind. */
export const move = async (invocation: Invocation, options: MoveOptions, ports: StateEditPorts = {}): Promise<StateEditResult> =>
  (await import('./shell/online.ts')).move(invocation, options, ports);

/** Records as imported everything that is declared and live and not in the record: `state rebuild`. */
export const rebuild = async (
  invocation: Invocation,
  options: RebuildOptions = {},
  ports: EnginePorts = {},
): Promise<AdoptResult> => (await import('./shell/online.ts')).rebuild(invocation, options, ports);

/** The record as one document, for keeping or for another place: `state pull`. */
export const pull = async (invocation: Invocation, ports: StorePorts = {}): Promise<PullResult> =>
  (await import('./shell/online.ts')).pull(invocation, ports);

/** Puts a pulled record in its place; never an older one, or one of another lineage: `state push`. */
export const push = async (invocation: Invocation, options: PushOptions, ports: StorePorts = {}): Promise<PushResult> =>
  (await import('./shell/online.ts')).push(invocation, options, ports);

/** Tells who holds the lock, and releases it where nobody on this machine is at work. */
export const unlock = async (invocation: Invocation, options: UnlockOptions = {}): Promise<UnlockResult> =>
  (await import('./shell/online.ts')).unlock(invocation, options);

export type ReadConfigResult = {
  readonly exit: number;
  readonly diagnostics: readonly Diagnostic[];
  readonly config: WorkspaceConfig | null;
};

/** What `phinfra.yaml` says for the chosen environment; the resource files are not read. */
export const readConfig = async (invocation: Invocation): Promise<ReadConfigResult> => {
  const { config: found, diagnostics } = await loadWorkspace(invocation, SHAPES, { configOnly: true });
  return { exit: exitOf(diagnostics), diagnostics: [...diagnostics].sort(byPlace), config: found };
};

/** The rendered workspace, with the origin of every value; secrets as their sources. */
export const config = async (invocation: Invocation): Promise<ConfigResult> => {
  const loaded = await loadWorkspace(invocation, SHAPES, {});
  const diagnostics = [...loaded.diagnostics].sort(byPlace);
  const exit = exitOf(diagnostics);
  return { exit, diagnostics, rendered: exit === 0 && loaded.config ? renderWorkspace(loaded as LoadedWorkspace) : null };
};

/** A saved plan from its text; its format and its digest are checked. */
export const parsePlan = (text: string): { readonly plan: Plan } | { readonly diagnostics: readonly Diagnostic[] } => {
  const read = readPlan(text, sha256);
  return 'plan' in read ? read : { diagnostics: [read.problem] };
};

/** A snapshot from its text; its format is checked. */
export const parseSnapshot = (
  text: string,
): { readonly snapshot: Snapshot } | { readonly diagnostics: readonly Diagnostic[] } => {
  const read = readSnapshot(text);
  return 'snapshot' in read ? read : { diagnostics: [read.problem] };
};

const lookUpsOf = (resolved: Resolved): ValidateResult['lookUps'] => {
  const found = new Map<string, { kind: string; name: string; places: Diagnostic['source'][] }>();
  const note = (kind: string, name: string, place: Diagnostic['source']): void => {
    const entry = found.get(`${kind} ${name}`) ?? { kind, name, places: [] };
    found.set(`${kind} ${name}`, { ...entry, places: [...entry.places, place] });
  };
  const declared = new Set(resolved.desired.filter((one) => one.kind === 'tenantMembers').map((one) => one.key[0]));
  for (const mention of resolved.external) if (!mention.name.startsWith('id:')) note(mention.kind, mention.name, mention.source);
  for (const one of resolved.desired)
    for (const mention of one.people) if (!declared.has(mention.account)) note('tenantMembers', mention.account, mention.source);
  return [...found.values()].sort((a, b) => (`${a.kind} ${a.name}` < `${b.kind} ${b.name}` ? -1 : 1));
};
