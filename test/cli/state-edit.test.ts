import { describe, expect, it } from 'vitest';
import type { ForgetOptions, UnlockOptions, UnlockResult } from '../../cli/engine.ts';
import { runCli } from './hosts.ts';

const forgetting = () => {
  const seen: ForgetOptions[] = [];
  const forget = async (_invocation: unknown, options: ForgetOptions) => {
    seen.push(options);
    const resources = [{ address: 'userGroups/a', ids: { id: '12' }, origin: 'created' }];
    return { exit: 0, diagnostics: [], config: null, tenant: '300001413', resources };
  };
  return { seen, engine: { forget } };
};
const GLOB = ['state', 'forget', 'userGroups/*'];

describe('state forget', () => {
  it('forgets what was listed once the answer is yes, and nothing without it', async () => {
    const yes = forgetting();
    const ran = await runCli(GLOB, { engine: yes.engine, answer: 'yes' });
    expect(ran.exit).toBe(0);
    expect(ran.stdout).toContain('  . userGroups/a  12   created\n');
    expect(yes.seen).toEqual([
      { resources: ['userGroups/*'], dryRun: true },
      { resources: ['userGroups/a'], dryRun: false },
    ]);
    const no = forgetting();
    expect(await runCli(GLOB, { engine: no.engine, answer: 'no' })).toMatchObject({ exit: 3 });
    expect(no.seen).toEqual([{ resources: ['userGroups/*'], dryRun: true }]);
    expect(await runCli(GLOB)).toMatchObject({ exit: 3, stdout: '' });
  });
});

describe('state unlock', () => {
  it("asks for the tenant's id where the holder is elsewhere", async () => {
    const holder = { host: 'h', bootId: '', pid: 7, startedAt: '', command: 'apply', since: '2026-11-24T00:00:00Z' };
    for (const [answer, exit, calls] of [
      ['300001413', 0, [{ dryRun: true }, { fence: 4 }]],
      ['yes', 3, [{ dryRun: true }]],
    ] as const) {
      const seen: UnlockOptions[] = [];
      const unlock = async (_invocation: unknown, options: UnlockOptions = {}): Promise<UnlockResult> => {
        seen.push(options);
        const lock = { fence: 4, status: 'elsewhere', holder } as const;
        return { exit: 0, diagnostics: [], config: null, tenant: '300001413', lock, isReleased: options.fence === 4 };
      };
      const ran = await runCli(['state', 'unlock'], { engine: { unlock }, answer });
      expect(ran.exit).toBe(exit);
      expect(ran.stdout).toContain('apply since 2026-11-24T00:00:00Z: process 7 on h');
      expect(seen).toEqual(calls);
    }
  });
});
