import { whileConnected } from '../connection.ts';
import type { Context } from '../context.ts';
import { renderDrift } from '../render/drift.ts';
import { widthFor } from '../render/lines.ts';
import type { Outcome } from '../result.ts';
import { whereText } from './plan.ts';

export type DriftOptions = { readonly maxCalls?: number; readonly detailedExitcode?: boolean };

/** `drift`: what others changed since the last apply. Takes leftover calls alone, and never writes. */
export const runDrift = (context: Context, options: DriftOptions): Promise<Outcome> =>
  whileConnected(context, async (connection) => {
    if (connection.diagnostics.length > 0) return { exit: 3, diagnostics: connection.diagnostics };
    const engine = await context.host.loadEngine();
    const { exit, diagnostics, config, report } = await engine.drift(
      context.invocation,
      options.maxCalls === undefined ? {} : { maxCalls: options.maxCalls },
      { signal: context.host.signal, ...(connection.override ? { connection: connection.override } : {}) },
    );
    const place = {
      environment: config?.environment.name ?? null,
      tenant: report?.tenant ?? config?.environment.tenant ?? null,
      diagnostics,
    };
    if (report === null) {
      if (config && exit !== 3) context.note(`${context.command} · ${whereText(config)}\n`);
      const text = 'There is no record yet: the first apply makes one, and then there is something to compare with.\n';
      return exit === 0 ? { ...place, exit, reason: 'nothing to do', text } : { ...place, exit };
    }
    const { color, width, command, sameFlags } = context;
    return {
      ...place,
      exit: exit === 0 && options.detailedExitcode && report.drifted.length > 0 ? 2 : exit,
      left: report.notLooked.length,
      next:
        report.notBefore !== null
          ? { command: `phinfra drift${sameFlags}`, notBefore: report.notBefore }
          : report.drifted.length > 0
            ? { command: `phinfra plan${sameFlags}`, notBefore: null }
            : null,
      data: report,
      text: renderDrift(report, {
        color,
        width,
        command,
        sameFlags,
        emulator: connection.override !== null,
        widthOf: await widthFor(JSON.stringify(report)),
      }),
    };
  });
