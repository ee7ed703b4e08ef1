/** The live tenant as a file, redacted (DESIGN 4: snapshot); plan-from.ts plans from it. */
import { mkdir } from 'node:fs/promises';
import { join, resolve as resolvePath } from 'node:path';
import { addCalls } from '../core/bill.ts';
import { byPlace, CODES, type Diagnostic, EngineError } from '../core/diagnostic.ts';
import { canonical } from '../core/json.ts';
import type { Kind } from '../core/kind.ts';
import type { Calls, Coverage, State } from '../core/model.ts';
import { EDITION_RANK, type Resolved } from '../core/resolve.ts';
import type { Snapshot, SnapshotRead } from '../core/snapshot.ts';
import { redactRead } from '../core/snapshot-redact.ts';
import type { WorkspaceConfig } from '../core/workspace.ts';
import { KINDS, LOOK_UPS } from '../kinds/index.ts';
import { readOnlyClient } from './client.ts';
import { systemClock } from './clock.ts';
import { writeDurably } from './durable.ts';
import { untilCaughtUp } from './execute.ts';
import { diagnosticOf, exitOf, exitOfErrors, loadAndResolve, recordFolder } from './offline.ts';
import { storeOf } from './open-store.ts';
import { makePlan, proveTenant } from './planner.ts';
import { createReader, type Reader } from './reader.ts';
import { type EnginePorts, fingerprintPort, headOf, openSession } from './session.ts';
import { readShared } from './share-calls.ts';
import { sha256 } from './sign.ts';
import { recorded } from './snapshot-answers.ts';
import { checkIdentity } from './state.ts';
import type { Invocation } from './workspace.ts';

/** Beside the record: what `--from latest` reads. */
export const LATEST = 'snapshot.json';

export type SnapshotOptions = {
  /** Where it is written beside the last one; relative to the workspace. */
  readonly out?: string;
};
export type SnapshotResult = {
  readonly exit: number;
  readonly diagnostics: readonly Diagnostic[];
  readonly snapshot: Snapshot | null;
  readonly config: WorkspaceConfig | null;
};

/**
 * Reads the whole tenant: every list that the edition has, and of what is declared or recorded every single read that a plan
 * could want. Sends reads only.
 *
 * @returns the snapshot, written to `out` and beside the record; diagnostics as a plan has them; OPTION_WRONG
 * where `out` cannot be written, JOURNAL_WRITE where the folder of the record takes no file
 */
export const takeSnapshot = async (
  invocation: Invocation,
  options: SnapshotOptions = {},
  ports: EnginePorts = {},
): Promise<SnapshotResult> => {
  const clock = ports.clock ?? systemClock;
  const { resolved, loaded, diagnostics } = await loadAndResolve(invocation, clock, ports.connection);
  const config = loaded?.config ?? null;
  if (!resolved || config === null || exitOf(diagnostics) !== 0)
    return { exit: exitOfErrors(diagnostics), diagnostics, snapshot: null, config };
  try {
    const session = openSession(invocation, config, ports, 'snapshot');
    try {
      const folder = recordFolder(invocation, config);
      const { state } = await readShared(storeOf(invocation, config, ports), config, session.ledger);
      if (state) checkIdentity(state, session);
      const madeAt = new Date(clock.wallMs()).toISOString();
      const client = readOnlyClient(session.client);
      const lists = recorded();
      const listReader = createReader({ ...session, client, signal: session.until(ports.signal), answers: lists });
      await proveTenant(listReader, session.tenant);
      const coverage = await readEverything(listReader, config, resolved);
      // What the lists have told is not asked again.
      const answers = recorded(lists.reads());
      const reader = createReader({ ...session, client, signal: session.until(ports.signal), answers });
      const head = headOf(invocation, config, session, state, clock, false);
      const made = await makePlan({
        config,
        kinds: KINDS,
        lookUps: LOOK_UPS,
        resolved,
        state,
        reader,
        ports: { hash: sha256, fingerprint: fingerprintPort(session, state) },
        head,
        quotas: session.quotas,
        usedToday: session.ledger.used,
        now: () => madeAt,
        pause: () => untilCaughtUp(state, clock, ports.signal),
        pushSecrets: [],
        warnings: [],
        isWide: true,
      });
      const snapshot = snapshotOf({
        head: { ...head, madeAt },
        coverage,
        spent: addCalls(listReader.spent(), reader.spent()),
        reads: redacted(answers.reads(), resolved, state),
      });
      const text = `${JSON.stringify(snapshot, null, 1)}\n`;
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeDurably(join(folder, LATEST), text);
      if (options.out !== undefined) await writeOut(resolvePath(invocation.folder, options.out), options.out, text);
      const unsure: readonly Diagnostic[] = made.plan
        ? []
        : made.diagnostics.filter((one) => one.severity === 'error').map((one) => ({ ...one, severity: 'warning' as const }));
      const all = [...diagnostics, ...unsure, ...session.ledger.warnings()].sort(byPlace);
      return { exit: 0, diagnostics: all, snapshot, config };
    } finally {
      await session.close();
    }
  } catch (error) {
    const told = diagnosticOf(error);
    return { exit: CODES[told.code], diagnostics: [...diagnostics, told], snapshot: null, config };
  }
};

