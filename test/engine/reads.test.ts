/** The reads of a plan (RESOURCES 5), counted by the emulator, and what a read-only key can do. */

import { afterEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { type Sim, startSim } from '../support/sim.ts';

let sim: Sim | null = null;
afterEach(() => {
  sim?.end();
  sim = null;
});

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const account = (index: number): string => `p${index}@example.com`;
const userId = (index: number): string => String(300_000_001 + index);

const HEAD = {
  phinfra: 1,
  resources: ['r/*.yaml'],
  edition: 'basic',
  tenant: '300001413',
  connection: { region: 'cn-shanghai', caller: account(0) },
};

const world = {
  format: 'phinfra.world/1',
  tenant: '300001413',
  edition: 'basic',
  serverVersion: '6.3',
  nextId: '1',
  keys: [
    { id: 'AK', secret: 'SK', userId: userId(0), readOnly: false },
    { id: 'RO', secret: 'SK', userId: userId(0), readOnly: true },
  ],
  users: numbers(120).map((index) => ({ Id: userId(index), AccountName: account(index), SourceId: `s${index}` })),
  members: numbers(110).map((index) => ({ UserId: userId(index), RoleList: index === 0 ? ['SUPER_ADMIN'] : [] })),
  userGroups: numbers(420).map((index) => ({
    Name: `g${index}`,
    Description: 'a group',
    Members: numbers(index === 0 ? 70 : 3).map((one) => ({ UserId: userId(one) })),
  })),
  computeSources: numbers(300).map((index) => ({ Name: `mc${index}`, Description: 'a source' })),
  projects: numbers(160).map((index) => ({
    Name: `pr${index}`,
    Mode: index % 2 === 0 ? 'DEV_PROD' : 'BASIC',
    OwnerId: userId(0),
    Halves: {
      PROD: { DisplayName: `shown ${index}`, Members: { [userId(1)]: [1] } },
      DEV: index % 2 === 0 ? { DisplayName: `dev ${index}` } : null,
    },
  })),
};

const workspace = (description: string): Record<string, string> => ({
  'phinfra.yaml': stringify(HEAD),
  'r/all.yaml': stringify({
    tenantMembers: Object.fromEntries(numbers(100).map((index) => [account(index + 5), { roles: [] }])),
    userGroups: Object.fromEntries(
      numbers(400).map((index) => [
        `g${index}`,
        index < 300 ? { description, members: numbers(index === 0 ? 70 : 3).map(account) } : { description },
      ]),
    ),
    computeSources: Object.fromEntries(numbers(300).map((index) => [`mc${index}`, { description: 'a source' }])),
    projects: Object.fromEntries(
      numbers(150).map((index) => [
        `pr${index}`,
        {
          displayName: `shown ${index}`,
          ...(index < 100
            ? { members: { prod: { admin: [account(1)] }, ...(index < 20 && index % 2 === 0 ? { dev: {} } : {}) } }
            : {}),
          ...(index >= 140 ? { namespaceTag: '' } : {}),
        },
      ]),
    ),
    // 950 so far
    ...{},
  }),
  'r/more.yaml': stringify({ tenantMembers: Object.fromEntries(numbers(5).map((index) => [account(index), {}])) }),
});

describe('the reads of a plan', () => {
  it('equal the table on a workspace of about a thousand resources, by operation', async () => {
    sim = startSim({ world });
    sim.write({
      ...workspace('a group'),
      'r/groups.yaml': stringify({
        userGroups: Object.fromEntries(numbers(45).map((index) => [`new${index}`, { description: 'not there yet' }])),
      }),
    });
    const { plan, diagnostics } = await sim.plan();
    expect(diagnostics.filter((one) => one.severity === 'error')).toEqual([]);
    const declared =
      (plan?.summary.adopt ?? 0) + (plan?.summary.create ?? 0) + (plan?.summary.unchanged ?? 0) + (plan?.summary.update ?? 0);
    expect(declared).toBe(1000);
    const table = {
      GetMyTenants: 1,
      ListTenantMembers: 3, // 110 rows
      ListUserGroups: 9, // 420 rows
      ListUserGroupMembers: 300 + 1, // members given for 300, one of them has 70 rows
      ListComputeSources: 6, // 300 rows
      ListProjects: 5, // 240 rows: two for each pair
      ListProjectMembers: 100 + 10, // each given half
      GetProject: 10, // whiteList or namespaceTag given
    };
    expect(sim.calls()).toEqual(Object.fromEntries(Object.entries(table).sort(([a], [b]) => (a < b ? -1 : 1))));
    expect(plan?.bill.spent).toEqual(plan?.bill.minimum);
    expect(plan?.bill.spent.operations).toEqual(table);
    expect(sim.service.violations()).toEqual([]);
  });

  it('name a list only when something of it is declared, recorded or named', async () => {
    sim = startSim({ world });
    sim.write({ 'phinfra.yaml': stringify(HEAD), 'r/a.yaml': stringify({ projects: { pr1: { computeSource: 'mc7' } } }) });
    await sim.plan();
    expect(sim.calls()).toEqual({ GetMyTenants: 1, GetProject: 1, ListComputeSources: 6, ListProjects: 5 });
  });
});

describe('a read-only key', () => {
  it('plans without a violation, and an apply stops at its first write with 4, nothing else sent, nothing changed', async () => {
    sim = startSim({ world });
    sim.write(workspace('another text'));
    const { plan } = await sim.plan({ keyId: 'RO' });
    expect(sim.service.violations()).toEqual([]);
    expect(plan?.steps.length).toBeGreaterThan(300);
    if (!plan) return;
    const before = sim.service.world();
    sim.calls();
    const result = await sim.apply(plan, { keyId: 'RO' });
    expect(result.exit).toBe(4);
    // What only the record sees needs no call: the adoptions, and nothing else.
    expect(result.applied).toBe(plan.summary.adopt);
    expect(result.failed).toBe(1);
    expect(Object.values(sim.calls()).reduce((sum, one) => sum + one, 0)).toBe(1);
    expect(sim.service.violations().map((one) => one.kind)).toEqual(['readOnlyWrite']);
    const { usage: _before, ...was } = before;
    const { usage: _after, ...is } = sim.service.world();
    expect(is).toEqual(was);
    expect(result.diagnostics.some((one) => one.message.includes('Forbidden.RAM') || one.code === 'PERMISSION_DENIED')).toBe(
      true,
    );
  });
});
