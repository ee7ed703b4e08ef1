/** Plans that plan -o has written. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Context } from './context.ts';
import type { Plan } from './engine.ts';
import { type Outcome, refused } from './result.ts';

/** A saved plan, or the outcome that says why it is none. */
export const readPlan = async (
  context: Context,
  file: string,
): Promise<{ readonly plan: Plan } | { readonly outcome: Outcome }> => {
  const engine = await context.host.loadEngine();
  let text: string;
  try {
    text = readFileSync(resolve(context.folder, file), 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const hint = 'phinfra plan -o FILE writes one.';
    return { outcome: refused(3, 'PLAN_UNREADABLE', `The plan "${file}" cannot be read: ${code}.`, hint) };
  }
  const parsed = engine.parsePlan(text);
  if ('plan' in parsed) return parsed;
  return { outcome: { exit: 3, diagnostics: parsed.diagnostics } };
};
