/** Small random worlds of normal forms, and what becomes of them: a seed makes the same pair on every machine. */
import { createRandom, type Random } from '../laws/random.ts';
import type { Thing, World } from './naive.ts';

const PEOPLE = ['ann', 'bob', 'cat', 'dan', 'eve'];
const GROUPS = ['userGroups/a', 'userGroups/b', 'userGroups/gone'];
const PROJECTS = ['finance', 'risk'];
const APPS = ['dataServiceApps/g/one', 'dataServiceApps/g/two'];
const TABLES = ['finance.orders', 'finance_dev.orders', 'risk.scores'];
const DAYS = ['2027-01-31', '2027-06-30', '2027-12-31'];
const ROLES = ['admin', 'developer', 'analyst'];

const until = (random: Random): object => (random.chance(0.5) ? {} : { until: random.pick(DAYS) });
const mapOf = <T>(names: readonly string[], value: (name: string) => T): Record<string, T> =>
  Object.fromEntries(names.map((name) => [name, value(name)]));
/** Members, or nothing where nobody read them. */
const read = <T>(random: Random, members: T): { members?: T } => (random.chance(0.85) ? { members } : {});

const group = (random: Random) => ({
  description: random.pick(['x', 'y']),
  active: random.chance(0.85),
  admins: mapOf(random.some(PEOPLE, 0.15), () => true),
  ...read(
    random,
    mapOf(random.some(PEOPLE, 0.4), () => true),
  ),
});

const project = (random: Random) => {
  const half = () => mapOf(random.some(PEOPLE, 0.4), () => random.some(ROLES, 0.5));
  return { mode: random.pick(['basic', 'dev-prod']), ...read(random, { prod: half(), dev: half() }) };
};

const app = (random: Random) => {
  const owners = random.some(PEOPLE, 0.2);
  return {
    owners: mapOf(owners, () => true),
    ...read(
      random,
      mapOf(
        random.some(PEOPLE, 0.3).filter((who) => !owners.includes(who)),
        () => until(random),
      ),
    ),
  };
};

const grantees = (random: Random) =>
  mapOf(random.some([...PEOPLE, ...GROUPS, ...PROJECTS.map((name) => `projects/${name}`)], 0.2), () => until(random));

const permission = (random: Random) => {
  const tables = random.some(TABLES, 0.5);
  const fields = ['region', 'level'];
  return {
    tables: Object.fromEntries(
      tables.flatMap((table) => fields.map((field) => [`${table} ${field}`, { column: random.pick([field, `${field}_name`]) }])),
    ),
    rules: mapOf(random.some(['r1', 'r2', 'r3'], 0.7), () => ({
      enabled: random.chance(0.9),
      ...(random.chance(0.2)
        ? { scope: 'all' }
        : { scope: 'select', where: { column: random.pick(fields), equal: random.pick(['east', 'west']) } }),
      grant: mapOf(random.some([...PEOPLE, ...GROUPS, 'projects/finance'], 0.25), () => true),
    })),
  };
};

const api = (random: Random) => {
  const apps = mapOf(random.some(APPS, 0.6), () => ({
    ...until(random),
    halves: random.pick([['dev'], ['prod'], ['dev', 'prod']]),
  }));
  return {
    use: { ...apps, ...mapOf(random.some(PEOPLE, 0.2), () => until(random)) },
    delegation: Object.fromEntries(Object.entries(apps).filter(() => random.chance(0.4))),
  };
};

type Maker = { readonly kind: string; readonly key: readonly string[]; readonly make: (random: Random) => object };
const of = (kind: string, keys: readonly (readonly string[])[], make: Maker['make']): Maker[] =>
  keys.map((key) => ({ kind, key, make }));

const MAKERS: readonly Maker[] = [
  ...of(
    'tenantMembers',
    PEOPLE.map((who) => [who]),
    (random) => ({ roles: mapOf(random.some(['COMMON_USER', 'BUSINESS_MEMBER'], 0.5), () => true), mail: '' }),
  ),
  ...of('userGroups', [['a'], ['b']], group),
  ...of(
    'projects',
    PROJECTS.map((name) => [name]),
    project,
  ),
  ...of(
    'dataServiceApps',
    [
      ['g', 'one'],
      ['g', 'two'],
    ],
    app,
  ),
  ...of('dataServiceProjectMembers', [['ds']], (random) => ({
    members: mapOf(random.some(PEOPLE, 0.4), () => random.pick(ROLES)),
  })),
  ...of('dataServiceGrants', [['ds', 'orders']], api),
  ...of('resourceGrants', [...TABLES.map((table) => ['tables', table]), ['dataSources', 'db']], (random) => ({
    select: grantees(random),
    ...(random.chance(0.3) ? { update: grantees(random) } : {}),
  })),
  ...of('rowPermissions', [['p'], ['q']], permission),
];

export type Pair = {
  readonly kind: string;
  readonly key: readonly string[];
  readonly before: object | null;
  readonly after: object | null;
};

/** Each resource is kept, made anew, made or deleted; few seeds change much, many change little. */
export const randomPair = (seed: number): readonly Pair[] => {
  const random = createRandom(seed);
  const moves = random.pick([0.05, 0.15, 0.5]);
  return MAKERS.flatMap(({ kind, key, make }) => {
    const before = random.chance(0.8) ? make(random) : null;
    const after = random.chance(moves) ? (random.chance(0.7) ? make(random) : null) : before;
    return before === null && after === null ? [] : [{ kind, key, before, after }];
  });
};

export const worldOf = (pairs: readonly Pair[], side: 'before' | 'after'): World =>
  pairs.flatMap(({ kind, key, [side]: spec }): Thing[] => (spec === null ? [] : [{ kind, key, spec }]));
