import type { Context } from '../context.ts';
import { renderConfig } from '../render/config.ts';
import { widthFor } from '../render/lines.ts';
import type { Outcome } from '../result.ts';

/** `config`: what the files say once variables and overlays are in, with the origin of every value. Secrets stay references. */
export const runConfig = async (context: Context): Promise<Outcome> => {
  const engine = await context.host.loadEngine();
  const { exit, diagnostics, rendered: found } = await engine.config(context.invocation);
  if (!found) return { exit, diagnostics };
  const { rendered, origins } = found;
  const text = renderConfig(rendered, origins, { color: context.color, widthOf: await widthFor(JSON.stringify(rendered)) });
  return { exit, diagnostics, data: { rendered, origins }, text };
};
