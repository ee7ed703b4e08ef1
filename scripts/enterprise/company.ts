/** The company behind the files: how many of what, who belongs where, what is called how. */
import type { Json } from '../../engine/core/ports.ts';
import type { Random } from './random.ts';
import { DOMAINS, FIRST_NAMES, GROUPS, PROJECTS, REGIONS, TABLES, type Word } from './words.ts';

/** Shares of the kinds in a thousand resources: what a tenant of some years looks like. */
const SHARES = {
  tenantMembers: 170,
  userGroups: 85,
  computeSources: 145,
  dataSources: 105,
  projects: 65,
  rowPermissions: 85,
  dataServiceAppGroups: 28,
  dataServiceApps: 95,
  dataServiceProjectMembers: 30,
  dataServiceGrants: 100,
  resourceGrants: 92,
} as const;
export type Collection = keyof typeof SHARES;
export const COLLECTIONS = Object.keys(SHARES) as readonly Collection[];

/** Fewer would leave a kind out, or a domain without a data-service project. */
export const LEAST = 70;
const PER_DOMAIN = 42;
const MOST_DOMAINS = DOMAINS.length * REGIONS.length;
/** People of one set: a team, not a department. */
const TEAM = 12;

export type Project = Word & {
  readonly mode: 'dev-prod' | 'basic';
  /** By half, of the unit's compute sources; a project of mode basic has one or none. */
  readonly sources: { readonly prod?: string; readonly dev?: string };
  readonly tables: readonly Word[];
  /** Is about to be closed: its files allow the delete. */
  readonly isClosing: boolean;
};

export type Unit = Word & {
  readonly isPlatform: boolean;
  readonly counts: Readonly<Record<Collection, number>>;
  /** Accounts that the files make members of the tenant. */
  readonly declared: readonly string[];
  /** Of these, people whom the instance does not know yet. */
  readonly unregistered: readonly string[];
  /** Accounts that are members without a file saying so. */
  readonly found: readonly string[];
  readonly lead: string;
  readonly steward: string;
  readonly teams: readonly Team[];
  readonly groups: readonly Word[];
  readonly projects: readonly Project[];
  readonly computeSources: readonly string[];
};
export type Team = {
  readonly set: string;
  readonly name: string;
  readonly isEngineers: boolean;
  readonly people: readonly string[];
};

export type Company = {
  readonly resources: number;
  readonly platform: Unit;
  readonly domains: readonly Unit[];
  readonly units: readonly Unit[];
};

/** The account of the pipeline: the tenant's super administrator. */
export const CALLER = 'ci-dataphin@example.com';
/** Live in both tenants, and in no file: what a company had before it wrote files. */
export const FOUND = {
  auditors: ['first.audit@example.com', 'second.audit@example.com', 'third.audit@example.com'],
  computeSource: 'mc_before_files',
  boundSource: 'mc_shared_dims',
  project: 'shared_dims',
  tables: ['calendar', 'regions', 'currencies'],
  userGroup: 'all_staff',
  dataSource: 'hr_core_db',
  appGroup: 'default',
  app: 'old_portal',
} as const;

/** As many of each kind as the shares say; together exactly the total. */
const countKinds = (total: number): Readonly<Record<Collection, number>> => {
  const exact = COLLECTIONS.map((collection) => ({ collection, thousandths: SHARES[collection] * total }));
  let left = total - exact.reduce((sum, { thousandths }) => sum + Math.floor(thousandths / 1000), 0);
  const byRest = [...exact].sort((a, b) => (b.thousandths % 1000) - (a.thousandths % 1000));
  const raised = new Set(byRest.slice(0, left).map(({ collection }) => collection));
  left = 0;
  return Object.fromEntries(
    exact.map(({ collection, thousandths }) => [collection, Math.floor(thousandths / 1000) + (raised.has(collection) ? 1 : 0)]),
  ) as Record<Collection, number>;
};

/** The part of a total that falls to one of several, the first ones taking the rest. */
export const partOf = (total: number, among: number, at: number): number =>
  Math.floor(total / among) + (at < total % among ? 1 : 0);

/** Declared in the domains only. */
const OF_DOMAINS: readonly Collection[] = [
  'rowPermissions',
  'dataServiceApps',
  'dataServiceProjectMembers',
  'dataServiceGrants',
  'resourceGrants',
];

/** @throws Error when there are fewer resources than every kind needs */
export const foundCompany = (resources: number, random: Random): Company => {
  if (!Number.isInteger(resources) || resources < LEAST) throw new Error(`resources: expected a whole number from ${LEAST} on`);
  const counts = countKinds(resources);
  const size = Math.min(MOST_DOMAINS, Math.max(2, Math.round(resources / PER_DOMAIN)));
  const words: Word[] = Array.from({ length: size }, (_, at) => {
    const domain = DOMAINS[at % DOMAINS.length] as Word;
    const region = REGIONS[Math.floor(at / DOMAINS.length)] as Word;
    return { key: domain.key + region.key, name: region.key === '' ? domain.name : region.name + domain.name };
  });
  const countsAt = (at: number): Readonly<Record<Collection, number>> =>
    Object.fromEntries(
      COLLECTIONS.map((collection) => {
        if (!OF_DOMAINS.includes(collection)) return [collection, partOf(counts[collection], size + 1, at)];
        return [collection, at === size ? 0 : partOf(counts[collection], size, at)];
      }),
    ) as Record<Collection, number>;
  const domains = words.map((word, at) => foundUnit(word, false, countsAt(at), random));
  const platform = foundUnit({ key: 'platform', name: '数据平台' }, true, countsAt(size), random);
  return { resources, platform, domains, units: [platform, ...domains] };
};

