import { existsSync, readFileSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { emulatorData } from '../connection.ts';
import type { Context } from '../context.ts';
import { type Outcome, refused } from '../result.ts';

export type EmulatorFlags = {
  readonly port?: number;
  readonly edition?: 'personal' | 'agile' | 'database' | 'bigdata' | 'basic' | 'intelligent';
  readonly world?: string;
  readonly data?: string;
  readonly switch?: readonly string[];
  readonly latency?: number;
};

/** `emulator`: a local Dataphin until a signal comes. The first line of stdout says where it is and with which keys. */
export const runEmulator = async (context: Context, flags: EmulatorFlags): Promise<Outcome> => {
  const { startEmulator } = await context.host.loadEmulator();
  const switches = Object.fromEntries((flags.switch ?? []).map((setting) => splitAt(setting, '=')));
  let started: Awaited<ReturnType<typeof startEmulator>>;
  const ends = new AbortController();
  const signal = AbortSignal.any([context.host.signal, ends.signal]);
  try {
    started = await startEmulator({
      port: flags.port ?? 0,
      switches,
      latencyMs: flags.latency ?? 0,
      onExit: () => ends.abort(),
      ...(flags.edition === undefined ? {} : { edition: flags.edition }),
      ...(flags.world === undefined ? {} : { world: resolve(context.folder, flags.world) }),
      ...(flags.data === undefined ? {} : { data: resolve(context.folder, flags.data) }),
    });
  } catch (error) {
    return refused(3, 'OPTION_WRONG', `The emulator cannot start: ${error instanceof Error ? error.message : String(error)}.`);
  }
  const { endpoint, tenant, accessKeyId, accessKeySecret, readOnlyAccessKeyId, readOnlyAccessKeySecret, caller } = started;
  context.printJson(
    `${JSON.stringify({ endpoint, tenant, accessKeyId, accessKeySecret, readOnlyAccessKeyId, readOnlyAccessKeySecret, caller })}\n`,
  );
  context.note(`An emulated Dataphin listens on ${endpoint} until it is interrupted.\n`);
  if (!signal.aborted) await new Promise((done) => signal.addEventListener('abort', done, { once: true }));
  await started.close();
  return { exit: 0, tenant, diagnostics: [] };
};

const splitAt = (text: string, mark: string): readonly [string, string] => {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + mark.length)];
};

/**
 * `emulator reset`: deletes the data file of `--data`, else the environment's. The next start begins with the first world.
 * Only a file that holds a world is deleted; a running emulator keeps its world and must be stopped first.
 */
export const runEmulatorReset = async (context: Context, flags: { readonly data?: string }): Promise<Outcome> => {
  const file = flags.data === undefined ? await environmentData(context) : resolve(context.folder, flags.data);
  if (typeof file !== 'string') return file;
  if (!existsSync(file))
    return { exit: 0, reason: 'nothing to do', diagnostics: [], data: { file, removed: false }, text: `There is no ${file}.\n` };
  if (!isWorld(file))
    return refused(
      3,
      'OPTION_WRONG',
      `"${file}" does not hold an emulator's world; it was left alone.`,
      'Name the data file with --data.',
    );
  rmSync(file);
  return { exit: 0, diagnostics: [], data: { file, removed: true }, text: `Removed ${file}.\n` };
};

const environmentData = async (context: Context): Promise<string | Outcome> => {
  const engine = await context.host.loadEngine();
  const { exit, config, diagnostics } = await engine.readConfig(context.invocation);
  if (!config || exit !== 0) return { exit: exit === 0 ? 3 : exit, diagnostics };
  if (!config.environment.connection.emulator)
    return refused(
      3,
      'OPTION_WRONG',
      `The environment "${config.environment.name}" is not an emulator.`,
      'Name the data file with --data.',
    );
  return emulatorData(context.folder, config);
};

const isWorld = (file: string): boolean => {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof value === 'object' && value !== null && 'format' in value && value.format === 'phinfra.world/1';
  } catch {
    // Not JSON, or not to be read: in no case a world that we wrote.
    return false;
  }
};
