/** people/: members of the tenant, sets and user groups; one file per unit, one for the company. */
import type { Json } from '../../engine/core/ports.ts';
import { type Company, ending, FOUND, type Unit } from './company.ts';
import type { Draft } from './documents.ts';
import type { Random } from './random.ts';
import { ENDS, REASONS } from './words.ts';

export const COMPANY_FILE = 'people/company.yaml';

export const writePeople = (company: Company, draft: Draft, random: Random): void => {
  draft.begin(
    COMPANY_FILE,
    '跨部门的人员集合。\nSets across domains: unions of what each domain says of itself, and the auditors of this year.',
  );
  const leads = company.units.map((unit) => `sets/${unit.key}_leads`);
  draft.put(COMPANY_FILE, ['sets', 'all_leads'], { people: leads });
  draft.put(COMPANY_FILE, ['sets', 'on_call'], {
    people: ['sets/platform_engineers', ...company.domains.slice(0, 3).map((unit) => `sets/${unit.key}_engineers`)],
  });
  draft.put(COMPANY_FILE, ['sets', 'auditors'], {
    // Members since before there were files: named here, declared nowhere.
    people: FOUND.auditors.map((account) => ending(account, random.pick(ENDS), '年度审计')),
  });
  for (const unit of company.units) writeUnit(unit, draft, random);
};

const writeUnit = (unit: Unit, draft: Draft, random: Random): void => {
  const path = `people/${unit.key}.yaml`;
  draft.begin(path, `${unit.name}的成员、集合与用户组。\nWho belongs to ${unit.key}, and the sets and groups made of them.`);
  unit.declared.forEach((account, at) => {
    draft.put(path, ['tenantMembers', account], member(unit, account, at, random));
  });
  draft.put(path, ['sets', `${unit.key}_leads`], { people: [...new Set([unit.lead, unit.steward])] });
  for (const team of unit.teams) draft.put(path, ['sets', team.set], { people: teamPeople(unit, team.people, random) });
  unit.groups.forEach((group, at) => {
    draft.put(path, ['userGroups', group.key], userGroup(unit, group.name, at, random));
  });
};

const ROLES: readonly string[] = ['DATASOURCE_MANAGER', 'QUALITY_MANAGER', 'DATA_STANDARD_MANAGER', 'EXPORT_ADMIN'];

const member = (unit: Unit, account: string, at: number, random: Random): Json => {
  const isNew = unit.unregistered.includes(account);
  const number = String(random.below(10_000)).padStart(4, '0');
  return {
    roles: account === unit.lead ? ['SECURITY_ADMIN'] : random.chance(25) ? [random.pick(ROLES)] : ['BUSINESS_MEMBER'],
    ...(random.chance(60) ? { mail: account } : {}),
    ...(random.chance(30) ? { mobile: `1380000${number}` } : {}),
    ...(random.chance(20) ? { ding: account.replace('@example.com', '@dataphin') } : {}),
    ...(isNew ? { source: { type: 'aliyun', id: sourceId(unit, at), displayName: `${unit.name}新同事` } } : {}),
  };
};

/** Ids of the identity source, told apart by the unit's name and the number in it. */
const sourceId = (unit: Unit, at: number): string => {
  const mixed = [...unit.key].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1_000_000_007, 7);
  return `2048${String(mixed).padStart(10, '0')}${String(at).padStart(4, '0')}`;
};

/** The unit's leads through their set, its own people, now and then somebody for a time. */
const teamPeople = (unit: Unit, people: readonly string[], random: Random): readonly Json[] => [
  `sets/${unit.key}_leads`,
  ...people.map((account) => (random.chance(12) ? ending(account, random.pick(ENDS), random.pick(REASONS)) : account)),
];

const userGroup = (unit: Unit, name: string, at: number, random: Random): Json => {
  const team = unit.teams[at % unit.teams.length];
  return {
    description: `${name}：可读取${unit.name}数据集市`,
    admins: [...new Set([unit.lead, unit.steward])],
    members: [
      ...(team ? [`sets/${team.set}`] : []),
      ...(unit.isPlatform ? (['sets/on_call', 'sets/all_leads'].slice(at, at + 1) as readonly string[]) : []),
      ...(random.chance(35) ? [ending(random.pick(FOUND.auditors), random.pick(ENDS), random.pick(REASONS))] : []),
    ],
    ...(isActive(at) ? {} : { active: false }),
  };
};

/** The fifth of a unit is kept for emergencies; grants name none of these. */
export const isActive = (at: number): boolean => at % 5 !== 4;
