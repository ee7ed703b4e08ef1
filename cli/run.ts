/** From arguments to an exit code: parses, runs one command, prints its result in the format asked for. */
import { writeFileSync } from 'node:fs';
import { type Context, createContext } from './context.ts';
import type { Diagnostic } from './engine.ts';
import type { Host } from './host.ts';
import { readPlainly } from './plain-line.ts';
import { type Outcome, type Result, refused, resultJson, resultLine, resultOf } from './result.ts';

export type Run = (context: Context) => Promise<Outcome>;

/** Runs the command line of a host and gives the process's exit code. */
export const run = async (host: Host): Promise<number> => {
  const parsed = readPlainly(host.argv) ?? (await import('./command-line.ts')).parse(host);
  if (parsed === 'answered') return 0;
  if ('problem' in parsed) {
    const context = createContext(host, parsed.command, argumentsOf(host.argv), {});
    if (parsed.help !== null && context.format === 'human') context.note(`${parsed.help}\n`, 'error');
    return finish(context, parsed.problem);
  }
  const { chosen } = parsed;
  const context = createContext(host, chosen.command, chosen.options, variablesOf(chosen.options.var ?? []));
  return finish(context, await outcomeOf(context, chosen.run));
};

// ---- the line's own words --------------------------------------------------------------------------------------------

/** What a command line that could not be parsed says about where its result is wanted. */
const argumentsOf = (argv: readonly string[]): { readonly format?: string; readonly summary?: string; readonly C?: string } => {
  const given = (name: string): string | undefined => {
    const at = argv.findIndex((word) => word === name || word.startsWith(`${name}=`));
    const word = argv[at];
    const value = word === name ? argv[at + 1] : word?.slice(name.length + 1);
    return value?.startsWith('-') ? undefined : value;
  };
  const format = given('--format');
  const summary = given('--summary');
  const folder = given('-C');
  return {
    format: format === 'json' || format === 'jsonl' ? format : 'human',
    ...(summary === undefined ? {} : { summary }),
    ...(folder === undefined ? {} : { C: folder }),
  };
};

/** `name=value`, the last of equal names. */
const variablesOf = (settings: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    settings.map((setting) => [setting.slice(0, setting.indexOf('=')), setting.slice(setting.indexOf('=') + 1)]),
  );

// ---- running --------------------------------------------------------------------------------------------------------

const outcomeOf = async (context: Context, command: Run): Promise<Outcome> => {
  try {
    return await command(context);
  } catch (error) {
    if (context.host.signal.aborted && isAbort(error)) return interrupted(context);
    return (await engineFailure(context, error)) ?? internalFault(context, error);
  }
};

const isAbort = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'AbortError' || ('code' in error && error.code === 'ABORT_ERR'));

const interrupted = (context: Context): Outcome => {
  const exit = context.host.signalName() === 'SIGTERM' ? 143 : 130;
  return { exit, diagnostics: [], next: { command: `phinfra ${context.command}${context.sameFlags}`, notBefore: null } };
};

/** What the engine threw on purpose: a code, a sentence, a next step. Null for anything else. */
const engineFailure = async (context: Context, error: unknown): Promise<Outcome | null> => {
  if (!(error instanceof Error) || error.name !== 'EngineError' || !('code' in error)) return null;
  const { CODES } = await context.host.loadEngine();
  const code = Object.keys(CODES).find((known): known is Diagnostic['code'] => known === error.code);
  if (code === undefined) return null;
  const hint = 'hint' in error && typeof error.hint === 'string' ? error.hint : undefined;
  return refused(CODES[code], code, error.message, hint);
};

const SECRET_NAME = /password|passwd|secret|token|access_?key|credential/i;
const LONGEST_FAULT = 300;

/** A fault's own words, without values of variables that are named like secrets. */
const withoutSecrets = (context: Context, text: string): string => {
  const secrets = Object.entries(context.host.env)
    .filter(([name, value]) => SECRET_NAME.test(name) && (value ?? '').length >= 6)
    .map(([, value]) => value ?? '');
  return secrets.reduce((clean, secret) => clean.replaceAll(secret, '(hidden)'), text);
};

const internalFault = (context: Context, error: unknown): Outcome => {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const line = withoutSecrets(context, text).replace(/\s+/g, ' ').slice(0, LONGEST_FAULT);
  if (error instanceof Error) context.note(`${withoutSecrets(context, error.stack ?? '')}\n`, 'debug');
  return refused(
    1,
    'INTERNAL',
    `phinfra ${context.host.version} failed at "${context.command}": ${line}`,
    'This is a fault of phinfra, not of your files. Please report it to the project with the output of the same command and --log-level debug.',
  );
};

// ---- ending ---------------------------------------------------------------------------------------------------------

/** Prints the result: text and messages for people, or the one object, to stdout and to `--summary`. */
const finish = async (context: Context, outcome: Outcome): Promise<number> => {
  const result = resultOf(context.command, outcome);
  if (context.format === 'json') context.printJson(resultJson(result));
  else if (context.format === 'jsonl') context.printJson(resultLine(result));
  else {
    if (outcome.text !== undefined) context.print(outcome.text);
    await context.showDiagnostics(outcome.diagnostics);
    if (outcome.exit === 130 || outcome.exit === 143) context.note('Interrupted; the record is intact.\n', 'error');
  }
  return writeSummary(context, result);
};

const writeSummary = (context: Context, result: Result): number => {
  if (context.summary === null) return result.exit;
  try {
    writeFileSync(context.summary, resultJson(result));
    return result.exit;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    context.note(`error OPTION_WRONG\n  The summary cannot be written to "${context.summary}": ${code}.\n`, 'error');
    return result.exit === 0 ? 3 : result.exit;
  }
};
