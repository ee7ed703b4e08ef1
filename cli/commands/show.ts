import type { Context } from '../context.ts';
import type { Outcome } from '../result.ts';
import { readPlan } from './apply.ts';
import { headOf, planText } from './plan.ts';

/** `show FILE`: a saved plan as text, unfolded; `--max` cuts it at the end of a line. */
export const runShow = async (context: Context, file: string, options: { readonly max?: number }): Promise<Outcome> => {
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

/** At most so many characters, the last line saying what was cut; whole lines only. */
export const cutText = (text: string, max: number): string => {
  if (text.length <= max) return text;
  const note = (shown: number): string => `… ${shown} of ${text.length} characters are shown.\n`;
  const room = max - note(text.length).length;
  const end = text.lastIndexOf('\n', Math.max(0, room - 1)) + 1;
  return `${text.slice(0, end)}${note(end)}`;
};
