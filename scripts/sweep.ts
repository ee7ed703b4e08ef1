/**
 * `npm run sweep`: every call of the scenarios of every kind, with every fault that can happen to it (RELIABILITY 3).
 *
 *     npx tsx scripts/sweep.ts [--sample N] [--lag MS] [--names unique|twice] [--only SUBSTRING]
 *     npx tsx scripts/sweep.ts --replay 'scenario=… lag=0 names=unique faults=3:timeout-after'
 */
import { parseArgs } from 'node:util';
import { type Met, runCase, type Verdict } from '../test/sweep/case.ts';
import { lineOf, singles } from '../test/sweep/lines.ts';
import { prepare, SCENARIOS, type Scenario, type Setting } from '../test/sweep/scenario.ts';

const { values } = parseArgs({
  options: {
    sample: { type: 'string' },
    lag: { type: 'string', multiple: true },
    names: { type: 'string', multiple: true },
    only: { type: 'string' },
    replay: { type: 'string' },
    part: { type: 'string' },
  },
});

const settings: readonly Setting[] = (values.lag ?? ['0', '3000', '20000']).flatMap((lag) =>
  (values.names ?? ['unique', 'twice']).map(
    (names) => ({ lagMs: Number(lag), names: names === 'twice' ? 'twice' : 'unique' }) as const,
  ),
);

const tell = (line: string, verdict: Verdict): void => {
  process.stdout.write(`${line}\n  exits ${verdict.exits.join(',')} runs ${verdict.runs} extra ${verdict.extra}\n`);
  for (const problem of verdict.problems) process.stdout.write(`  ${problem}\n`);
};

const replay = async (line: string): Promise<void> => {
  const fields = Object.fromEntries(line.split(' ').map((part) => part.split('=') as [string, string]));
  const scenario = await prepare(fields['scenario'] ?? '', {
    lagMs: Number(fields['lag'] ?? 0),
    names: fields['names'] === 'twice' ? 'twice' : 'unique',
  });
  const faults: Met[] = (fields['faults'] ?? '').split(',').flatMap((one) => {
    const [call, fault] = one.split(':');
    return call && fault ? [{ call: Number(call), fault }] : [];
  });
  tell(line, await runCase(scenario, { faults }));
  scenario.close();
};

const run = async (): Promise<void> => {
  if (values.replay !== undefined) return replay(values.replay);
  let cases = 0;
  let bad = 0;
  let mostExtra = 0;
  const exits = new Map<string, number>();
  const only = SCENARIOS.filter((name) => name.includes(values.only ?? ''));
  const share = values.sample === undefined ? 1 : Number(values.sample);
  let turn = 0;
  for (const setting of settings)
    for (const name of only) {
      let scenario: Scenario;
      try {
        scenario = await prepare(name, setting);
      } catch (error) {
        bad++;
        process.stdout.write(`scenario=${name} lag=${setting.lagMs} names=${setting.names}: ${(error as Error).message}\n`);
        continue;
      }
      for (const one of singles(scenario)) {
        if (turn++ % share !== 0) continue;
        const verdict = await runCase(scenario, one);
        cases++;
        mostExtra = Math.max(mostExtra, verdict.extra);
        const shown = verdict.exits.join(',');
        exits.set(shown, (exits.get(shown) ?? 0) + 1);
        if (verdict.problems.length > 0) {
          bad++;
          tell(lineOf(scenario, one), verdict);
        }
      }
      scenario.close();
    }
  process.stdout.write(`${cases} cases, ${bad} did not converge, at most ${mostExtra} calls more\n`);
  process.stdout.write(`exits ${JSON.stringify(Object.fromEntries([...exits].sort((a, b) => b[1] - a[1]).slice(0, 20)))}\n`);
  if (bad > 0) process.exitCode = 1;
};

await run();
