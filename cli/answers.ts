/** What a person answers on the command line to what a plan asks: numbers, a review, a reason. */
import { type Context, shellWord } from './context.ts';
import type { Answers, Confirmed } from './engine.ts';
import { type Outcome, refused } from './result.ts';
import { readPlan } from './saved-plan.ts';

export type AnswerOptions = {
  /** `deletes=12,losses=200` */
  readonly confirm?: string;
  /** A digest of changes, or a saved plan that has it. */
  readonly reviewed?: string;
  readonly breakGlass?: string;
  readonly useReserve?: string;
};

/** The same answers as words of a command line: ` --confirm deletes=12`. */
export const answerFlags = ({ confirm, reviewed, breakGlass, useReserve }: AnswerOptions): string =>
  [
    ...(confirm === undefined ? [] : [` --confirm ${shellWord(confirm)}`]),
    ...(reviewed === undefined ? [] : [` --reviewed ${shellWord(reviewed)}`]),
    ...(breakGlass === undefined ? [] : [` --break-glass ${shellWord(breakGlass)}`]),
    ...(useReserve === undefined ? [] : [` --use-reserve ${shellWord(useReserve)}`]),
  ].join('');

const NAMES = ['deletes', 'losses', 'gains', 'minAdmins', 'self', 'behind'] as const;

/** Null where the text is none of that, or names a guard twice. */
const confirmedOf = (text: string): Confirmed | null => {
  const found: Partial<Record<(typeof NAMES)[number], number>> = {};
  for (const part of text.split(',')) {
    const [, word = '', count = ''] = /^([A-Za-z]+)=(\d{1,9})$/.exec(part.trim()) ?? [];
    const name = NAMES.find((one) => one === word);
    if (name === undefined || found[name] !== undefined) return null;
    found[name] = Number(count);
  }
  return found;
};

/** The answers, or the outcome that says which of them is none. */
export const answersOf = async (
  context: Context,
  { confirm, reviewed, breakGlass, useReserve }: AnswerOptions,
): Promise<{ readonly answers: Answers } | { readonly outcome: Outcome }> => {
  const wrong = (message: string, hint: string) => ({ outcome: refused(3, 'OPTION_WRONG', message, hint) });
  const confirmed = confirm === undefined ? undefined : confirmedOf(confirm);
  if (confirmed === null)
    return wrong(
      `--confirm "${confirm ?? ''}" is no list of numbers.`,
      'Write what the plan says, such as --confirm deletes=12,losses=200.',
    );
  if (breakGlass?.trim() === '') return wrong('--break-glass needs a reason.', 'Say why it cannot wait: the audit keeps it.');
  if (useReserve?.trim() === '') return wrong('--use-reserve needs a reason.', 'Say why it cannot wait: the audit keeps it.');
  const read = reviewed === undefined || /^[0-9a-f]{64}$/.test(reviewed) ? null : await readPlan(context, reviewed);
  if (read !== null && 'outcome' in read) return read;
  const digest = read?.plan.changesDigest ?? reviewed;
  return {
    answers: {
      ...(confirmed === undefined ? {} : { confirmed }),
      ...(digest === undefined ? {} : { reviewed: digest }),
      ...(breakGlass === undefined ? {} : { breakGlass: breakGlass.trim() }),
      ...(useReserve === undefined ? {} : { useReserve: useReserve.trim() }),
    },
  };
};
