import { describe, expect, it } from 'vitest';
import { NO_CALLS } from '../../engine/core/bill.ts';
import { type ChangesInput, findChanges } from '../../engine/core/changes.ts';
import type { Desired, Plan } from '../../engine/core/model.ts';
import { assemblePlan, type PlanHead } from '../../engine/core/plan.ts';
import { detailedExit, readPlan } from '../../engine/core/plan-file.ts';
import { nameTable } from '../../engine/core/reads.ts';
import { makeSteps } from '../../engine/core/steps.ts';
import { KINDS } from '../../engine/kinds/index.ts';
import { userGroups } from '../../engine/kinds/user-groups.ts';
import { desiredOf, hash, liveOf, PORTS, recordOf } from '../support/resources.ts';

const HEAD: PlanHead = {
  workspace: 'w',
  environment: 'prod',
  tenant: '300001413',
  endpoint: 'https://example.com',
  deployment: 'cn-shanghai',
  region: 'cn-shanghai',
  edition: 'basic',
  caller: null,
  key: '7Q2a',
  day: '2026-11-24',
  timezone: 'Asia/Shanghai',
  madeAt: '2026-11-24T02:00:00.000Z',
  record: null,
  destroy: false,
};

const LIVE = liveOf(userGroups, 'analysts', { description: 'Reads marts', active: true, admins: {} });

/** A plan that creates one group and updates another. */
const planOf = ({
  head = {},
  reverse = false,
  line = 1,
  description = 'Reads the finance marts',
  live = LIVE,
}: {
  readonly head?: Partial<PlanHead>;
  readonly reverse?: boolean;
  readonly line?: number;
  readonly description?: string;
  readonly live?: typeof LIVE;
} = {}): Plan => {
  const place = { file: 'tenant.yaml', line, column: 3 };
  const at: Partial<Desired> = { source: place, sourceOf: () => place };
  const desired = [
    desiredOf(userGroups, 'analysts', { description }, at),
    desiredOf(userGroups, 'stewards', { active: false }, at),
  ];
  const input: ChangesInput = {
    kinds: KINDS,
    desired: reverse ? desired.reverse() : desired,
    live: new Map([['userGroups', { resources: [live], isComplete: true, unproven: new Set<string>() }]]),
    state: null,
    drift: 'revert',
    exclusive: [],
    caller: null,
    gone: new Set(),
    pushSecrets: [],
  };
  const found = findChanges(input, PORTS);
  const names = nameTable(new Map());
  const made = makeSteps({
    drafts: found.drafts,
    kinds: KINDS,
    names,
    addable: new Map(),
    caller: null,
    tenant: '300001413',
    liveCount: () => 0,
  });
  return assemblePlan(
    {
      head: { ...HEAD, ...head },
      kinds: KINDS,
      found,
      made,
      access: { gained: [], lost: [], unread: [] },
      bill: {
        spent: NO_CALLS,
        minimum: NO_CALLS,
        toApply: NO_CALLS,
        settle: NO_CALLS,
        check: NO_CALLS,
        left: [],
        seconds: 1,
        days: 1,
        byDay: [],
        looks: { lists: [], further: [], each: {} },
      },
      coverage: [],
      looked: [],
      parts: [],
      managedKinds: new Set(['userGroups']),
      people: {},
      warnings: [],
    },
    PORTS,
  );
};

describe('the digest of the changes', () => {
  const digest = planOf().changesDigest;
  it('is the same for every order of files, line and time: on a branch and on main', () => {
    expect(planOf({ reverse: true }).changesDigest).toBe(digest);
    expect(planOf({ line: 700 }).changesDigest).toBe(digest);
    expect(
      planOf({ head: { madeAt: '2030-01-01T00:00:00.000Z', day: '2030-01-01', key: 'abcd', caller: 'x@example.com' } })
        .changesDigest,
    ).toBe(digest);
  });
  it('differs with the environment, the tenant, a value, and the live object that the change was made from', () => {
    const others = [
      planOf({ head: { environment: 'dev' } }),
      planOf({ head: { tenant: '300001500' } }),
      planOf({ description: 'Reads all marts' }),
      planOf({ live: liveOf(userGroups, 'analysts', { description: 'Changed meanwhile', active: true, admins: {} }) }),
      planOf({ live: { ...LIVE, ids: { id: 'another' } } }),
    ].map((plan) => plan.changesDigest);
    expect(new Set([digest, ...others]).size).toBe(6);
  });
});

