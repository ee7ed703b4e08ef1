/** Random resource grants, and edits of them. */
import { type DriftsOf, type Edit, type Model, pointerPart } from './model.ts';
import type { Random } from './random.ts';

export type ResourceGrantSpec = Record<string, unknown>;
export type GrantParts = {
  readonly principals: readonly string[];
  readonly sources: readonly string[];
  readonly tables: readonly string[];
};

const OPERATIONS: Readonly<Record<string, readonly string[]>> = {
  dataSources: ['syncRead', 'syncWrite'],
  tables: ['select', 'update'],
  fields: ['select'],
};
const entry = (random: Random, who: string): unknown =>
  random.chance(0.5) ? who : { who, until: random.pick(['2031-12-31', '2030-06-30']), reason: 'INC-4711' };

const spec = (random: Random, sort: string, principals: readonly string[]): ResourceGrantSpec =>
  Object.fromEntries(
    random
      .some(OPERATIONS[sort] ?? [], 0.7)
      .map((operation) => [operation, random.some(principals, 0.35).map((who) => entry(random, who))]),
  );

export const resourceGrantModel = (random: Random, parts: GrantParts): Model['resourceGrants'] => {
  const of = (sort: string, names: readonly string[]) =>
    Object.fromEntries(random.some(names, 0.4).map((name) => [name, spec(random, sort, parts.principals)]));
  const found = {
    dataSources: of('dataSources', parts.sources),
    tables: of('tables', parts.tables),
    fields: of('fields', ['id:1234567']),
  };
  return Object.fromEntries(Object.entries(found).filter(([, named]) => Object.keys(named).length > 0));
};

/** Grants that are there already, on tables, by the console. */
export const liveResourceGrants = (
  random: Random,
  world: { readonly userIds: readonly string[]; readonly tables: readonly string[] },
): unknown[] =>
  world.tables.flatMap((ResourceId) =>
    random.some(world.userIds, 0.25).map((AccountId) => ({
      ResourceType: 'PHYSICAL_TABLE',
      ResourceId,
      AccountId,
      AccountType: 'PERSONAL',
      Operations: { SELECT: random.pick(['3025-12-31 23:59:59', '2031-12-31 23:59:59', '2020-01-01 23:59:59']) },
    })),
  );

const anyGrant = (model: Model, random: Random): { sort: string; name: string; grant: ResourceGrantSpec } | null => {
  const all = Object.entries(model.resourceGrants).flatMap(([sort, of]) =>
    Object.entries(of).map(([name, grant]) => ({ sort, name, grant })),
  );
  return all.length === 0 ? null : random.pick(all);
};

export const GRANT_EDITS: Readonly<Record<string, Edit>> = {
  'resource grant': (model, scene, random) => {
    const found = anyGrant(model, random);
    if (!found) return null;
    const operation = random.pick(OPERATIONS[found.sort] ?? []);
    found.grant[operation] = random.some(scene.members, 0.4).map((who) => entry(random, who));
    return `resourceGrants/${found.sort}/${found.name}`;
  },
  'resource grant removed': (model, _scene, random) => {
    const found = anyGrant(model, random);
    if (!found) return null;
    delete model.resourceGrants[found.sort]?.[found.name];
    return `resourceGrants/${found.sort}/${found.name}`;
  },
};

/** Somebody takes one operation back from a person who is declared. */
export const grantDrifts: DriftsOf = (model, world, _random, add) => {
  for (const [table, spec] of Object.entries(model.resourceGrants['tables'] ?? {}))
    for (const [operation, entries] of Object.entries(spec) as [string, unknown[]][])
      for (const one of entries) {
        const who = typeof one === 'string' ? one : (one as { who: string }).who;
        const id = world.users.find((user) => user.AccountName === who)?.Id;
        const isMeant = (row: { ResourceId: string; AccountId: string }): boolean =>
          row.ResourceId === `odps.300001413.${table}` && row.AccountId === id;
        const held = world.resourceGrants.find(isMeant)?.Operations[operation.toUpperCase()];
        if (id === undefined || held === undefined) continue;
        add(`resourceGrants/tables/${table}`, `/${operation}/${pointerPart(who)}`, (draft) => {
          for (const row of draft.resourceGrants) if (isMeant(row)) delete row.Operations[operation.toUpperCase()];
        });
      }
};
