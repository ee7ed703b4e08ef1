/** One record for several processes: in a folder, on a server of Terraform's protocol, in a bucket. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../engine/shell/clock.ts';
import { createHttpStore } from '../../engine/shell/http-store.ts';
import { createLocalStore, parseStateFile } from '../../engine/shell/local-store.ts';
import { createOssStore } from '../../engine/shell/oss-store.ts';
import { textOfRecord } from '../../engine/shell/remote-record.ts';
import { readRecord } from '../../engine/shell/state.ts';
import type { Store } from '../../engine/shell/store.ts';
import { bucketOf, createOssServer } from '../support/oss-server.ts';
import { createStateServer } from '../support/state-server.ts';
import type { Place, Start } from './kill.ts';
import { recordIn } from './process.ts';

export type BackendName = 'local' | 'http' | 'oss';
export type SharedRecord = {
  /** Of phinfra.yaml. */
  readonly head: object;
  /** A stored intent holds for some seconds, and the lock cannot be asked for before each call. */
  readonly isLeased: boolean;
  /** The pid of the process that holds the lock; null: nobody. */
  readonly holder: () => number | null;
  /** What of it cannot be read: each line of the journal is checked. */
  readonly problems: () => Promise<readonly string[]>;
  /** The names of the groups that it holds, in order. */
  readonly left: () => Promise<string>;
  readonly close: () => Promise<void>;
};
type Make = (place: Place, start: Start, keys: readonly string[]) => Promise<SharedRecord>;

/** The record before, in the form of a server. */
const documentOf = ({ record }: Start): string => {
  const path = join(record, 'state.json');
  const { state } = parseStateFile(readFileSync(path, 'utf8'), path);
  return textOfRecord({ serial: 1, state, journal: '' });
};

const pidIn = (text: string | null): number | null => {
  const value = text === null || text === '' ? {} : (JSON.parse(text) as { readonly pid?: number });
  return value.pid ?? null;
};

const readable = (store: Store): Pick<SharedRecord, 'problems' | 'left'> => ({
  problems: () =>
    readRecord(store).then(
      () => [],
      (error: Error) => [`the record cannot be read: ${error.message}`],
    ),
  left: async () => {
    const { state, open } = await readRecord(store);
    const names = Object.keys(state?.resources ?? {}).map((address) => address.replace(/^userGroups\//, ''));
    return [...names.sort(), ...open.map(({ step }) => `open: ${step}`)].join();
  },
});

export const BACKENDS: Readonly<Record<BackendName, Make>> = {
  local: async ({ folder }) => {
    const newest = (): string | undefined =>
      readdirSync(recordIn(folder))
        .filter((name) => /^lock\.\d+$/.test(name))
        .sort()
        .at(-1);
    return {
      head: {},
      isLeased: false,
      holder: () => {
        for (;;) {
          const name = newest();
          try {
            return name === undefined ? null : pidIn(readFileSync(join(recordIn(folder), name), 'utf8'));
          } catch (error) {
            // A successor has removed it: there is a later one.
            if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
          }
        }
      },
      ...readable(createLocalStore(recordIn(folder))),
      close: async () => undefined,
    };
  },
  http: async (_place, start) => {
    const server = createStateServer();
    server.put(documentOf(start));
    const { address, close } = await server.listen();
    const lock = { method: 'LOCK', address };
    const unlock = { method: 'UNLOCK', address };
    return {
      head: {
        state: {
          backend: 'http',
          address,
          lockAddress: address,
          lockMethod: 'LOCK',
          unlockAddress: address,
          unlockMethod: 'UNLOCK',
        },
      },
      isLeased: true,
      holder: () => {
        const info = server.lock();
        return info === null ? null : pidIn((JSON.parse(info) as { readonly Info: string }).Info);
      },
      ...readable(createHttpStore({ address, update: 'POST', lock, unlock, send: server.send, clock: systemClock })),
      close,
    };
  },
  oss: async ({ emulator }, start, others) => {
    const server = createOssServer({ key: emulator, others });
    server.put(documentOf(start));
    const { endpoint, close } = await server.listen();
    const bucket = bucketOf({ endpoint });
    return {
      head: { state: bucket },
      isLeased: true,
      holder: () => pidIn(server.lock()),
      ...readable(createOssStore({ ...bucket, key: () => emulator, send: server.send, clock: systemClock })),
      close,
    };
  },
};