const foundUnit = (word: Word, isPlatform: boolean, counts: Unit['counts'], random: Random): Unit => {
  const names = random.shuffled(FIRST_NAMES);
  const account = (at: number): string => {
    const round = Math.floor(at / names.length);
    return `${names[at % names.length]}${round === 0 ? '' : round + 1}.${word.key}@example.com`;
  };
  const declared = Array.from({ length: counts.tenantMembers }, (_, at) => account(at));
  const found = [0, 1].map((at) => account(counts.tenantMembers + at));
  const [lead = found[0] as string, steward = found[1] as string, ...others] = declared;
  // The last of a larger unit has just joined: a member who works nowhere yet.
  const workers = others.length > 3 ? others.slice(0, -1) : others;
  return {
    ...word,
    isPlatform,
    counts,
    declared,
    unregistered: workers.filter((_, at) => at % 9 === 7),
    found,
    lead,
    steward,
    teams: teamsOf(word, [...workers, ...found.filter((one) => one !== lead && one !== steward)]),
    groups: numbered(GROUPS, counts.userGroups, word),
    ...projectsOf(word, counts, random),
  };
};

/** Analysts and engineers in turn, in teams of a size at which people know each other. */
const teamsOf = (word: Word, people: readonly string[]): readonly Team[] =>
  [false, true].flatMap((isEngineers) => {
    const all = people.filter((_, at) => (at % 2 === 1) === isEngineers);
    const count = Math.max(1, Math.ceil(all.length / TEAM));
    return Array.from({ length: count }, (_, at) => ({
      set: `${word.key}_${isEngineers ? 'engineers' : 'analysts'}${at === 0 ? '' : `_${at + 1}`}`,
      name: `${word.name}${isEngineers ? '数据工程师' : '分析师'}`,
      isEngineers,
      people: all.slice(at * TEAM, (at + 1) * TEAM),
    }));
  });

/** So many words made of the list, with a number once it is used up. */
export const numbered = (list: readonly Word[], count: number, before: Word = { key: '', name: '' }): readonly Word[] =>
  Array.from({ length: count }, (_, at) => {
    const { key, name } = list[at % list.length] as Word;
    const round = Math.floor(at / list.length);
    const more = round === 0 ? '' : String(round + 1);
    return { key: `${before.key}${key}${more === '' ? '' : `_${more}`}`, name: `${before.name}${name}${more}` };
  });

/** Pairs as long as there are sources for the projects that follow; what is left over is bound to nothing. */
const projectsOf = (word: Word, counts: Unit['counts'], random: Random): Pick<Unit, 'projects' | 'computeSources'> => {
  // A unit with several keeps one that is bound to nothing.
  let left = Math.max(0, counts.computeSources - (counts.computeSources > 3 ? 1 : 0));
  const computeSources: string[] = [];
  const projects = numbered(PROJECTS, counts.projects, word).map((project, at): Project => {
    const after = counts.projects - at - 1;
    const isPair = left >= 2 && left - 2 >= after;
    const prod = left > 0 ? `mc_${project.key}` : undefined;
    const sources = prod === undefined ? {} : isPair ? { prod, dev: `${prod}_dev` } : { prod };
    left -= Object.keys(sources).length;
    computeSources.push(...Object.values(sources));
    const isClosing = counts.projects > 2 && after === 0;
    return {
      ...project,
      mode: isPair ? 'dev-prod' : 'basic',
      sources,
      tables: prod === undefined || isClosing ? [] : random.shuffled(TABLES).slice(0, 6 + random.below(5)),
      isClosing,
    };
  });
  const spare = counts.computeSources - computeSources.length;
  for (let at = 0; at < spare; at++) computeSources.push(`mc_${word.key}_spare${at === 0 ? '' : `_${at + 1}`}`);
  return { projects, computeSources };
};

/** Tables of the unit as files name them: `finance_mart.orders`. */
export const tablesOf = (unit: Unit): readonly { readonly table: string; readonly name: string }[] =>
  unit.projects.flatMap((project) =>
    project.tables.map((table) => ({ table: `${project.key}.${table.key}`, name: `${project.name}${table.name}` })),
  );

/** People of the unit who may be named anywhere. */
export const workersOf = (unit: Unit): readonly string[] => unit.teams.flatMap((team) => team.people);

/** An entry with an end and a reason. */
export const ending = (who: string, until: string, reason: string): Json => ({ who, until, reason });
