/** One process that spends calls of a ledger that others share: takes its places, sends each call, tells both. */
import { EngineError } from '../../engine/core/diagnostic.ts';
import { createClient } from '../../engine/shell/client.ts';
import { systemClock } from '../../engine/shell/clock.ts';
import { resolveEndpoint } from '../../engine/shell/endpoint.ts';
import { openLedger, type Place } from '../../engine/shell/ledger.ts';
import { createPacer } from '../../engine/shell/pace.ts';
import { type SpenderReport, type SpenderTask, storeOf } from './task.ts';

const spend = async (task: SpenderTask): Promise<SpenderReport> => {
  const { name, quotas, guardMs, service, tenant } = task;
  const clock = systemClock;
  const ledger = openLedger({
    store: storeOf(task),
    holder: name,
    by: name,
    timezone: 'UTC',
    quotas,
    reserve: { level1: 0, level2: 0, level3: 0 },
    review: 0.3,
    clock,
    guardMs,
    isRequired: task.isRequired,
  });
  let last: Place | null = null;
  const take: typeof ledger.take = async (ask) => {
    const taken = await ledger.take(ask);
    if ('atMs' in taken) last = taken;
    return taken;
  };
  const pacer = createPacer({ quotas, share: 1, clock, random: Math.random, ledger: { ...ledger, take } });
  const found = resolveEndpoint({ region: null, endpoint: service.endpoint, allowed: [] });
  if (!found.ok) throw new Error(found.message);
  const client = createClient({ endpoint: found.endpoint, tenant, credentials: service, clock });
  const places: number[] = [];
  const outcomes: Record<string, number> = {};
  let stopped: string | null = null;
  if (task.reserved > 0) await ledger.reserve({ '1': task.reserved, '2': 0, '3': 0 });
  const sent: Promise<void>[] = [];
  for (let call = 0; call < task.calls; call++) {
    if (task.haltAfter === call) {
      process.send?.('halted');
      await new Promise(() => setInterval(() => undefined, 1_000));
    }
    try {
      await pacer.pass(1);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      stopped = error.code;
      break;
    }
    places.push((last as Place | null)?.slot.atMs ?? Number.NaN);
    sent.push(
      client.call('GetMyTenants', {}).then((result) => {
        outcomes[result.outcome] = (outcomes[result.outcome] ?? 0) + 1;
      }),
    );
  }
  await Promise.all(sent);
  client.close();
  await ledger.close();
  return { places, outcomes, warnings: ledger.warnings().map(({ message }) => message), stopped };
};

process.once('message', (task) => {
  void spend(task as SpenderTask).then(
    (report) => process.send?.(report, () => process.disconnect()),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exit(1);
    },
  );
});
