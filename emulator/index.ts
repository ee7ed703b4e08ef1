/** The door of the emulator: a local Dataphin, on a socket or in process. */
import { hasWorldFile, readWorldFile, writeWorldFile } from './data.ts';
import { startServer } from './server.ts';
import { createService, type EmulatorClock, type Service } from './service.ts';
import type { SwitchSettings } from './switches.ts';
import { type Edition, parseWorld, type World } from './world.ts';

export type { Answer, Transport } from './answers.ts';
export { approveAll, refuseAll } from './approvals.ts';
export type { Fault, SetFault } from './faults.ts';
export { createGateway, type Wire, type WireAnswer } from './gateway.ts';
export { SERVED } from './handlers/index.ts';
export type { CallRecord, Violation } from './records.ts';
export { type Call, createService, type EmulatorClock, type Service, type ServiceOptions } from './service.ts';
export type { WireRequest } from './signature.ts';
export { DEFAULT_SWITCHES, SWITCH_CHOICES, type Switches, type SwitchSettings } from './switches.ts';
export { type Draft, defaultWorld, EDITIONS, type Edition, parseWorld, type World } from './world.ts';

export type EmulatorOptions = {
  /** 0, or left out: any free port. */
  readonly port?: number;
  readonly edition?: Edition;
  /** A file in the format of EMULATOR.md, read once, or such a value. */
  readonly world?: string | World;
  /** A file that is read instead if it exists, and written after each change and on closing. */
  readonly data?: string;
  readonly switches?: SwitchSettings;
  readonly latencyMs?: number;
  readonly clock?: EmulatorClock;
  readonly seed?: number;
  /** What the fault `exit` does once the socket is gone. */
  readonly onExit?: () => void;
};

export type Emulator = {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  readonly tenant: string;
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly readOnlyAccessKeyId: string;
  readonly readOnlyAccessKeySecret: string;
  /** The account name of the first key's user. */
  readonly caller: string;
  readonly service: Service;
  readonly close: () => Promise<void>;
};

/**
 * Starts an emulator on 127.0.0.1.
 *
 * @throws Error when the world, a file, a switch or the port cannot be used
 */
export const startEmulator = async (options: EmulatorOptions = {}): Promise<Emulator> => {
  const { data, edition } = options;
  const found = data !== undefined && hasWorldFile(data) ? data : options.world;
  const service = createService({
    ...(found === undefined ? {} : { world: typeof found === 'string' ? readWorldFile(found) : parseWorld(found) }),
    ...(edition === undefined ? {} : { edition }),
    ...(options.switches === undefined ? {} : { switches: options.switches }),
    ...(options.clock === undefined ? {} : { clock: options.clock }),
    ...(options.seed === undefined ? {} : { seed: options.seed }),
  });
  const save = (): void => {
    if (data !== undefined) writeWorldFile(data, service.world());
  };
  service.onChange(save);
  const server = await startServer({
    service,
    port: options.port ?? 0,
    latencyMs: options.latencyMs ?? 0,
    onExit: options.onExit ?? (() => undefined),
  });
  // The keys outlive this process: a later command that finds the file can use them.
  save();
  const world = service.world();
  const writable = keyThat(service, false);
  const readOnly = keyThat(service, true);
  return {
    endpoint: `http://127.0.0.1:${server.port}`,
    tenant: world.tenant,
    accessKeyId: writable.id,
    accessKeySecret: writable.secret,
    readOnlyAccessKeyId: readOnly.id,
    readOnlyAccessKeySecret: readOnly.secret,
    caller: world.users.find((user) => user.Id === writable.userId)?.AccountName ?? '',
    service,
    close: async () => {
      await server.close();
      save();
    },
  };
};

const keyThat = (service: Service, readOnly: boolean) => {
  const key = service.keys().find((one) => one.readOnly === readOnly);
  if (!key) throw new Error(`world.keys: there is no ${readOnly ? 'read-only' : 'writable'} key`);
  return key;
};
