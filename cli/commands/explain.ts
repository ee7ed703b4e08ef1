import type { Context } from '../context.ts';
import { renderPage } from '../render/explain.ts';
import { type Outcome, refused } from '../result.ts';

/** `explain [TOPIC]`: documentation of kinds, fields and codes, from the program's own data. Exit 3 where there is no page. */
export const runExplain = async (context: Context, topic: string | undefined): Promise<Outcome> => {
  const engine = await context.host.loadEngine();
  const found = await engine.explain(topic ?? null);
  if ('nearest' in found) return noPage(topic ?? '', found.nearest);
  return { exit: 0, diagnostics: [], data: found.page, text: renderPage(found.page, { color: context.color }) };
};

const noPage = (topic: string, nearest: readonly string[]): Outcome => {
  const last = nearest.at(-1);
  const names = nearest.length > 1 ? `${nearest.slice(0, -1).join(', ')} or ${last}` : last;
  const hint = last === undefined ? 'phinfra explain lists what there is.' : `Did you mean ${names}?`;
  return refused(3, 'OPTION_WRONG', `There is no page about "${topic}".`, hint);
};