describe('a saved plan', () => {
  const plan = planOf();
  const text = JSON.stringify(plan);
  const codeOf = (saved: string) => {
    const read = readPlan(saved, hash);
    return 'problem' in read ? read.problem.code : read.plan;
  };
  it('is what it was after JSON, also indented and with its keys in another order', () => {
    expect(codeOf(text)).toEqual(plan);
    expect(codeOf(JSON.stringify(plan, null, 2))).toEqual(plan);
    expect(codeOf(JSON.stringify(Object.fromEntries(Object.entries(plan).reverse())))).toEqual(plan);
  });
  it('is refused when any value of it was changed, wherever it stands', () => {
    const paths: (readonly string[])[] = [];
    const walk = (value: unknown, path: readonly string[]): void => {
      if (typeof value === 'object' && value !== null)
        for (const [key, inner] of Object.entries(value)) walk(inner, [...path, key]);
      else paths.push(path);
    };
    walk(plan, []);
    expect(paths.length).toBeGreaterThan(100);
    const refused = paths.filter((path) => {
      const copy = JSON.parse(text) as Record<string, unknown>;
      let at = copy;
      for (const part of path.slice(0, -1)) at = at[part] as Record<string, unknown>;
      const last = path.at(-1) ?? '';
      at[last] = typeof at[last] === 'string' ? `${at[last]}x` : 'edited';
      const code = codeOf(JSON.stringify(copy));
      return code === (path[0] === 'format' ? 'PLAN_FORMAT' : 'PLAN_EDITED');
    });
    expect(refused).toEqual(paths);
  });
  it('is refused when a value was added or taken away', () => {
    expect(codeOf(JSON.stringify({ ...plan, more: 1 }))).toBe('PLAN_EDITED');
    const { caller: _caller, ...less } = plan;
    expect(codeOf(JSON.stringify(less))).toBe('PLAN_EDITED');
    expect(codeOf(JSON.stringify({ ...plan, steps: plan.steps.slice(1) }))).toBe('PLAN_EDITED');
    const { planDigest: _digest, ...bare } = plan;
    expect(codeOf(JSON.stringify(bare))).toBe('PLAN_EDITED');
  });
  it('is told from what is no plan', () => {
    for (const saved of ['', '{', 'null', '[]', '42', '"plan"', '{}', text.slice(0, -1), text.slice(0, text.length / 2)])
      expect([saved.slice(0, 10), codeOf(saved)]).toEqual([saved.slice(0, 10), 'PLAN_UNREADABLE']);
    expect(codeOf('{"format":"phinfra.plan/2"}')).toBe('PLAN_FORMAT');
    expect(codeOf('{"format":"phinfra.plan/1"}')).toBe('PLAN_EDITED');
  });
});

it('shows changes by kind and address, counts them, and takes adoptions and hand work for no difference', () => {
  const plan = planOf({ reverse: true });
  expect(plan.changes.map(({ action, address }) => `${action} ${address}`)).toEqual([
    'update userGroups/analysts',
    'create userGroups/stewards',
  ]);
  expect(plan.summary).toMatchObject({ create: 1, update: 1, delete: 0, none: 0, unchanged: 0, unmanaged: 0 });
  expect(detailedExit(plan)).toBe(2);
  const { create: _create, update: _update, ...rest } = plan.summary;
  expect(detailedExit({ ...plan, summary: { ...rest, create: 0, update: 0, adopt: 3, forget: 2, manual: 4, none: 5 } })).toBe(0);
});

it('holds a record for each change that says what will be ours', () => {
  const change = planOf().changes.find(({ address }) => address === 'userGroups/analysts');
  expect(change?.record).toMatchObject({ ids: { id: 'id of analysts' }, origin: 'adopted' });
  expect(change?.record?.fields).toEqual(recordOf({ description: 'Reads the finance marts' }, ['/description']).fields);
});
