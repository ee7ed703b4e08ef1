import { type Connection, whileConnected } from '../connection.ts';
import type { Context } from '../context.ts';
import type { Snapshot } from '../engine.ts';
import { many, thousands } from '../render/bill.ts';
import type { Outcome } from '../result.ts';
import { whereText } from './plan.ts';

export type SnapshotOptions = { readonly out?: string };

/** `snapshot`: the live tenant as a file, redacted, without contacts. Never writes to the service. */
export const runSnapshot = (context: Context, options: SnapshotOptions): Promise<Outcome> =>
  whileConnected(context, async (connection) => {
    if (connection.diagnostics.length > 0) return { exit: 3, diagnostics: connection.diagnostics };
    const { exit, diagnostics, snapshot, config } = await taken(context, connection, options);
    if (!snapshot) {
      if (config && exit !== 3) context.note(`snapshot · ${whereText(config)}\n`);
      return { exit, environment: config?.environment.name ?? null, tenant: config?.environment.tenant ?? null, diagnostics };
    }
    return {
      exit,
      environment: snapshot.environment,
      tenant: snapshot.tenant,
      diagnostics,
      data: snapshot,
      next: { command: `phinfra plan --from ${options.out ?? 'latest'}${context.sameFlags}`, notBefore: null },
      ...(context.format === 'human'
        ? {
            text: [
              ...snapshotLines(snapshot),
              options.out === undefined ? 'Kept beside the record.' : `Saved to ${options.out}, and kept beside the record.`,
              `phinfra plan --from ${options.out ?? 'latest'}${context.sameFlags} plans from it without a call.`,
              '',
            ].join('\n'),
          }
        : {}),
    };
  });

const taken = async (context: Context, connection: Connection, options: SnapshotOptions) =>
  (await context.host.loadEngine()).takeSnapshot(context.invocation, options, {
    signal: context.host.signal,
    ...(connection.override ? { connection: connection.override } : {}),
  });

/** What a snapshot holds, in lines: head, coverage, the calls that it took. */
export const snapshotLines = (snapshot: Snapshot): readonly string[] => {
  const { environment, tenant, deployment, edition, caller, key, madeAt, coverage, spent, reads } = snapshot;
  const calls = Object.values(spent.operations).reduce((sum, one) => sum + one, 0);
  const width = Math.max(...coverage.map(({ kind }) => kind.length));
  return [
    `snapshot · ${environment} · tenant ${tenant} · ${deployment} · ${edition} · as ${caller ?? 'an unnamed caller'} (…${key})`,
    `Made at ${madeAt}: ${many(reads.length, 'answer', 'answers')}, ${thousands(calls)} calls.`,
    '',
    ...coverage.map(({ kind, status, note }) => `  ${kind.padEnd(width)}   ${status}${note === undefined ? '' : `: ${note}`}`),
    '',
    'Secrets and contact data are not in it.',
  ];
};
