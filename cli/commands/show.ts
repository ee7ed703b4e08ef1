import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Context } from '../context.ts';
import type { Outcome } from '../result.ts';
import { readPlan } from '../saved-plan.ts';
import { headOf, planText } from './plan.ts';

/** `show FILE`: a saved plan as text, unfolded, or what a snapshot holds; `--max` cuts it at the end of a line. */
export const runShow = async (context: Context, file: string, options: { readonly max?: number }): Promise<Outcome> => {
  const shown = await showSnapshot(context, file, options);
  if (shown) return shown;
  const read = await readPlan(context, file);
  if ('outcome' in read) return read.outcome;
  const { plan } = read;
  const text = context.format === 'human' ? await planText(context, plan, { full: true, unmanaged: true, savedTo: file }) : '';
  return {
    exit: 0,
    ...headOf(plan),
    diagnostics: [],
    data: plan,
    text: options.max === undefined ? text : cutText(text, options.max),
  };
};

/** Null where the file is no snapshot: then it is to be a plan, and what is wrong with it is told there. */
const showSnapshot = async (context: Context, file: string, { max }: { readonly max?: number }): Promise<Outcome | null> => {
  const text = snapshotText(context, file);
  if (text === null) return null;
  const read = (await context.host.loadEngine()).parseSnapshot(text);
  if ('diagnostics' in read) return { exit: 3, diagnostics: read.diagnostics };
  const { snapshot } = read;
  const whole = `${(await import('./snapshot.ts')).snapshotLines(snapshot).join('\n')}\n`;
  return {
    exit: 0,
    environment: snapshot.environment,
    tenant: snapshot.tenant,
    diagnostics: [],
    data: snapshot,
    text: max === undefined ? whole : cutText(whole, max),
  };
};

/** The text of a file that says that it is a snapshot; null for any other. */
export const snapshotText = (context: Context, file: string): string | null => {
  const text = readText(resolve(context.folder, file));
  // A snapshot of any version says so at its head; a large file is not parsed twice to learn what it is.
  return text !== null && /^\s*\{\s*"format":\s*"phinfra\.snapshot\//.test(text.slice(0, 200)) ? text : null;
};

const readText = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Whoever reads it as a plan tells why it cannot be read.
    return null;
  }
};

/** At most so many characters, the last line saying what was cut; whole lines only. */
export const cutText = (text: string, max: number): string => {
  if (text.length <= max) return text;
  const note = (shown: number): string => `… ${shown} of ${text.length} characters are shown.\n`;
  const room = max - note(text.length).length;
  const end = text.lastIndexOf('\n', Math.max(0, room - 1)) + 1;
  return `${text.slice(0, end)}${note(end)}`;
};
