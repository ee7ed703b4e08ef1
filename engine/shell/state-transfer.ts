/** `state pull`, `state push`: the record as one document, from its place and back to one (DESIGN 4, 6). */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { CODES, type Diagnostic, EngineError } from '../core/diagnostic.ts';
import { foldJournal, type Intent } from '../core/fold.ts';
import { canonical } from '../core/json.ts';
import type { State } from '../core/model.ts';
import type { Json } from '../core/ports.ts';
import type { WorkspaceConfig } from '../core/workspace.ts';
import { auditEdit } from './audit.ts';
import { systemClock } from './clock.ts';
import { genesisOf, journalOf, parseJournal } from './journal.ts';
import { diagnosticOf, exitOf, exitOfErrors, recordFolder, SHAPES } from './offline.ts';
import { type StorePorts, storeOf } from './open-store.ts';
import { recordOf, textOfRecord } from './remote-record.ts';
import { endpointOf } from './session.ts';
import { sha256 } from './sign.ts';
import { checkIdentity, continues, openIn, type ReadRecord, readRecord } from './state.ts';
import { type Store, withLock } from './store.ts';
import { type Invocation, loadWorkspace } from './workspace.ts';

export type TransferResult = {
  readonly exit: number;
  readonly diagnostics: readonly Diagnostic[];
  readonly config: WorkspaceConfig | null;
  /** The record that was read, or that is to be written; null: there is none. */
  readonly state: State | null;
  /** Calls that were begun and whose end nobody knows. */
  readonly open: number;
  /** Where the record is. */
  readonly place: string;
};
export type PullResult = TransferResult & {
  /** The document; null: there is no record. */
  readonly text: string | null;
};
/** `before`: the serial that was there; null: there was no record. */
export type PushResult = TransferResult & { readonly before: number | null; readonly isPushed: boolean };
export type PushOptions = { readonly file: string; readonly dryRun?: boolean };

/**
 * The record as it is, the journal folded in and what is open in it: a copy for keeping, or for another place.
 *
 * @returns diagnostics of the workspace, the place and the record
 */
export const pull = async (invocation: Invocation, ports: StorePorts = {}): Promise<PullResult> => {
  const { config, diagnostics } = await loadWorkspace(invocation, SHAPES, { configOnly: true });
  const none = { config, state: null, open: 0, place: '', text: null };
  if (config === null || exitOf(diagnostics) !== 0) return { ...none, exit: exitOfErrors(diagnostics), diagnostics };
  try {
    const store = storeOf(invocation, config, ports);
    const read = await readRecord(store);
    const { state, open } = read;
    return { exit: 0, diagnostics, config, state, open: open.length, place: store.name, text: documentOf(read) };
  } catch (error) {
    const told = diagnosticOf(error);
    return { ...none, exit: CODES[told.code], diagnostics: [...diagnostics, told] };
  }
};

const documentOf = ({ state, open }: ReadRecord): string | null =>
  state && textOfRecord({ serial: state.serial, state, journal: journalOf(genesisOf(state.lineage, state.serial), open).text });

/**
 * Puts a pulled record in its place, under the lock. Refused where it is of another tenant or lineage, or not newer than what
 * is there; the same record again is no change. What is open in either is open in the end.
 *
 * @returns diagnostics OPTION_WRONG, STATE_TENANT (exit 4), STATE_STALE (exit 9), LOCKED, and what the record may say
 */
export const push = async (invocation: Invocation, options: PushOptions, ports: StorePorts = {}): Promise<PushResult> => {
  const { config, diagnostics } = await loadWorkspace(invocation, SHAPES, { configOnly: true });
  const none = { config, state: null, open: 0, place: '', before: null, isPushed: false };
  if (config === null || exitOf(diagnostics) !== 0) return { ...none, exit: exitOfErrors(diagnostics), diagnostics };
  const since = new Date((ports.clock ?? systemClock).wallMs()).toISOString();
  try {
    const given = await readGiven(options.file);
    checkPlace(given.state, invocation, config);
    const store = storeOf(invocation, config, ports);
    const work = (): Promise<PushResult> =>
      pushInto(store, given, { invocation, config, dryRun: options.dryRun ?? false, since });
    return options.dryRun ? await work() : await withLock(store, { command: 'state push', since }, work);
  } catch (error) {
    const told = diagnosticOf(error);
    return { ...none, exit: CODES[told.code], diagnostics: [...diagnostics, told] };
  }
};

