/** `connection: { emulator: … }`: the local Dataphin in this process, for one command. */
import { join, resolve } from 'node:path';
import type { Context } from './context.ts';
import type { ConnectionOverride, Diagnostic, WorkspaceConfig } from './engine.ts';

export type Connection = {
  /** What the engine connects to; null: what the workspace says. */
  readonly override: ConnectionOverride | null;
  readonly diagnostics: readonly Diagnostic[];
  readonly close: () => Promise<void>;
};

const NONE: Connection = { override: null, diagnostics: [], close: async () => undefined };

/** Where the emulator of an environment keeps its world unless the workspace says otherwise (EMULATOR.md). */
export const emulatorData = (folder: string, config: WorkspaceConfig): string => {
  const { name, connection } = config.environment;
  return connection.emulator?.data ? resolve(folder, connection.emulator.data) : join(folder, '.phinfra', name, 'emulator.json');
};

/**
 * Starts an emulator where the environment asks for one and nothing overrides the endpoint. Files that are in error start
 * nothing: the command itself reports them.
 */
export const connect = async (context: Context): Promise<Connection> => {
  const { host, invocation, folder } = context;
  if ((invocation.endpoint ?? host.env['PHINFRA_ENDPOINT'] ?? '') !== '') return NONE;
  const engine = await host.loadEngine();
  const { exit, config } = await engine.readConfig(invocation);
  const { emulator } = config?.environment.connection ?? {};
  if (!config || !emulator || exit !== 0) return NONE;
  const { startEmulator } = await host.loadEmulator();
  const { edition } = config.environment;
  const data = emulatorData(folder, config);
  try {
    const started = await startEmulator({
      port: 0,
      data,
      ...(edition === null ? {} : { edition }),
      ...(emulator.world === null ? {} : { world: resolve(folder, emulator.world) }),
    });
    const { endpoint, tenant, accessKeyId, accessKeySecret, caller } = started;
    return {
      override: { endpoint, tenant, accessKeyId, accessKeySecret, caller, dataFile: data },
      diagnostics: [],
      close: started.close,
    };
  } catch (error) {
    const message = `The emulator cannot start: ${error instanceof Error ? error.message : String(error)}.`;
    const hint = 'Mend or delete the file; phinfra emulator reset deletes the data file.';
    return { ...NONE, diagnostics: [{ code: 'OPTION_WRONG', severity: 'error', message, hint }] };
  }
};

/** Runs something while the connection is open. */
export const whileConnected = async <T>(context: Context, run: (connection: Connection) => Promise<T>): Promise<T> => {
  const connection = await connect(context);
  try {
    return await run(connection);
  } finally {
    await connection.close();
  }
};
