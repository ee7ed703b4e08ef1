/** The built program as a process of its own, against an emulator in this one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Emulator } from '../../emulator/index.ts';

/** What `npm run build` made. */
export const MAIN = join(import.meta.dirname, '../../dist/cli/main.js');

/** More than the emulator's own: what is slow here is not the quota. */
export const QUOTAS = [{ levels: [1, 2, 3] as const, perSecond: 200, perDay: 1_000_000 }];

/** @param head more of phinfra.yaml */
export const writeFiles = (folder: string, groups: object, head: object = {}): void => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'phinfra.yaml'),
    JSON.stringify({
      phinfra: 1,
      tenant: '300001413',
      edition: 'basic',
      connection: { region: 'cn-shanghai', caller: 'owner@example.com' },
      resources: ['tenant.yaml'],
      budget: { quotas: QUOTAS, reserve: { level1: 0, level2: 0, level3: 0 } },
      ...head,
    }),
  );
  writeFileSync(join(folder, 'tenant.yaml'), JSON.stringify({ userGroups: groups }));
};

export type Ended = {
  readonly exit: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
};
export type Running = { readonly child: ChildProcess; readonly ended: Promise<Ended> };

/** `keyId`: another key of the emulator with the same secret. `host`: the machine has this name. */
export type Who = { readonly keyId?: string; readonly host?: string };

/** Starts the program in a workspace; it speaks to the emulator, and shares its day's count with nobody. */
export const startProgram = (emulator: Emulator, folder: string, argv: readonly string[], { keyId, host }: Who = {}): Running => {
  const child = spawn(process.execPath, [...(host === undefined ? [] : ['--import', named(host)]), MAIN, ...argv], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HOME: dirname(folder),
      XDG_STATE_HOME: join(dirname(folder), 'state'),
      PHINFRA_ENDPOINT: emulator.endpoint,
      ALIBABA_CLOUD_ACCESS_KEY_ID: keyId ?? emulator.accessKeyId,
      ALIBABA_CLOUD_ACCESS_KEY_SECRET: emulator.accessKeySecret,
    },
  });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (text) => {
      texts[name] += text;
    });
  const ended = new Promise<Ended>((done) => child.on('close', (exit, signal) => done({ exit, signal, ...texts })));
  return { child, ended };
};

/** What Node loads before the program: this machine under another name. */
const named = (host: string): string =>
  `data:text/javascript,${encodeURIComponent(
    `import os from 'node:os'; import { syncBuiltinESMExports } from 'node:module'; os.hostname = () => '${host}'; syncBuiltinESMExports();`,
  )}`;

export type JournalLine = { readonly event: { readonly type: string; readonly step?: string; readonly outcome?: string } };
export const recordIn = (folder: string): string => join(folder, '.phinfra/default');

/** Whole lines of the journal as it lies there; none where there is no file. */
export const journalOf = (folder: string): readonly JournalLine['event'][] => {
  try {
    return readFileSync(join(recordIn(folder), 'journal.jsonl'), 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as JournalLine).event);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
};

/** Intents without an outcome. */
export const openIn = (folder: string): readonly string[] => {
  const open = new Set<string>();
  for (const { type, step = '' } of journalOf(folder)) {
    if (type === 'intent') open.add(step);
    if (type === 'outcome') open.delete(step);
  }
  return [...open];
};
