/** A plan from a snapshot: no call, no key (DESIGN 4: --from). */
import { readFile } from 'node:fs/promises';
import { join, resolve as resolvePath } from 'node:path';
import { NO_CALLS } from '../core/bill.ts';
import { byPlace, CODES, type Diagnostic, EngineError } from '../core/diagnostic.ts';
import type { Calls, State } from '../core/model.ts';
import { dayOf, quotasOf } from '../core/quota.ts';
import { ageText, readSnapshot, type Snapshot } from '../core/snapshot.ts';
import type { WorkspaceConfig } from '../core/workspace.ts';
import { KINDS, LOOK_UPS } from '../kinds/index.ts';
import { systemClock } from './clock.ts';
import type { LedgerPort } from './ledger.ts';
import { diagnosticOf, exitOf, exitOfErrors, loadAndResolve, recordFolder } from './offline.ts';
import type { PlanOptions, PlanResult } from './online.ts';
import { storeOf } from './open-store.ts';
import { makePlan } from './planner.ts';
import { createReader } from './reader.ts';
import { secretSource } from './secrets.ts';
import { wholeOf } from './see-live.ts';
import { selectFrom } from './select.ts';
import { commitIn, type EnginePorts, endpointOf, fingerprintPort, fingerprintsOf, ledgerPlace, openLedgerOf } from './session.ts';
import { joinRecord } from './share-calls.ts';
import { sha256 } from './sign.ts';
import { LATEST } from './snapshot.ts';
import { replayed } from './snapshot-answers.ts';
import { checkIdentity, readRecord } from './state.ts';
import type { Invocation } from './workspace.ts';

/** The snapshot of a file, or the last one beside the record. */
const findSnapshot = async (invocation: Invocation, config: WorkspaceConfig, from: string): Promise<Snapshot> => {
  const isLatest = from === 'latest';
  const path = isLatest ? join(recordFolder(invocation, config), LATEST) : resolvePath(invocation.folder, from);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const code = String((error as NodeJS.ErrnoException).code);
    throw new EngineError(
      'SNAPSHOT_UNREADABLE',
      isLatest && code === 'ENOENT'
        ? 'There is no snapshot beside the record.'
        : `The snapshot "${isLatest ? LATEST : from}" cannot be read: ${code}.`,
      'Make one: phinfra snapshot -o FILE.',
    );
  }
  const read = readSnapshot(text);
  if ('problem' in read) throw new EngineError(read.problem.code, read.problem.message, read.problem.hint);
  return read.snapshot;
};

/** `reads`: the calls that the same plan would have made live. */
export type PlanFromResult = PlanResult & { readonly reads?: Calls };

/**
 * Plans from a snapshot instead of the live tenant. Asks nobody anything.
 *
 * @returns diagnostics SNAPSHOT_UNREADABLE, SNAPSHOT_FORMAT, SNAPSHOT_LACKS, TENANT_WRONG where it is another tenant's,
 * and what a plan may say
 */
