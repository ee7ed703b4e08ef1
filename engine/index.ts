/** The only door of the engine: validate, plan, apply, and their types. */
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve as resolvePath } from 'node:path';
import type { ApplyEvent, ApplyResult } from './core/apply.ts';
import { byPlace, CODES, type Diagnostic, EngineError } from './core/diagnostic.ts';
import { secretText } from './core/fill.ts';
import type { Plan, SecretValue, State } from './core/model.ts';
import { type PlanHead, readPlan } from './core/plan.ts';
import type { Client, Clock } from './core/ports.ts';
import { dayOf, quotasOf } from './core/quota.ts';
import { type Resolved, resolve } from './core/resolve.ts';
import type { ConnectionConfig, LoadedWorkspace, WorkspaceConfig } from './core/workspace.ts';
import { KINDS, LOOK_UPS } from './kinds/index.ts';
import { createClient, readOnlyClient } from './shell/client.ts';
import { systemClock } from './shell/clock.ts';
import { isStoppingCode } from './shell/codes.ts';
import { readCa } from './shell/connect.ts';
import { findCredentials } from './shell/credentials.ts';
import { openDayCount } from './shell/day-count.ts';
import { allowedEndpoints, type Endpoint, resolveEndpoint } from './shell/endpoint.ts';
import { execute } from './shell/execute.ts';
import { openLastSent } from './shell/last-sent.ts';
import { withLock } from './shell/lock.ts';
import { createPacer } from './shell/pace.ts';
import { makePlan } from './shell/planner.ts';
import { readProxy } from './shell/proxy.ts';
import { createReader } from './shell/reader.ts';
import { secretSource } from './shell/secrets.ts';
import { createSettler } from './shell/settler.ts';
import { sha256 } from './shell/sign.ts';
import { checkIdentity, createFingerprint, openRecord, readRecord } from './shell/state.ts';
import { type Invocation, loadWorkspace, type Rendered, renderWorkspace } from './shell/workspace.ts';

export type { ApplyEvent, ApplyResult } from './core/apply.ts';
export { CODES, type Diagnostic, type DiagnosticCode, EngineError, type Source } from './core/diagnostic.ts';
export type * from './core/model.ts';
export { detailedExit } from './core/plan.ts';
export type { Client, Clock, Json, JsonObject } from './core/ports.ts';
export type { LoadedWorkspace, WorkspaceConfig } from './core/workspace.ts';
export type { Invocation } from './shell/workspace.ts';

/** A service that was started for this command: its place and its keys win over the files and the environment. */
export type ConnectionOverride = {
  readonly endpoint: string;
  readonly tenant: string;
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly caller: string;
};

export type EnginePorts = {
  readonly connection?: ConnectionOverride;
  /** In place of the network: tests in one process. */
  readonly client?: Client;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly signal?: AbortSignal;
  /** Makes the fingerprints of a state from its salt; the slow derivation of `shell/state.ts` unless told. */
  readonly fingerprints?: typeof createFingerprint;
};

