/** A host without a process: what it was given, and all that came out. */
import { tmpdir } from 'node:os';
import type { Engine } from '../../cli/engine.ts';
import type { Host, SignalName } from '../../cli/host.ts';
import { run } from '../../cli/run.ts';
import { CODES } from '../../engine/core/diagnostic.ts';
import { objectionsTo } from '../../engine/core/protect.ts';

export type FakeOptions = {
  readonly engine?: Partial<Engine>;
  readonly env?: Readonly<Record<string, string>>;
  readonly folder?: string;
  /** The answer at the prompt; undefined: no terminal. */
  readonly answer?: string | null;
  readonly signal?: AbortSignal;
  readonly signalName?: SignalName;
};

export type Ran = { readonly exit: number; readonly stdout: string; readonly stderr: string; readonly asked: readonly string[] };

const unexpected = (name: string) => (): never => {
  throw new Error(`${name} was not expected`);
};

/** Runs one command line; a door of the engine that the test does not give must not be opened. */
export const runCli = async (argv: readonly string[], options: FakeOptions = {}): Promise<Ran> => {
  const out: string[] = [];
  const told: string[] = [];
  const asked: string[] = [];
  const engine: Engine = {
    CODES,
    adopt: unexpected('adopt'),
    apply: unexpected('apply'),
    begunPlan: unexpected('begunPlan'),
    budget: unexpected('budget'),
    config: unexpected('config'),
    detailedExit: unexpected('detailedExit'),
    drift: unexpected('drift'),
    explain: unexpected('explain'),
    forget: unexpected('forget'),
    history: unexpected('history'),
    inverse: unexpected('inverse'),
    move: unexpected('move'),
    objectionsTo,
    pull: unexpected('pull'),
    push: unexpected('push'),
    rebuild: unexpected('rebuild'),
    parsePlan: unexpected('parsePlan'),
    parseSnapshot: unexpected('parseSnapshot'),
    plan: unexpected('plan'),
    readState: unexpected('readState'),
    simulateBudget: unexpected('simulateBudget'),
    takeSnapshot: unexpected('takeSnapshot'),
    unlock: unexpected('unlock'),
    validate: unexpected('validate'),
    readConfig: async () => ({ exit: 0, config: null, diagnostics: [] }),
    ...options.engine,
  };
  const sink = (texts: string[]) => ({
    write: (text: string) => void texts.push(text),
    isTerminal: false,
    columns: null,
    stream: null,
  });
  const host: Host = {
    argv,
    version: '1.2.3',
    folder: options.folder ?? tmpdir(),
    env: options.env ?? {},
    home: tmpdir(),
    stdout: sink(out),
    stderr: sink(told),
    canAsk: options.answer !== undefined,
    ask: async (question) => {
      asked.push(question);
      return options.answer ?? null;
    },
    signal: options.signal ?? new AbortController().signal,
    signalName: () => options.signalName ?? null,
    nowMs: () => 0,
    wallMs: () => Date.UTC(2026, 10, 24, 2),
    loadEngine: async () => engine,
    loadEmulator: () => import('../../emulator/index.ts'),
  };
  const exit = await run(host);
  return { exit, stdout: out.join(''), stderr: told.join(''), asked };
};
