/** `state forget` and `state move`: the record alone is changed, through the journal, and no call is made (DESIGN 4, 6). */
import { randomUUID } from 'node:crypto';
import type { AuditChange } from '../core/audit.ts';
import { CODES, type Diagnostic } from '../core/diagnostic.ts';
import type { RecordUpdate } from '../core/fold.ts';
import { mainId } from '../core/ids.ts';
import { canonical } from '../core/json.ts';
import type { Address, State } from '../core/model.ts';
import type { Clock, Json } from '../core/ports.ts';
import { type EditedResource, type EditRefusal, forgetIn, moveIn, type RecordEdit } from '../core/record-edits.ts';
import type { WorkspaceConfig } from '../core/workspace.ts';
import { auditEdit } from './audit.ts';
import { systemClock } from './clock.ts';
import { diagnosticOf, exitOf, exitOfErrors, recordFolder, SHAPES } from './offline.ts';
import { type StorePorts, storeOf } from './open-store.ts';
import { sha256 } from './sign.ts';
import { checkIdentity, openRecord, readRecord } from './state.ts';
import { type Store, withLock } from './store.ts';
import { type Invocation, loadWorkspace } from './workspace.ts';

export type ForgetOptions = {
  /** Addresses of the record, or globs over them. */
  readonly resources: readonly string[];
  /** Says what would leave; takes no lock and writes nothing. */
  readonly dryRun?: boolean;
};
export type MoveOptions = { readonly from: Address; readonly to: Address; readonly dryRun?: boolean };
export type StateEditResult = {
  readonly exit: number;
  readonly diagnostics: readonly Diagnostic[];
  readonly config: WorkspaceConfig | null;
  /** The record's tenant; null: there is no record. */
  readonly tenant: string | null;
  /** What is concerned, as it was recorded. */
  readonly resources: readonly EditedResource[];
};
export type StateEditPorts = StorePorts;

/**
 * Takes resources out of the record; what is live stays as it is. All of them or none.
 *
 * @returns diagnostics OPTION_WRONG, LOCKED and what the record may say; exit 0 where there is none
 */
export const forget = (
  invocation: Invocation,
  { resources, dryRun = false }: ForgetOptions,
  ports: StateEditPorts = {},
): Promise<StateEditResult> =>
  editRecord(invocation, { command: 'state forget', dryRun, edit: (state) => forgetIn(state, resources) }, ports);

/**
 * Gives what is recorded another address of its kind.
 *
 * @returns diagnostics OPTION_WRONG, LOCKED and what the record may say; exit 0 where there is none
 */
export const move = (
  invocation: Invocation,
  { from, to, dryRun = false }: MoveOptions,
  ports: StateEditPorts = {},
): Promise<StateEditResult> =>
  editRecord(invocation, { command: 'state move', dryRun, edit: (state) => moveIn(state, from, to) }, ports);

type Edit = {
  readonly command: string;
  readonly dryRun: boolean;
  readonly edit: (state: State | null) => RecordEdit | EditRefusal;
};

const editRecord = async (invocation: Invocation, edit: Edit, ports: StateEditPorts): Promise<StateEditResult> => {
  const { config, diagnostics } = await loadWorkspace(invocation, SHAPES, { configOnly: true });
  const none = { config, tenant: null, resources: [] };
  if (config === null || exitOf(diagnostics) !== 0) return { ...none, exit: exitOfErrors(diagnostics), diagnostics };
  const clock = ports.clock ?? systemClock;
  try {
    const store = storeOf(invocation, config, ports);
    const work = (): Promise<StateEditResult> => editIn(invocation, config, store, edit, clock);
    // Where nothing was ever recorded the lock would make the folder: there is nothing to hold it for.
    if (edit.dryRun || (await readRecord(store)).state === null) return await work();
    return await withLock(store, { command: edit.command, since: timeOf(clock) }, work);
  } catch (error) {
    const told = diagnosticOf(error);
    return { ...none, exit: CODES[told.code], diagnostics: [...diagnostics, told] };
  }
};

const editIn = async (
  invocation: Invocation,
  config: WorkspaceConfig,
  store: Store,
  edit: Edit,
  clock: Clock,
): Promise<StateEditResult> => {
  const { state } = await readRecord(store);
  const { tenant, connection } = config.environment;
  // An emulator's tenant is the emulator's to tell: nothing is connected here.
  if (state && tenant !== null && !connection.emulator) checkIdentity(state, { tenant, deployment: state.deployment });
  const made = edit.edit(state);
  const head = { config, tenant: state?.tenant ?? null };
  if ('problems' in made) return { ...head, exit: exitOf(made.problems), diagnostics: made.problems, resources: [] };
  if (state && !edit.dryRun) {
    const { env } = invocation;
    await write(store, recordFolder(invocation, config), state, made, {
      command: edit.command,
      caller: connection.caller,
      clock,
      env,
    });
  }
  return { ...head, exit: 0, diagnostics: [], resources: made.resources };
};

type Run = {
  readonly command: string;
  readonly caller: string | null;
  readonly clock: Clock;
  readonly env: Invocation['env'];
};

/** One append, one compaction. What an interrupted apply left in doubt is looked at by the next plan, which reads what is live. */
const write = async (
  store: Store,
  folder: string,
  state: State,
  { update, settled = {} }: Pick<RecordEdit, 'update' | 'settled'>,
  { command, caller, clock, env }: Run,
): Promise<void> => {
  const record = await openRecord(store, state);
  const run = randomUUID();
  const at = timeOf(clock);
  const changesDigest = sha256(canonical({ ...update, ...settled } as unknown as Json));
  try {
    const { environment, tenant, deployment } = state;
    await auditEdit(
      folder,
      env,
      { run, at, command, environment, tenant, deployment, caller, changesDigest },
      editLines(run, at, state, update, settled),
    );
    await record.append(
      {
        type: 'run',
        run,
        command,
        changesDigest,
        caller,
        at,
      },
      ...Object.entries(update).map(([address, resource]) => ({ type: 'record', run, address, resource }) as const),
      ...Object.entries(settled).map(([address, pointers]) => ({ type: 'settled', run, address, pointers }) as const),
      { type: 'end', run, exit: 0, at },
    );
    await record.compact();
  } finally {
    await record.close();
  }
};

/** One line for each address that leaves, that has another name from now on, or of which it is forgotten that it waits. */
const editLines = (
  run: string,
  at: string,
  state: State,
  update: RecordUpdate,
  settled: NonNullable<RecordEdit['settled']>,
): readonly AuditChange[] => {
  const told = { type: 'change', run, at, outcome: 'applied', cause: null, steps: [] } as const;
  const come = Object.entries(update).flatMap(([address, resource]) => (resource ? [{ address, id: mainId(resource.ids) }] : []));
  const unasked = Object.entries(settled).map(
    ([address, pointers]): AuditChange => ({
      ...told,
      address,
      action: 'forget',
      ids: state.asked?.[address]?.resource.ids ?? null,
      fields: pointers.map((pointer) => ({ pointer, reason: 'later' })),
    }),
  );
  const left = Object.keys(update)
    .filter((address) => update[address] === null)
    .map((address): AuditChange => {
      const ids = state.resources[address]?.ids ?? null;
      const to = ids && come.find(({ id }) => id === mainId(ids))?.address;
      return {
        ...told,
        address: to ?? address,
        action: to ? 'move' : 'forget',
        ids,
        ...(to ? { renamedFrom: address } : {}),
        fields: [],
      };
    });
  return [...unasked, ...left];
};

const timeOf = (clock: Clock): string => new Date(clock.wallMs()).toISOString();
