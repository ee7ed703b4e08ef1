import type { Context } from '../context.ts';
import { thousands } from '../render/bill.ts';
import { type Line, renderLines, styled } from '../render/lines.ts';
import type { Outcome } from '../result.ts';

/** Names to be looked up that are aligned at most so far; a longer one stands out. */
const WIDEST_NAME = 60;

/** `validate`: the files alone, offline. What only the tenant can tell is listed as "to be looked up live". */
export const runValidate = async (context: Context): Promise<Outcome> => {
  const engine = await context.host.loadEngine();
  const { exit, diagnostics, config, counts, lookUps } = await engine.validate(context.invocation);
  const names = Object.entries(counts).filter(([, count]) => count > 0);
  const total = names.reduce((sum, [, count]) => sum + count, 0);
  const kinds = names.map(([kind, count]) => `${thousands(count)} ${kind}`).join(', ');
  const width = lookUps.reduce(
    (widest, { kind, name }) => Math.max(widest, Math.min(WIDEST_NAME, kind.length + name.length + 1)),
    0,
  );
  const lines: readonly Line[] = [
    [
      styled('bold', 'valid'),
      ` · ${config?.environment.name ?? ''} · ${thousands(total)} ${total === 1 ? 'resource' : 'resources'}${kinds === '' ? '' : `: ${kinds}`}`,
    ],
    ...(lookUps.length === 0 ? [] : [['To be looked up live:']]),
    ...lookUps.map((lookUp): Line => {
      const [first] = lookUp.places;
      const place = first ? `   ${first.file}:${first.line}` : '';
      const more = lookUp.places.length > 1 ? ` and ${lookUp.places.length - 1} more` : '';
      return [`  ${`${lookUp.kind}/${lookUp.name}`.padEnd(width)}`, styled('dim', `${place}${more}`)];
    }),
  ];
  return {
    exit,
    environment: config?.environment.name ?? null,
    tenant: config?.environment.tenant ?? null,
    diagnostics,
    data: { counts, lookUps },
    ...(exit === 0 ? { text: renderLines(lines, context.color) } : {}),
  };
};