export type ValidateResult = {
  readonly exit: number;
  readonly diagnostics: readonly Diagnostic[];
  readonly config: WorkspaceConfig | null;
  readonly counts: Readonly<Record<string, number>>;
  /** Names that only the live tenant can tell: undeclared references and people. */
  readonly lookUps: readonly { readonly kind: string; readonly name: string; readonly places: readonly Diagnostic['source'][] }[];
};
export type PlanOptions = { readonly destroy?: boolean; readonly pushSecrets?: readonly string[] };
export type PlanResult = {
  readonly exit: number;
  readonly diagnostics: readonly Diagnostic[];
  readonly plan: Plan | null;
  readonly config: WorkspaceConfig | null;
};
export type ConfigResult = {
  readonly exit: number;
  readonly diagnostics: readonly Diagnostic[];
  readonly rendered: Rendered | null;
};
export type StateResult = {
  readonly exit: number;
  readonly diagnostics: readonly Diagnostic[];
  readonly state: State | null;
  readonly file: string;
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
export const plan = async (invocation: Invocation, options: PlanOptions = {}, ports: EnginePorts = {}): Promise<PlanResult> => {
  const clock = ports.clock ?? systemClock;
  const { loaded, resolved, diagnostics } = await loadAndResolve(invocation, clock);
  const config = loaded?.config ?? null;
  if (!loaded || !resolved || config === null || exitOf(diagnostics) !== 0)
    return { exit: exitOf(diagnostics) || 3, diagnostics, plan: null, config };
  return guarded(diagnostics, config, async () => {
    const session = await openSession(invocation, config, ports);
    try {
      const record = await readRecord(recordFolder(invocation, config));
      if (record.state) checkIdentity(record.state, session);
      const made = await makePlan({
        config,
        kinds: KINDS,
        lookUps: LOOK_UPS,
        resolved,
        state: record.state,
        reader: createReader({ ...session, client: readOnlyClient(session.client), signal: ports.signal }),
        ports: { hash: sha256, fingerprint: fingerprintPort(session, record.state) },
        head: headOf(invocation, config, session, record.state, clock, options.destroy ?? false),
        quotas: session.quotas,
        usedToday: session.day.used,
        now: () => new Date(clock.wallMs()).toISOString(),
        pushSecrets: options.pushSecrets ?? [],
        warnings: diagnostics,
      });
      const all = [...made.diagnostics, ...session.day.warnings()].sort(byPlace);
      return { exit: made.plan ? 0 : exitOf(all) || 3, diagnostics: all, plan: made.plan, config };
    } finally {
      await session.close();
    }
  });
};

/** Carries a plan out. The resource files are not read: what was reviewed is what is applied. */
export const apply = async (
  invocation: Invocation,
  saved: Plan,
  ports: EnginePorts & { readonly onEvent?: (event: ApplyEvent) => void; readonly settleMs?: number } = {},
): Promise<ApplyResult> => {
  const loaded = await loadWorkspace(invocation, KINDS.map(shapeOf), { configOnly: true });
  const errors = loaded.diagnostics.filter((one) => one.severity === 'error');
  if (loaded.config === null || errors.length > 0) return refused(saved, errors);
  const { config } = loaded;
  try {
    const session = await openSession(invocation, config, ports);
    try {
      const mismatch = mismatchOf(saved, config, session);
      if (mismatch) return refused(saved, [mismatch]);
      const folder = recordFolder(invocation, config);
      return await withLock(folder, { command: 'apply', since: new Date(session.clock.wallMs()).toISOString() }, async () => {
        const record = await openRecord(folder, {
          environment: config.environment.name,
          tenant: session.tenant,
          deployment: session.deployment,
        });
        try {
          const reader = createReader({ ...session, client: readOnlyClient(session.client), signal: undefined });
          return await execute(saved, {
            ...session,
            record,
            fingerprint: session.fingerprints(record.base.salt),
            isAuth: isStoppingCode,
            settle: createSettler(saved, KINDS, LOOK_UPS, reader),
            ...(ports.settleMs === undefined ? {} : { settleMs: ports.settleMs }),
            ...(ports.signal ? { signal: ports.signal } : {}),
            ...(ports.onEvent ? { onEvent: ports.onEvent } : {}),
          });
        } finally {
          await record.close();
        }
      });
    } finally {
      await session.close();
    }
  } catch (error) {
    return refused(saved, [diagnosticOf(error)]);
  }
};

export type ReadConfigResult = {
  readonly exit: number;
  readonly diagnostics: readonly Diagnostic[];
  readonly config: WorkspaceConfig | null;
};

/** What `phinfra.yaml` says for the chosen environment; the resource files are not read. */
export const readConfig = async (invocation: Invocation): Promise<ReadConfigResult> => {
  const { config: found, diagnostics } = await loadWorkspace(invocation, KINDS.map(shapeOf), { configOnly: true });
  return { exit: exitOf(diagnostics), diagnostics: [...diagnostics].sort(byPlace), config: found };
};

/** The rendered workspace, with the origin of every value; secrets as their sources. */
export const config = async (invocation: Invocation): Promise<ConfigResult> => {
  const loaded = await loadWorkspace(invocation, KINDS.map(shapeOf), {});
  const diagnostics = [...loaded.diagnostics].sort(byPlace);
  const exit = exitOf(diagnostics);
  return { exit, diagnostics, rendered: exit === 0 && loaded.config ? renderWorkspace(loaded as LoadedWorkspace) : null };
};

/** The record of what is ours, with the journal folded in. */
export const readState = async (invocation: Invocation): Promise<StateResult> => {
  const loaded = await loadWorkspace(invocation, KINDS.map(shapeOf), { configOnly: true });
  const diagnostics = [...loaded.diagnostics].sort(byPlace);
  if (loaded.config === null || exitOf(diagnostics) !== 0)
    return { exit: exitOf(diagnostics) || 3, diagnostics, state: null, file: '' };
  try {
    const { state, file } = await readRecord(recordFolder(invocation, loaded.config));
    return { exit: 0, diagnostics, state, file };
  } catch (error) {
    const told = diagnosticOf(error);
    return { exit: CODES[told.code], diagnostics: [...diagnostics, told], state: null, file: '' };
  }
};

/** A saved plan from its text; its format and its digest are checked. */
export const parsePlan = (text: string): { readonly plan: Plan } | { readonly diagnostics: readonly Diagnostic[] } => {
  const read = readPlan(text, sha256);
  return 'plan' in read ? read : { diagnostics: [read.problem] };
};

// ---- what the doors share -------------------------------------------------------------------------------------------

const shapeOf = ({ collection, keyParts, schema, nested }: (typeof KINDS)[number]) => ({ collection, keyParts, schema, nested });

type Loaded = {
  readonly loaded: LoadedWorkspace | null;
  readonly resolved: Resolved | null;
  readonly diagnostics: readonly Diagnostic[];
};

const loadAndResolve = async (invocation: Invocation, clock: Clock): Promise<Loaded> => {
  const loaded = await loadWorkspace(invocation, KINDS.map(shapeOf), {});
  if (loaded.config === null) return { loaded: null, resolved: null, diagnostics: [...loaded.diagnostics].sort(byPlace) };
  const whole = loaded as LoadedWorkspace;
  const resolved = resolve(whole, KINDS, invocation.now ?? dayOf(clock.wallMs(), whole.config.timezone));
  return { loaded: whole, resolved, diagnostics: [...loaded.diagnostics, ...resolved.diagnostics].sort(byPlace) };
};

const exitOf = (diagnostics: readonly Diagnostic[]): number => {
  const errors = diagnostics.filter((one) => one.severity === 'error');
  return errors.length === 0 ? 0 : Math.max(...errors.map((one) => CODES[one.code]));
};

const diagnosticOf = (error: unknown): Diagnostic => {
  if (!(error instanceof EngineError)) throw error;
  return { code: error.code, severity: 'error', message: error.message, ...(error.hint === null ? {} : { hint: error.hint }) };
};

const guarded = async (
  diagnostics: readonly Diagnostic[],
  config: WorkspaceConfig,
  work: () => Promise<PlanResult>,
): Promise<PlanResult> => {
  try {
    return await work();
  } catch (error) {
    const told = diagnosticOf(error);
    return { exit: CODES[told.code], diagnostics: [...diagnostics, told], plan: null, config };
  }
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

/** Where the record of an environment lies: `.phinfra/ENV` in the workspace. */
const recordFolder = (invocation: Invocation, config: WorkspaceConfig): string =>
  join(resolvePath(invocation.folder), '.phinfra', config.environment.name);

const openSession = async (invocation: Invocation, config: WorkspaceConfig, ports: EnginePorts) => {
  const clock = ports.clock ?? systemClock;
  const random = ports.random ?? (() => randomInt(2 ** 32) / 2 ** 32);
  const { environment, budget } = config;
  const endpoint = endpointOf(environment.connection, invocation, ports.connection);
  const credentials = ports.connection ?? credentialsOf(invocation, ports.client !== undefined);
  const tenant = ports.connection?.tenant ?? environment.tenant;
  if (tenant === null)
    throw new EngineError('TENANT_WRONG', 'No tenant is named.', 'Write tenant: "…" in phinfra.yaml, or give PHINFRA_TENANT.');
  const quotas = quotasOf(environment.edition, budget.quotas);
  const shared = {
    folder: join(invocation.env['XDG_STATE_HOME'] || join(invocation.home, '.local', 'state'), 'phinfra'),
    deployment: endpoint.isLoopback ? `loopback:${endpoint.port}` : endpoint.deployment,
    tenant,
    quotas,
    clock,
  };
  const day = openDayCount({ ...shared, timezone: config.timezone, reserve: budget.reserve });
  const lastSent = openLastSent(shared);
  const pacer = createPacer({ quotas, share: budget.share, clock, random, day, lastSentMs: await lastSent.read() });
  const client = ports.client ?? networkClient(invocation, environment.connection, endpoint, tenant, credentials, clock);
  return {
    clock,
    random,
    tenant,
    quotas,
    day,
    endpoint,
    client,
    deployment: endpoint.deployment,
    caller: ports.connection?.caller ?? environment.connection.caller,
    keyId: credentials.accessKeyId,
    pacer,
    fingerprints: (salt: string) => fingerprintsOf(salt, invocation.env['PHINFRA_STATE_KEY'], ports.fingerprints),
    secrets: secretSource(resolvePath(invocation.folder), invocation.env, config.secrets),
    close: async (): Promise<void> => {
      client.close();
      await day.close();
      await lastSent.write(pacer.lastSentMs()).catch(() => {
        // The count of the day lies in the same folder and has said that it cannot be kept.
      });
    },
  };
};

/** The derivation is slow by design: a plan and the apply after it share the one of their state. */
const derived = new Map<string, ReturnType<typeof createFingerprint>>();
const fingerprintsOf = (salt: string, stateKey: string | undefined, make: typeof createFingerprint = createFingerprint) => {
  const name = JSON.stringify([salt, stateKey ?? null]);
  const known = derived.get(name) ?? make(salt, stateKey);
  derived.clear();
  derived.set(name, known);
  return known;
};

type Session = Awaited<ReturnType<typeof openSession>>;

const endpointOf = (connection: ConnectionConfig, invocation: Invocation, override: ConnectionOverride | undefined): Endpoint => {
  const found = resolveEndpoint({
    region: connection.region,
    endpoint: override?.endpoint ?? connection.endpoint,
    allowed: allowedEndpoints(invocation.env['PHINFRA_ALLOW_ENDPOINT']),
  });
  if (!found.ok) throw new EngineError(found.code, sentence(found.message), sentence(found.hint));
  return found.endpoint;
};

const credentialsOf = (
  invocation: Invocation,
  isInProcess: boolean,
): { readonly accessKeyId: string; readonly accessKeySecret: string } => {
  if (isInProcess) return { accessKeyId: 'in-process', accessKeySecret: '' };
  const found = findCredentials(invocation.env, invocation.home);
  if (!found.ok) throw new EngineError(found.code, sentence(found.message), sentence(found.hint));
  return found;
};

const networkClient = (
  invocation: Invocation,
  connection: ConnectionConfig,
  endpoint: Endpoint,
  tenant: string,
  credentials: { readonly accessKeyId: string; readonly accessKeySecret: string },
  clock: Clock,
): Client => {
  const env = invocation.env;
  const proxy = readProxy(env['HTTPS_PROXY'] ?? env['https_proxy'], env['NO_PROXY'] ?? env['no_proxy']);
  if (!proxy.ok) throw new EngineError(proxy.code, sentence(proxy.message), sentence(proxy.hint));
  return createClient({
    endpoint,
    tenant,
    credentials: { accessKeyId: credentials.accessKeyId, accessKeySecret: credentials.accessKeySecret },
    clock,
    signature: connection.signature,
    parameters: connection.parameters,
    proxy: proxy.proxy,
    ca: connection.caFile === null ? [] : readCaFile(join(resolvePath(invocation.folder), connection.caFile)),
  });
};

const readCaFile = (path: string): readonly string[] => {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new EngineError(
      'OPTION_WRONG',
      `The file of connection.caFile cannot be read: ${path}.`,
      'Give a path relative to the workspace.',
    );
  }
  const found = readCa(text);
  if (!found.ok) throw new EngineError(found.code, sentence(found.message), sentence(found.hint));
  return found.certificates;
};

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?!]$/.test(text) ? '' : '.'}`;

const headOf = (
  invocation: Invocation,
  config: WorkspaceConfig,
  session: Session,
  state: State | null,
  clock: Clock,
  destroy: boolean,
): Omit<PlanHead, 'madeAt'> => ({
  workspace: config.name,
  environment: config.environment.name,
  tenant: session.tenant,
  endpoint: session.endpoint.origin,
  deployment: session.deployment,
  region: config.environment.connection.region,
  edition: config.environment.edition ?? 'unknown',
  caller: session.caller,
  key: session.keyId.slice(-4),
  day: invocation.now ?? dayOf(clock.wallMs(), config.timezone),
  timezone: config.timezone,
  record: state ? { lineage: state.lineage, serial: state.serial } : null,
  destroy,
});

/** A plan is for one environment, tenant and deployment: what it was made for is what it is applied to. */
const mismatchOf = (saved: Plan, config: WorkspaceConfig, session: Session): Diagnostic | null => {
  const wrong = (what: string, was: string, is: string): Diagnostic => ({
    code: 'TENANT_WRONG',
    severity: 'error',
    message: `The plan was made for ${what} ${was}; this is ${what} ${is}.`,
    hint: 'Apply it with the same --env and connection, or plan again.',
  });
  if (saved.environment !== config.environment.name) return wrong('environment', saved.environment, config.environment.name);
  if (saved.tenant !== session.tenant) return wrong('tenant', saved.tenant, session.tenant);
  if (saved.deployment !== session.deployment) return wrong('deployment', saved.deployment, session.deployment);
  return null;
};

const fingerprintPort = ({ secrets, fingerprints }: Session, state: State | null) => {
  const fingerprint = state ? fingerprints(state.salt) : () => '';
  return (value: SecretValue): string | null => {
    const parts =
      typeof value === 'string'
        ? []
        : '$secret' in value
          ? [value.$secret]
          : value.$concat.flatMap((part) => (typeof part === 'string' ? [] : [part.$secret]));
    return parts.some((reference) => secrets(reference) === undefined) ? null : fingerprint(secretText(value, secrets));
  };
};

const refused = (saved: Plan, diagnostics: readonly Diagnostic[]): ApplyResult => {
  const [first] = diagnostics;
  return {
    exit: first ? Math.max(...diagnostics.map((one) => CODES[one.code])) : 1,
    reason: first?.code ?? 'INTERNAL',
    applied: 0,
    failed: 0,
    unknown: 0,
    waiting: 0,
    left: saved.changes.filter((change) => change.action !== 'none' && change.action !== 'manual').length,
    skipped: [],
    steps: [],
    diagnostics,
  };
};
