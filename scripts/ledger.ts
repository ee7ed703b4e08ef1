/**
 * Four processes that share a ledger, 200 calls each at 50 a second, and a fifth that is killed among them: `npx tsx
 * scripts/ledger.ts [file|redis] [CALLS] [PER SECOND] [GUARD MS] [PROCESSES]`. One line in the end; exit 1 where a second held too many.
 */
import { shareLedger } from '../test/ledger/processes.ts';

const [store = 'file', ...numbers] = process.argv.slice(2);
const [calls = 200, perSecond = 50, guardMs = 250, processes = 4] = numbers.map(Number);
const redis = store === 'redis' ? { redis: { stopAfter: null } } : {};
const shared = await shareLedger({ processes, calls, perSecond, guardMs, reserved: calls, killAfter: 10, ...redis });
const sent = shared.reports.reduce((sum, { places }) => sum + places.length, 0);
const bound = ((sent - 1) * (1000 + guardMs)) / perSecond / 1000;
process.stdout.write(
  `${store}: ${processes} processes, ${sent} calls, ${perSecond} a second, guard ${guardMs} ms: at most ${shared.busiest} places a second, ` +
    `${shared.violations} violations and ${shared.throttled} refusals at the service, ${shared.seconds.toFixed(1)} s ` +
    `(${((100 * bound) / shared.seconds).toFixed(0)} % of the guarded rate)\n`,
);
for (const { warnings } of shared.reports) for (const warning of warnings) process.stdout.write(`${warning}\n`);
process.exitCode = shared.busiest > perSecond || shared.violations > 0 || shared.throttled > 0 ? 1 : 0;
