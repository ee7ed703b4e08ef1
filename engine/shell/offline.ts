/** What needs no service: a workspace loaded and resolved, and how messages become exit codes. */
import { join, resolve as resolvePath } from 'node:path';
import { byPlace, CODES, type Diagnostic, EngineError } from '../core/diagnostic.ts';
import type { KindShape } from '../core/load.ts';
import type { Clock } from '../core/ports.ts';
import { dayOf } from '../core/quota.ts';
import { type Resolved, resolve } from '../core/resolve.ts';
import type { LoadedWorkspace, WorkspaceConfig } from '../core/workspace.ts';
import { KINDS } from '../kinds/index.ts';
import { type Invocation, loadWorkspace } from './workspace.ts';

/** The kinds as the loader knows them. */
export const SHAPES: readonly KindShape[] = KINDS;

export type Loaded = {
  readonly loaded: LoadedWorkspace | null;
  readonly resolved: Resolved | null;
  readonly diagnostics: readonly Diagnostic[];
};

/** Reads every file and brings every resource into its normal form; nothing is looked up live. */
export const loadAndResolve = async (
  invocation: Invocation,
  clock: Clock,
  /** An emulator started for the command: its tenant and caller. */
  connection?: { readonly tenant: string; readonly caller: string },
): Promise<Loaded> => {
  const loaded = await loadWorkspace(invocation, SHAPES, {});
  if (loaded.config === null) return { loaded: null, resolved: null, diagnostics: [...loaded.diagnostics].sort(byPlace) };
  const whole = loaded as LoadedWorkspace;
  const resolved = resolve(whole, KINDS, {
    day: invocation.now ?? dayOf(clock.wallMs(), whole.config.timezone),
    tenant: connection?.tenant ?? whole.config.environment.tenant,
    caller: connection?.caller ?? whole.config.environment.connection.caller,
  });
  return { loaded: whole, resolved, diagnostics: [...loaded.diagnostics, ...resolved.diagnostics].sort(byPlace) };
};

/** The exit code of the worst error; 0 without one. */
export const exitOf = (diagnostics: readonly Diagnostic[]): number => {
  const errors = diagnostics.filter((one) => one.severity === 'error');
  return errors.length === 0 ? 0 : Math.max(...errors.map((one) => CODES[one.code]));
};

/** The exit code of what could not go on: an error tells why. @throws EngineError INTERNAL where none does */
export const exitOfErrors = (diagnostics: readonly Diagnostic[]): number => {
  const exit = exitOf(diagnostics);
  if (exit === 0) throw new EngineError('INTERNAL', 'It cannot go on, and no error tells why.');
  return exit;
};

/** An error of the engine as a message; anything else is a fault and is thrown on. */
export const diagnosticOf = (error: unknown): Diagnostic => {
  if (!(error instanceof EngineError)) throw error;
  return { code: error.code, severity: 'error', message: error.message, ...(error.hint === null ? {} : { hint: error.hint }) };
};

/** Where the record of an environment lies: `.phinfra/ENV` in the workspace. */
export const recordFolder = (invocation: Invocation, config: WorkspaceConfig): string =>
  join(resolvePath(invocation.folder), '.phinfra', config.environment.name);
