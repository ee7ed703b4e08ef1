/** What the CLI asks of the process that it runs in. `main.ts` gives the real one, tests another. */
import type { Engine } from './engine.ts';

export type Sink = {
  /** Never throws: a reader that went away is no fault. */
  readonly write: (text: string) => void;
  readonly isTerminal: boolean;
  /** Columns of the terminal; null where there is none. */
  readonly columns: number | null;
  /** For what draws by itself; null in tests. */
  readonly stream: NodeJS.WriteStream | null;
};

export type SignalName = 'SIGINT' | 'SIGTERM';

export type Host = {
  /** Arguments after the program's name. */
  readonly argv: readonly string[];
  readonly version: string;
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly canAsk: boolean;
  /** One line from the terminal; null where it was interrupted or ended. */
  readonly ask: (question: string) => Promise<string | null>;
  /** Aborted by the first signal. */
  readonly signal: AbortSignal;
  readonly signalName: () => SignalName | null;
  /** Monotonic, and since the epoch, in milliseconds. */
  readonly nowMs: () => number;
  readonly wallMs: () => number;
  readonly loadEngine: () => Promise<Engine>;
  readonly loadEmulator: () => Promise<typeof import('../emulator/index.ts')>;
};
