/** `budget`: the ledger as people and programs read it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { quotasOf } from '../../engine/core/quota.ts';
import { budget, type Edition } from '../../engine/index.ts';
import { type LedgerStore, memoryStore, openLedger } from '../../engine/shell/ledger.ts';
import { createVirtualClock } from '../support/apply-clock.ts';
import { temporaryFolder } from '../support/apply-plan.ts';
import { runCli } from './hosts.ts';

const workspace = (edition: Edition, more = ''): string => {
  const folder = temporaryFolder();
  writeFileSync(
    join(folder, 'phinfra.yaml'),
    `phinfra: 1\nresources: []\ntenant: "300001413"\nedition: ${edition}\nconnection: { region: cn-shanghai }\n${more}`,
  );
  return folder;
};
const clock = createVirtualClock();
const shown = (folder: string, store: LedgerStore, ...flags: string[]) =>
  runCli(['budget', '-C', folder, '--no-color', ...flags], {
    engine: { budget: (invocation, ports) => budget(invocation, { ...ports, clock, ledger: store }) },
  });
const used = async (edition: Edition): Promise<LedgerStore> => {
  const store = memoryStore();
  const quotas = quotasOf(edition, null);
  const run = (by: string) =>
    openLedger({
      store,
      holder: by,
      by,
      timezone: 'Asia/Shanghai',
      quotas,
      reserve: { level1: 0, level2: 0, level3: 0 },
      review: 0.3,
      clock,
    });
  const perSecond = quotas.map((quota) => quota.perSecond);
  const ask = { perSecond, notBeforeMs: 0, useReserve: false, instead: null };
  const plan = run('plan dev of finance on build-7');
  const apply = run('apply prod of finance on build-8');
  for (const level of [1, 1, 1, 2] as const) await plan.take({ ...ask, level });
  await apply.reserve({ '1': 0, '2': 10, '3': 30 });
  for (let call = 0; call < 5; call++) await apply.take({ ...ask, level: 3 });
  return store;
};

describe('budget', () => {
  it('tells what is spent, set aside, kept and left, and by whom', async () => {
    const ran = await shown(workspace('basic', 'budget: { reserve: { level3: 0.2 } }\n'), await used('basic'));
    expect([ran.exit, ran.stderr]).toEqual([0, '']);
    expect(ran.stdout.split('\n')).toEqual([
      'budget · default · tenant 300001413 · cn-shanghai · 2026-11-24, until 2026-11-25 00:00 Asia/Shanghai',
      '',
      'Calls today                 a day      spent  set aside    reserve       left',
      '  level 1                no limit          3          0          0              50 a second',
      '  level 2                no limit          1         10          0              20 a second',
      '  levels 1, 2              50,000          4         10          0     49,986',
      '  level 3                  10,000          5         25      2,000      7,970   5 a second',
      '',
      'Spent by                  level 1    level 2    level 3',
      '                                0          0          5   apply prod of finance on build-8',
      '                                3          1          0   plan dev of finance on build-7',
      '',
      'Set aside by              level 1    level 2    level 3',
      '                                0         10         25   apply prod of finance on build-8   until 2026-11-24 10:03 unless it goes on',
      '',
    ]);
  });

  it('says so where nobody has spent anything', async () => {
    const ran = await shown(workspace('personal'), memoryStore());
    expect(ran.stdout.split('\n').slice(2)).toEqual([
      'Calls today                 a day      spent  set aside    reserve       left',
      '  levels 1, 2, 3              100          0          0          0        100   5 a second',
      '',
      'No call was made today by runs that share this ledger.',
      '',
    ]);
  });

  it('gives programs the same, also where its options stand before a name', async () => {
    const ran = await shown(workspace('personal'), await used('personal'), '--format', 'json');
    expect(ran.stderr).toBe('');
    expect(JSON.parse(ran.stdout)).toMatchObject({
      command: 'budget',
      tenant: '300001413',
      exit: 0,
      data: {
        day: '2026-11-24',
        until: '2026-11-24T16:00:00.000Z',
        quotas: [{ levels: [1, 2, 3], perSecond: 5, perDay: 100, spent: 9, reserved: 35, kept: 0, left: 56 }],
        by: [
          { name: 'apply prod of finance on build-8', calls: { '1': 0, '2': 0, '3': 5 } },
          { name: 'plan dev of finance on build-7', calls: { '1': 3, '2': 1, '3': 0 } },
        ],
        reservations: [
          {
            name: 'apply prod of finance on build-8',
            calls: { '1': 0, '2': 10, '3': 25 },
            expires: expect.stringMatching(/^2026-11-24T02:03/),
          },
        ],
      },
    });
    const simulated = await runCli(['budget', '--format', 'json', 'simulate', '-C', workspace('personal')], {
      engine: { simulateBudget: async () => ({ exit: 0, diagnostics: [], config: null, simulation: null }) },
    });
    expect(JSON.parse(simulated.stdout)).toMatchObject({ command: 'budget simulate', exit: 0 });
  });
});
