/** What a command that speaks to the service holds: its place, its keys, its pace, its secrets. */
import { randomInt } from 'node:crypto';
import { hostname } from 'node:os';
import { join, resolve as resolvePath } from 'node:path';
import { EngineError, sure } from '../core/diagnostic.ts';
import { secretText } from '../core/fill.ts';
import { ledgerPassword } from '../core/ledger-place.ts';
import type { SecretValue, State } from '../core/model.ts';
import type { PlanHead } from '../core/plan.ts';
import type { Client, Clock } from '../core/ports.ts';
import { dayOf, quotasOf } from '../core/quota.ts';
import type { ConnectionConfig, WorkspaceConfig } from '../core/workspace.ts';
import { startedIn } from './audit.ts';
import { createClient } from './client.ts';
import { systemClock } from './clock.ts';
import { findCredentials } from './credentials.ts';
import { allowedEndpoints, type Endpoint, resolveEndpoint } from './endpoint.ts';
import { type LedgerStore, openLedger } from './ledger.ts';
import { fileLedger } from './ledger-file.ts';
import { redisLedger } from './ledger-redis.ts';
import { sentence } from './message.ts';
import { certificatesOf, proxyOf } from './network.ts';
import { recordFolder } from './offline.ts';
import type { StorePorts } from './open-store.ts';
import { createPacer } from './pace.ts';
import { secretSource } from './secrets.ts';
import { createFingerprint } from './state.ts';
import type { Invocation } from './workspace.ts';

/** A service that was started for this command: its place and its keys win over the files and the environment. */
export type ConnectionOverride = {
  readonly endpoint: string;
  readonly tenant: string;
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly caller: string;
  /** Where it keeps its tenant: the same one at another port has the same day's calls. */
  readonly dataFile?: string;
};

export type EnginePorts = StorePorts & {
  readonly connection?: ConnectionOverride;
  /** In place of the network: tests in one process. */
  readonly client?: Client;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly signal?: AbortSignal;
  /** In place of the machine's: tests in one process. */
  readonly ledger?: LedgerStore;
  /** Makes the fingerprints of a state from its salt; the slow derivation of `shell/state.ts` unless told. */
  readonly fingerprints?: typeof createFingerprint;
};

/**
 * @param command for people: who spends the calls
 * @throws EngineError ENDPOINT_WRONG, CREDENTIALS_*, OPTION_WRONG
 */
export const openSession = (invocation: Invocation, config: WorkspaceConfig, ports: EnginePorts, command: string) => {
  const clock = ports.clock ?? systemClock;
  const random = ports.random ?? (() => randomInt(2 ** 32) / 2 ** 32);
  const { environment, budget } = config;
  const endpoint = endpointOf(environment.connection, invocation, ports.connection);
  const credentials = ports.connection ?? credentialsOf(invocation, ports.client !== undefined);
  const tenant = sure(ports.connection?.tenant ?? environment.tenant, 'tenant of an environment with an endpoint');
  const quotas = quotasOf(environment.edition, budget.quotas);
  const place = { deployment: ledgerPlace(endpoint, ports.connection), tenant };
  const ledger = openLedgerOf(invocation, config, { ...ports, clock }, place, command);
  const pacer = createPacer({ quotas, share: budget.share, clock, random, ledger });
  /** Aborted at the end: what still waits beside a read that failed is not sent after it. */
  const over = new AbortController();
  const client = ports.client ?? networkClient(invocation, environment.connection, endpoint, tenant, credentials, clock);
  return {
    clock,
    random,
    tenant,
    quotas,
    ledger,
    endpoint,
    client,
    deployment: endpoint.deployment,
    caller: ports.connection?.caller ?? environment.connection.caller,
    keyId: credentials.accessKeyId,
    pacer,
    fingerprints: (salt: string) => fingerprintsOf(salt, invocation.env['PHINFRA_STATE_KEY'], ports.fingerprints),
    secrets: secretSource(resolvePath(invocation.folder), invocation.env, config.secrets),
    /** Aborted when the session is closed, or when the given signal is. */
    until: (signal?: AbortSignal): AbortSignal => (signal ? AbortSignal.any([signal, over.signal]) : over.signal),
    /** Aborted when the session is closed, or GRACE_MS after the given signal: what was under way has had its time. */
    untilGrace: (signal?: AbortSignal): AbortSignal =>
      signal ? AbortSignal.any([afterGrace(signal, clock, over.signal), over.signal]) : over.signal,
    close: async (): Promise<void> => {
      over.abort(new Error('the command is over'));
      client.close();
      await ledger.close();
    },
  };
};

/**
 * The ledger of one tenant, as this workspace's runs use it. An apply whose calls cannot be counted where others count theirs
 * is refused; what only reads goes on by itself.
 *
 * @throws EngineError SECRET_UNSET, OPTION_WRONG of a CA file
 */