export const planFrom = async (
  invocation: Invocation,
  from: string,
  options: PlanOptions = {},
  ports: EnginePorts = {},
): Promise<PlanFromResult> => {
  const clock = ports.clock ?? systemClock;
  const first = await loadAndResolve(invocation, clock, ports.connection);
  const config = first.loaded?.config ?? null;
  if (config === null || exitOf(first.diagnostics) !== 0)
    return { exit: exitOfErrors(first.diagnostics), diagnostics: first.diagnostics, plan: null, config };
  let ledger: LedgerPort | null = null;
  try {
    const snapshot = await findSnapshot(invocation, config, from);
    const place = placeOf(invocation, config, snapshot, ports);
    const caller = config.environment.connection.caller ?? snapshot.caller;
    // An emulator's tenant and caller are known to the snapshot alone.
    const again = { tenant: place.tenant, caller: caller ?? '' };
    const { resolved, diagnostics } = config.environment.tenant === null ? await loadAndResolve(invocation, clock, again) : first;
    if (!resolved || exitOf(diagnostics) !== 0) return { exit: exitOfErrors(diagnostics), diagnostics, plan: null, config };
    const store = storeOf(invocation, config, ports);
    const { state } = await readRecord(store);
    if (state) checkIdentity(state, place);
    const quotas = quotasOf(config.environment.edition, config.budget.quotas);
    const { timezone } = config;
    ledger = openLedgerOf(invocation, config, ports, { deployment: place.ledger, tenant: place.tenant }, 'plan');
    joinRecord(store, config, ledger);
    const reader = createReader({
      client: NO_CLIENT,
      pacer: NO_PACER,
      clock,
      random: () => 0,
      answers: replayed(snapshot.reads),
    });
    const head = {
      workspace: config.name,
      environment: config.environment.name,
      tenant: place.tenant,
      endpoint: place.endpoint,
      deployment: place.deployment,
      region: config.environment.connection.region,
      edition: config.environment.edition ?? 'unknown',
      caller,
      key: snapshot.key,
      day: invocation.now ?? dayOf(clock.wallMs(), timezone),
      timezone,
      record: state ? { lineage: state.lineage, serial: state.serial } : null,
      ...commitIn(invocation.env),
      destroy: options.destroy ?? false,
    };
    const select = await selectFrom(wholeOf({ head, resolved, state }), { config, desired: resolved.desired }, options, {
      invocation,
      clock,
      ...(config.environment.tenant === null ? { connection: again } : {}),
    });
    if (select.diagnostics.length > 0)
      return { exit: exitOf(select.diagnostics), diagnostics: [...diagnostics, ...select.diagnostics], plan: null, config };
    const made = await makePlan({
      config,
      kinds: KINDS,
      lookUps: LOOK_UPS,
      resolved,
      state,
      reader: { ...reader, spent: () => NO_CALLS, minimum: () => NO_CALLS },
      ports: {
        hash: sha256,
        fingerprint: fingerprintPort(
          {
            secrets: secretSource(resolvePath(invocation.folder), invocation.env, config.secrets),
            fingerprints: (salt) => fingerprintsOf(salt, invocation.env['PHINFRA_STATE_KEY'], ports.fingerprints),
          },
          state,
        ),
      },
      head,
      ...(select.chosen ? { chosen: select.chosen } : {}),
      quotas,
      usedToday: ledger.used,
      now: () => snapshot.madeAt,
      // It shows what it shows: no waiting makes it show more.
      pause: async () => undefined,
      pushSecrets: options.pushSecrets ?? [],
      warnings: [...diagnostics, ...behind(snapshot, state)],
      snapshot: `of ${snapshot.madeAt}, ${ageText(clock.wallMs() - Date.parse(snapshot.madeAt))}`,
    });
    const all = [...made.diagnostics, ...ledger.warnings()].sort(byPlace);
    return { exit: made.plan ? 0 : exitOfErrors(all), diagnostics: all, plan: made.plan, config, reads: reader.minimum() };
  } catch (error) {
    const told = diagnosticOf(error);
    return { exit: CODES[told.code], diagnostics: [...first.diagnostics, told], plan: null, config };
  } finally {
    await ledger?.close();
  }
};

const unasked = (): never => {
  throw new EngineError('INTERNAL', 'A plan from a snapshot asks nobody.');
};
const NO_CLIENT = { call: unasked, close: () => undefined };
const NO_PACER = { pass: unasked, throttled: unasked, accepted: unasked, unanswered: unasked, over: unasked };

/** @throws EngineError TENANT_WRONG where the snapshot is of another tenant, deployment or environment */
const placeOf = (invocation: Invocation, config: WorkspaceConfig, snapshot: Snapshot, ports: EnginePorts) => {
  const { name, tenant, connection } = config.environment;
  const isOwn = connection.emulator !== null || ports.connection !== undefined;
  const endpoint = isOwn ? null : endpointOf(connection, invocation, undefined);
  const deployment = endpoint?.deployment ?? 'loopback';
  for (const [what, was, is] of [
    ['environment', snapshot.environment, name],
    ['tenant', snapshot.tenant, tenant ?? snapshot.tenant],
    ['deployment', snapshot.deployment, deployment],
  ] as const)
    if (was !== is)
      throw new EngineError(
        'TENANT_WRONG',
        `The snapshot is of ${what} ${was}; this is ${what} ${is}.`,
        'Plan with the same --env and connection, or make a snapshot of this one.',
      );
  return {
    tenant: snapshot.tenant,
    deployment,
    endpoint: endpoint?.origin ?? snapshot.endpoint,
    ledger: endpoint ? ledgerPlace(endpoint, undefined) : 'emulator',
  };
};

const behind = (snapshot: Snapshot, state: State | null): readonly Diagnostic[] =>
  (snapshot.record?.serial ?? null) === (state?.serial ?? null) && (snapshot.record?.lineage ?? null) === (state?.lineage ?? null)
    ? []
    : [
        {
          code: 'SNAPSHOT_BEHIND',
          severity: 'warning',
          message: 'The record was written after the snapshot was made: what was applied since then shows as it was before.',
          hint: 'Make a new one with phinfra snapshot, or plan without --from.',
        },
      ];