const writeOut = async (path: string, out: string, text: string): Promise<void> => {
  try {
    await writeDurably(path, text);
  } catch (error) {
    const { message } = diagnosticOf(error);
    throw new EngineError(
      'OPTION_WRONG',
      `The snapshot cannot be written to "${out}". ${message}`,
      'Name another file with -o; the same snapshot is kept beside the record: --from latest.',
    );
  }
};

/** Reads as a file may hold them. */
export const redacted = (reads: readonly SnapshotRead[], resolved: Resolved, state: State | null): readonly SnapshotRead[] => {
  const context = { desired: resolved.desired, recorded: state?.resources ?? {}, hash: sha256 };
  return reads.map((read) => redactRead(read, KINDS, context));
};

const snapshotOf = (parts: {
  readonly head: Pick<Snapshot, Exclude<keyof Snapshot, 'format' | 'coverage' | 'spent' | 'reads'>>;
  readonly coverage: readonly Coverage[];
  readonly spent: Calls;
  readonly reads: readonly SnapshotRead[];
}): Snapshot => {
  const { workspace, environment, tenant, endpoint, deployment, edition, caller, key, madeAt, record } = parts.head;
  return {
    format: 'phinfra.snapshot/1',
    workspace,
    environment,
    tenant,
    endpoint,
    deployment,
    edition,
    caller,
    key,
    madeAt,
    record,
    coverage: parts.coverage,
    spent: parts.spent,
    reads: parts.reads,
  };
};

/** The lists of every kind and of what kinds name; what the caller may not read of what nobody declares is told, not an error. */
const readEverything = async (reader: Reader, config: WorkspaceConfig, resolved: Resolved): Promise<readonly Coverage[]> => {
  const { edition } = config.environment;
  const declared = new Set(resolved.desired.map((one) => one.kind));
  const made = new Map<string, ReturnType<Reader['list']>>();
  const read = async (list: NonNullable<Kind['list']>): Promise<boolean> => {
    const name = `${list.operation} ${canonical(list.request)}`;
    const there = made.get(name) ?? reader.list(list, list.request);
    made.set(name, there);
    return (await there).isComplete;
  };
  const coverage = await Promise.all(
    KINDS.map(async (kind): Promise<Coverage> => {
      if (edition !== null && EDITION_RANK[edition] < EDITION_RANK[kind.edition])
        return { kind: kind.collection, status: 'not read', note: `the ${edition} edition has none` };
      if (!kind.list)
        return declared.has(kind.collection)
          ? { kind: kind.collection, status: 'live', note: 'of what is declared or recorded' }
          : { kind: kind.collection, status: 'not read', note: 'it is read by what is declared, and nothing of it is' };
      try {
        const isWhole = await read(kind.list);
        return isWhole
          ? { kind: kind.collection, status: 'live' }
          : { kind: kind.collection, status: 'incomplete', note: 'a list changed while it was read, twice' };
      } catch (error) {
        const { code, message } = diagnosticOf(error);
        if (declared.has(kind.collection) || (code !== 'PERMISSION_DENIED' && code !== 'ANSWER_WRONG')) throw error;
        return { kind: kind.collection, status: 'not read', note: message };
      }
    }),
  );
  if (edition === null || EDITION_RANK[edition] >= EDITION_RANK.basic)
    for (const { list } of LOOK_UPS)
      await read(list).catch((error: unknown) => {
        const { code } = diagnosticOf(error);
        if (code !== 'PERMISSION_DENIED' && code !== 'ANSWER_WRONG') throw error;
      });
  return coverage;
};
