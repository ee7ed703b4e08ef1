/** Whose tenant it is: proven by the first read of every plan, and named before anything is asked. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { budget, plan } from '../../engine/index.ts';
import { proveTenant } from '../../engine/shell/planner.ts';
import type { Reader } from '../../engine/shell/reader.ts';
import { startSim } from '../support/sim.ts';

const files = (more: object) => ({
  'phinfra.yaml': JSON.stringify({ phinfra: 1, edition: 'basic', resources: ['r.yaml'], ...more }),
  'r.yaml': JSON.stringify({ userGroups: { a: {} } }),
});
const started = () => {
  const sim = startSim();
  onTestFinished(sim.end);
  return sim;
};

describe('another tenant than the key’s', () => {
  it('is refused after one read, with the tenants that the account belongs to', async () => {
    const sim = started();
    sim.write(files({ tenant: '999', connection: { region: 'cn-shanghai' } }));
    const { exit, plan: made, diagnostics } = await sim.plan();
    expect([exit, made, diagnostics.map(({ code, message }) => [code, message])]).toEqual([
      4,
      null,
      [['TENANT_WRONG', "The key's account does not belong to tenant 999; it belongs to 300001413."]],
    ]);
    expect(sim.calls()).toEqual({ GetMyTenants: 1 });
  });

  it('is refused as well where the account belongs to none', async () => {
    const says = (answer: object | null) => proveTenant({ call: async () => answer } as unknown as Reader, '7');
    for (const answer of [{ TenantList: [] }, {}])
      await expect(says(answer)).rejects.toMatchObject({
        code: 'TENANT_WRONG',
        message: "The key's account does not belong to tenant 7.",
      });
    await expect(says({ TenantList: [{ Id: 7 }] })).resolves.toBeUndefined();
  });

  it('is none at all where only an emulator would tell it, and none was started', async () => {
    const sim = started();
    sim.write(files({ connection: { emulator: {} } }));
    const invocation = { folder: sim.folder, variables: {}, env: {}, home: sim.folder };
    for (const { exit, diagnostics } of [await plan(invocation), await budget(invocation)])
      expect([exit, diagnostics.map(({ code }) => code)]).toEqual([3, ['ENDPOINT_WRONG']]);
  });
});