export const openLedgerOf = (
  invocation: Invocation,
  config: WorkspaceConfig,
  { ledger, clock = systemClock }: Pick<EnginePorts, 'ledger' | 'clock'>,
  place: { readonly deployment: string; readonly tenant: string },
  command: string,
) => {
  const { environment, budget, timezone } = config;
  return openLedger({
    store: ledger ?? ledgerStoreOf(invocation, config, clock, place),
    isRequired: budget.ledger.store === 'redis' && command === 'apply',
    holder: `${hostname()}:${recordFolder(invocation, config)}`,
    by: spenderOf(config, command),
    timezone,
    quotas: quotasOf(environment.edition, budget.quotas),
    reserve: budget.reserve,
    review: budget.review,
    clock,
  });
};

/** For people: who spends calls. */
export const spenderOf = ({ environment, name }: WorkspaceConfig, command: string): string =>
  `${command} ${environment.name} of ${name} on ${hostname()}`;

const ledgerStoreOf = (
  invocation: Invocation,
  { environment, budget }: WorkspaceConfig,
  clock: Clock,
  place: { readonly deployment: string; readonly tenant: string },
): LedgerStore => {
  const named = budget.ledger;
  const state = join(invocation.env['XDG_STATE_HOME'] || join(invocation.home, '.local', 'state'), 'phinfra');
  if (named.store !== 'redis') return fileLedger({ folder: state, ...place });
  return redisLedger({
    ...named,
    ...place,
    clock,
    username: named.user?.name ?? null,
    password: named.user === null ? null : ledgerPasswordIn(invocation.env, named.user.variable),
    ca: certificatesOf(invocation, environment.connection),
  });
};

const ledgerPasswordIn = (env: Invocation['env'], variable: string): string => {
  const value = ledgerPassword(variable, Object.hasOwn(env, variable) ? env[variable] : undefined);
  if (value) return value;
  throw new EngineError(
    'SECRET_UNSET',
    `The environment variable "${variable}" of budget.ledger.password is not set.`,
    `Set ${variable} where phinfra runs.`,
  );
};

/** An interrupted run ends within 6 s: CI systems end it by force soon after, 7.5 s is the shortest known (RELIABILITY 6.5). */
const GRACE_MS = 4_500;

/** @param over aborted when nobody waits any more */
const afterGrace = (signal: AbortSignal, clock: Clock, over: AbortSignal): AbortSignal => {
  const grace = new AbortController();
  const begin = (): void => {
    clock.sleep(GRACE_MS, over).then(
      () => grace.abort(),
      // The command was over before.
      () => undefined,
    );
  };
  if (signal.aborted) begin();
  else signal.addEventListener('abort', begin, { once: true });
  return grace.signal;
};

/** Whose calls are counted together (DESIGN 7): on loopback by port, or by the file of an emulator that starts anew each time. */
export const ledgerPlace = (endpoint: Endpoint, override: ConnectionOverride | undefined): string => {
  if (override?.dataFile !== undefined) return `emulator:${override.dataFile}`;
  return endpoint.isLoopback ? `loopback:${endpoint.port}` : endpoint.deployment;
};

/** The derivation is slow by design: a plan and the apply after it share the one of their state. */
const derived = new Map<string, ReturnType<typeof createFingerprint>>();
export const fingerprintsOf = (
  salt: string,
  stateKey: string | undefined,
  make: typeof createFingerprint = createFingerprint,
) => {
  const name = JSON.stringify([salt, stateKey ?? null]);
  const known = derived.get(name) ?? make(salt, stateKey);
  derived.clear();
  derived.set(name, known);
  return known;
};

export type Session = ReturnType<typeof openSession>;

export const endpointOf = (
  connection: ConnectionConfig,
  invocation: Invocation,
  override: ConnectionOverride | undefined,
): Endpoint => {
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
  return createClient({
    endpoint,
    tenant,
    credentials: { accessKeyId: credentials.accessKeyId, accessKeySecret: credentials.accessKeySecret },
    clock,
    signature: connection.signature,
    parameters: connection.parameters,
    proxy: proxyOf(invocation),
    ca: certificatesOf(invocation, connection),
  });
};

/** Where and as whom a plan is made. */
export const headOf = (
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
  ...commitIn(invocation.env),
  destroy,
});

/** The commit that the files are of, where CI tells it. */
export const commitIn = (env: Invocation['env']): Pick<PlanHead, 'commit'> => {
  const { commit } = startedIn(env);
  return commit === null ? {} : { commit };
};

/** The fingerprint of a value whose sources are all set here; null otherwise, empty before there is a record. */
export const fingerprintPort = ({ secrets, fingerprints }: Pick<Session, 'secrets' | 'fingerprints'>, state: State | null) => {
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
