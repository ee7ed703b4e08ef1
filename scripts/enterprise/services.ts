/** services.yaml of a domain: its apps, and who may use which of the APIs that were published in the console. */
import type { Json } from '../../engine/core/ports.ts';
import { CALLER, type Company, ending, FOUND, numbered, partOf, type Unit, workersOf } from './company.ts';
import type { Draft } from './documents.ts';
import { appGroupsOf, type Secrets, secretAt } from './platform.ts';
import { folderOf } from './projects.ts';
import type { Random } from './random.ts';
import { API_VERBS, APPS, ENDS, REASONS, TABLES, type Word } from './words.ts';

/** What the console has: nobody can make these over the API. */
export type DataServiceProject = {
  readonly key: string;
  readonly isPair: boolean;
  readonly apis: readonly Api[];
};
export type Api = {
  readonly key: string;
  readonly isQuery: boolean;
  readonly fields: readonly string[];
  readonly isGranted: boolean;
};

/** APIs that are published and granted to nobody yet. */
const UNGRANTED = 3;

export const serviceProjectsOf = (unit: Unit): readonly DataServiceProject[] => {
  const { dataServiceProjectMembers: count, dataServiceGrants: grants } = unit.counts;
  const names = API_VERBS.flatMap((verb) => TABLES.map((table) => ({ key: `${verb}_${table.key}`, name: table.name })));
  return numbered([{ key: '_ds', name: '' }], count, unit).map(({ key }, at) => {
    const granted = partOf(grants, count, at);
    return {
      key,
      isPair: at % 2 === 0,
      apis: numbered(names, granted + UNGRANTED).map((api, nth) => ({
        key: api.key,
        // The fourth of four writes: it has no fields, and is granted by halves.
        isQuery: nth % 4 !== 3,
        fields: nth % 4 !== 3 ? ['1', '2', '3', '4'] : [],
        isGranted: nth < granted,
      })),
    };
  });
};

export type App = { readonly group: string; readonly key: string };
export const appsOf = (unit: Unit): readonly App[] => {
  const groups = [...appGroupsOf(unit)];
  const names: readonly Word[] = APPS.map((key) => ({ key, name: '' }));
  return numbered(names, unit.counts.dataServiceApps).map(({ key }, at) => ({
    // The last app of a domain that has several stays in the group that every tenant has.
    group: groups.length === 0 ? FOUND.appGroup : (groups[at % groups.length] as string),
    key: groups.length === 0 ? `${unit.key.slice(0, 12)}_${key}`.slice(0, 26) : key,
  }));
};

export const writeServices = (company: Company, draft: Draft, secrets: Secrets, random: Random): void => {
  for (const unit of company.domains) {
    const path = `${folderOf(unit)}/services.yaml`;
    draft.begin(
      path,
      `${unit.name}的数据服务。\nApps of ${unit.key}, members of its data-service projects, and grants of its APIs.`,
    );
    appsOf(unit).forEach((app, at) => {
      draft.put(path, ['dataServiceApps', app.group, app.key], appSpec(unit, app, at, secrets, random));
    });
    for (const project of serviceProjectsOf(unit)) {
      draft.put(path, ['dataServiceProjectMembers', project.key], projectMembers(unit));
      for (const api of project.apis)
        if (api.isGranted) draft.put(path, ['dataServiceGrants', project.key, api.key], grantOf(unit, project, api, random));
    }
  }
};

const appSpec = (unit: Unit, { group }: App, at: number, secrets: Secrets, random: Random): Json => {
  const workers = workersOf(unit).filter((account) => account !== unit.lead);
  return {
    scenarios: `${unit.name}${random.pick(['内部报表', '门店查询', '对账', '移动端展示', '合作伙伴接口'])}`,
    // Only owners see and change members: the pipeline's account owns every app beside the unit's lead.
    owners: [CALLER, unit.lead],
    ...(at % 3 === 0 ? { key: `${group}-app-${at + 1}`.replaceAll('_', '-') } : {}),
    ...(at % 3 === 0 ? { secret: secretAt(secrets, `apps/${group}_${at + 1}`), secretsVersion: '2026-11' } : {}),
    members: random
      .shuffled(workers)
      .slice(0, 1 + random.below(2))
      .map((account) => (random.chance(70) ? ending(account, random.pick(ENDS), random.pick(REASONS)) : account)),
    ...(at > 0 && at === unit.counts.dataServiceApps - 1 ? { lifecycle: { allow: ['delete'] } } : {}),
  };
};

const projectMembers = (unit: Unit): Json => {
  const of = (isEngineers: boolean): readonly string[] =>
    unit.teams.filter((team) => team.isEngineers === isEngineers).flatMap((team) => team.people);
  const [operator, ...developers] = of(true);
  return {
    admin: [unit.lead],
    ...(developers.length > 0 ? { developer: developers.slice(0, 4) } : {}),
    ...(operator === undefined ? {} : { operator: [operator] }),
    member: [`sets/auditors`, ...of(false).slice(0, 3)],
  };
};

const grantOf = (unit: Unit, project: DataServiceProject, api: Api, random: Random): Json => {
  const apps = appsOf(unit).slice(0, -1);
  const [first, second] = random.shuffled(apps);
  const until = random.pick(ENDS);
  const extent: Json = api.isQuery
    ? {
        fields: { prod: api.fields.slice(0, 1 + random.below(4)), ...(project.isPair ? { dev: [api.fields[0] as string] } : {}) },
      }
    : { halves: project.isPair && random.chance(50) ? ['prod', 'dev'] : ['prod'] };
  const entry = (app: App): Record<string, Json> => ({
    who: `dataServiceApps/${app.group}/${app.key}`,
    until,
    ...(extent as Record<string, Json>),
  });
  const workers = workersOf(unit);
  const use = [
    ...(first ? [entry(first)] : [entry({ group: FOUND.appGroup, key: FOUND.app })]),
    ...(second && random.chance(40) ? [entry(second)] : []),
    ...(random.chance(15) ? [entry({ group: FOUND.appGroup, key: FOUND.app })] : []),
    ...(workers.length > 0 && random.chance(45) ? [ending(random.pick(workers), random.pick(ENDS), random.pick(REASONS))] : []),
  ];
  const unique = [...new Map(use.map((one) => [(one as { who: string }).who, one])).values()];
  return {
    use: unique,
    // Whoever hands an API on may use it, until the same day; fields and halves are those of `use`.
    ...(first && random.chance(30) ? { delegation: [{ who: entry(first)['who'] as Json, until }] } : {}),
  };
};
