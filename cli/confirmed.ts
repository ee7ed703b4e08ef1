/** Numbers of guards that a person confirms: `--confirm deletes=12,losses=200`. */
import type { Confirmed } from './engine.ts';

const NAMES = ['deletes', 'losses', 'gains', 'minAdmins', 'self'] as const;

/** Null where the text is none of that, or names a guard twice. */
export const confirmedOf = (text: string | undefined): Confirmed | null => {
  const found: Partial<Record<(typeof NAMES)[number], number>> = {};
  for (const part of text === undefined ? [] : text.split(',')) {
    const [, word = '', count = ''] = /^([A-Za-z]+)=(\d{1,9})$/.exec(part.trim()) ?? [];
    const name = NAMES.find((one) => one === word);
    if (name === undefined || found[name] !== undefined) return null;
    found[name] = Number(count);
  }
  return found;
};