type Given = { readonly state: State; readonly open: readonly Intent[] };

const readGiven = async (file: string): Promise<Given> => {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new EngineError(
      'OPTION_WRONG',
      `The file of the record cannot be read: ${file}: ${(error as NodeJS.ErrnoException).code ?? 'unknown'}.`,
      'phinfra state pull prints one.',
    );
  }
  const { state, journal } = recordOf(text, file);
  const read = parseJournal(journal, file);
  if (read.genesis !== null && !continues(read, state))
    throw new EngineError('JOURNAL_DAMAGED', `The journal in ${file} does not continue its state.`, 'Pull the record again.');
  return { state: foldJournal(state, read.events).state, open: openIn(state, read) };
};

/** The record of another tenant or deployment is never put in the place of ours. */
const checkPlace = (state: State, invocation: Invocation, { environment }: WorkspaceConfig): void => {
  const { tenant, connection } = environment;
  // An emulator's tenant is the emulator's to tell: nothing is connected here.
  if (tenant === null || connection.emulator) return;
  checkIdentity(state, { tenant, deployment: endpointOf(connection, invocation, undefined).deployment });
};

type Push = {
  readonly invocation: Invocation;
  readonly config: WorkspaceConfig;
  readonly dryRun: boolean;
  readonly since: string;
};

const pushInto = async (store: Store, given: Given, { invocation, config, dryRun, since }: Push): Promise<PushResult> => {
  const there = await readRecord(store);
  checkOrder(there.state, given.state);
  const steps = new Set(given.open.map(({ step }) => step));
  const open = [...given.open, ...there.open.filter(({ step }) => !steps.has(step))];
  const isSame = there.state !== null && same(there.state, given.state) && open.length === there.open.length;
  const isPushed = !dryRun && !isSame;
  const { state } = given;
  if (isPushed) {
    const { environment, tenant, deployment } = state;
    const run = { run: randomUUID(), at: since, command: 'state push', environment, tenant, deployment };
    const changesDigest = sha256(canonical(state as unknown as Json));
    await store.prepare();
    await auditEdit(
      recordFolder(invocation, config),
      invocation.env,
      { ...run, caller: config.environment.connection.caller, changesDigest },
      [],
    );
    await store.put(state, open, { isNewState: true });
  }
  const before = there.state?.serial ?? null;
  return { exit: 0, diagnostics: [], config, state, open: open.length, place: store.name, before, isPushed };
};

const same = (a: State, b: State): boolean => canonical(a as unknown as Json) === canonical(b as unknown as Json);

/** @throws EngineError STATE_STALE */
const checkOrder = (there: State | null, given: State): void => {
  if (there === null || same(there, given)) return;
  const stale = (message: string, hint: string): EngineError => new EngineError('STATE_STALE', message, hint);
  if (there.environment !== given.environment || there.tenant !== given.tenant || there.deployment !== given.deployment)
    throw new EngineError(
      'STATE_TENANT',
      `The given record is of ${given.environment}, tenant ${given.tenant}, and the one in place of ${there.environment}, tenant ${there.tenant}.`,
      'Give the record that was pulled from this environment.',
    );
  if (there.lineage !== given.lineage)
    throw stale(
      'The given record did not come from the one in place: their lineages differ.',
      'Where the one in place is not wanted any more, move it aside by hand and push then.',
    );
  if (given.serial <= there.serial)
    throw stale(
      `The given record has the serial ${given.serial}, and the one in place ${there.serial}.`,
      'What is in place is newer. Pull it, or move it aside by hand and push then.',
    );
};
