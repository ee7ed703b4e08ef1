/** grants.yaml of a domain: who may read which table, field and data source. */
import type { Json } from '../../engine/core/ports.ts';
import { type Company, ending, FOUND, tablesOf, type Unit, workersOf } from './company.ts';
import type { Draft } from './documents.ts';
import { dataSourcesOf } from './platform.ts';
import { folderOf } from './projects.ts';
import type { Random } from './random.ts';
import { grantees } from './rows.ts';
import { ENDS, REASONS } from './words.ts';

type Resource = { readonly sort: 'dataSources' | 'tables' | 'fields'; readonly name: string };

export const writeGrants = (company: Company, draft: Draft, random: Random): void => {
  for (const [nth, unit] of company.domains.entries()) {
    const path = `${folderOf(unit)}/grants.yaml`;
    draft.begin(path, `${unit.name}的资源授权。\nWho may read which table, field and data source of ${unit.key}.`);
    for (const { sort, name } of resourcesOf(unit, nth, random))
      draft.put(path, ['resourceGrants', sort, name], specOf(unit, sort, random));
  }
};

/** Data sources and tables in turn; a field at every fifth place, and where the others are used up. */
const resourcesOf = (unit: Unit, nth: number, random: Random): readonly Resource[] => {
  // The company's own people database is in no file; the first domain reads it all the same.
  const sources = [...(nth === 0 ? [FOUND.dataSource] : []), ...dataSourcesOf(unit).map(({ key }) => key)];
  const tables = [...random.shuffled(tablesOf(unit))].map(({ table }) => table);
  let field = 1_200_000 + nth * 10_000;
  return Array.from({ length: unit.counts.resourceGrants }, (_, at): Resource => {
    const source = at % 3 === 0 ? sources.shift() : undefined;
    if (source !== undefined) return { sort: 'dataSources', name: source };
    const table = at % 5 === 4 ? undefined : tables.shift();
    return table === undefined ? { sort: 'fields', name: `id:${++field}` } : { sort: 'tables', name: table };
  });
};

const specOf = (unit: Unit, sort: Resource['sort'], random: Random): Json => {
  const workers = workersOf(unit);
  const person = (): Json =>
    ending(workers.length > 0 ? random.pick(workers) : unit.lead, random.pick(ENDS), random.pick(REASONS));
  switch (sort) {
    case 'dataSources': {
      const accounts = unit.projects.filter(({ isClosing }) => !isClosing).map(({ key }) => `projects/${key}`);
      const account = accounts.length > 0 ? random.pick(accounts) : `projects/${FOUND.project}`;
      return {
        syncRead: [account, ...(random.chance(30) ? [`projects/${FOUND.project}`] : [])],
        ...(random.chance(50) ? { syncWrite: [ending(account, random.pick(ENDS), random.pick(REASONS))] } : {}),
        ...(random.chance(25) ? { run: [unit.steward] } : {}),
      };
    }
    case 'tables':
      return {
        select: grantees(unit, random),
        ...(random.chance(25) ? { update: [person()] } : {}),
      };
    case 'fields':
      return { select: [person(), unit.steward] };
    default:
      return sort satisfies never;
  }
};
