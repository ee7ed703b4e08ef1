/** What every command is given: the options that all of them share, decoded once, and one way out for text. */
import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Diagnostic, Invocation } from './engine.ts';
import type { Host } from './host.ts';
import { renderDiagnostics, shownDiagnostics } from './render/diagnostic.ts';
import { harmless, harmlessJson, type WidthOf, widthFor } from './render/lines.ts';

export type LogLevel = 'error' | 'warning' | 'info' | 'debug';
export const LOG_LEVELS: readonly LogLevel[] = ['error', 'warning', 'info', 'debug'];

/** The shared options as commander gives them. */
export type CommonOptions = {
  readonly C?: string;
  readonly env?: string;
  readonly var?: readonly string[];
  readonly format?: string;
  readonly now?: string;
  readonly summary?: string;
  readonly color?: boolean;
  readonly logLevel?: string;
};

export type Context = {
  readonly host: Host;
  readonly command: string;
  /** The folder that paths of options are relative to: `-C`, else the working directory. */
  readonly folder: string;
  readonly format: string;
  readonly summary: string | null;
  readonly logLevel: LogLevel;
  readonly color: boolean;
  readonly width: number;
  readonly environmentGiven: string | null;
  readonly invocation: Invocation;
  /** Data, to stdout. */
  readonly print: (text: string) => void;
  readonly printJson: (text: string) => void;
  /** All else, to stderr; nothing where the log level says so. */
  readonly note: (text: string, level?: LogLevel) => void;
  readonly showDiagnostics: (diagnostics: readonly Diagnostic[]) => Promise<void>;
  /** The flags that make another command meet the same workspace. */
  readonly sameFlags: string;
};

/** Without a terminal to ask, texts are made for this many columns. */
const DEFAULT_COLUMNS = 100;
const NARROWEST = 60;
const WIDEST = 140;
/** A file larger than this is not read again for an excerpt. */
const LARGEST_EXCERPT_FILE = 4 * 1024 * 1024;

/** A word for a POSIX shell, quoted where it must be. */
export const shellWord = (text: string): string => (/^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

/** True where a runner reads the log for commands, and nobody sees colours. */
const isCi = (host: Host): boolean => !['', '0', 'false', undefined].includes(host.env['CI']);

/** The terminal's columns within what reads well; 100 where there is none, or one that does not tell (0). */
const widthOfSink = (columns: number | null): number => Math.min(WIDEST, Math.max(NARROWEST, columns || DEFAULT_COLUMNS));

/** Decodes what all commands share. `variables` come decoded: they can be wrong. */
export const createContext = (
  host: Host,
  command: string,
  options: CommonOptions,
  variables: Readonly<Record<string, string>>,
): Context => {
  const folder = resolve(host.folder, options.C ?? '.');
  const ci = isCi(host);
  const logLevel = LOG_LEVELS.find((level) => level === options.logLevel) ?? 'info';
  const mayColor = options.color !== false && !ci && (host.env['NO_COLOR'] ?? '') === '' && host.env['TERM'] !== 'dumb';
  const print = (text: string): void => host.stdout.write(ci ? harmless(text) : text);
  const note = (text: string, level: LogLevel = 'info'): void => {
    if (LOG_LEVELS.indexOf(level) <= LOG_LEVELS.indexOf(logLevel)) host.stderr.write(ci ? harmless(text) : text);
  };
  return {
    host,
    command,
    folder,
    format: options.format ?? 'human',
    summary: options.summary === undefined ? null : resolve(folder, options.summary),
    logLevel,
    color: mayColor && host.stdout.isTerminal,
    width: widthOfSink(host.stdout.columns),
    environmentGiven: options.env ?? null,
    invocation: {
      folder,
      variables,
      env: host.env,
      home: host.home,
      ...(options.env === undefined ? {} : { environment: options.env }),
      ...(options.now === undefined ? {} : { now: options.now }),
    },
    print,
    printJson: (text) => host.stdout.write(ci ? harmlessJson(text) : text),
    note,
    showDiagnostics: async (diagnostics) => {
      const severities = (['error', 'warning', 'info'] as const).filter(
        (severity) => LOG_LEVELS.indexOf(severity) <= LOG_LEVELS.indexOf(logLevel),
      );
      const text = excerptReader(folder);
      const shown = shownDiagnostics(diagnostics, severities);
      const widthOf = await widthForExcerpts(shown, text);
      const rendered = renderDiagnostics(diagnostics, {
        color: mayColor && host.stderr.isTerminal,
        width: widthOfSink(host.stderr.columns),
        widthOf,
        text,
        severities,
      });
      if (rendered !== '') note(rendered, 'error');
    },
    sameFlags: [
      ...(options.C === undefined ? [] : [`-C ${shellWord(options.C)}`]),
      ...(options.env === undefined ? [] : [`--env ${shellWord(options.env)}`]),
      ...Object.entries(variables).map(([name, value]) => `--var ${shellWord(`${name}=${value}`)}`),
    ]
      .map((flag) => ` ${flag}`)
      .join(''),
  };
};

/** Reads each file once; null for what is gone, too large, or no file. */
const excerptReader = (folder: string): ((file: string) => string | null) => {
  const texts = new Map<string, string | null>();
  return (file) => {
    const known = texts.get(file);
    if (known !== undefined) return known;
    const text = readIfSmall(join(folder, file));
    texts.set(file, text);
    return text;
  };
};

const readIfSmall = (path: string): string | null => {
  try {
    const stats = statSync(path);
    return stats.isFile() && stats.size <= LARGEST_EXCERPT_FILE ? readFileSync(path, 'utf8') : null;
  } catch {
    // The message itself says what is wrong with the file; without its text there is no excerpt.
    return null;
  }
};

const widthForExcerpts = (shown: readonly Diagnostic[], text: (file: string) => string | null): Promise<WidthOf> => {
  const lines = shown.map((diagnostic) => {
    const { source } = diagnostic;
    return source ? (text(source.file)?.split(/\r\n|\n|\r/)[source.line - 1] ?? '') : '';
  });
  return widthFor(lines.join('\n'));
};
