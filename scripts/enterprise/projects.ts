/** projects.yaml and access.yaml of a unit: what it builds, and who works in which half. */
import type { Json } from '../../engine/core/ports.ts';
import { type Company, ending, FOUND, type Project, type Unit, workersOf } from './company.ts';
import type { Draft } from './documents.ts';
import type { Random } from './random.ts';
import { ENDS, REASONS } from './words.ts';

export const folderOf = (unit: Unit): string => (unit.isPlatform ? 'platform' : `domains/${unit.key}`);

export const writeProjects = (company: Company, draft: Draft, random: Random): void => {
  for (const unit of company.units) {
    const projects = `${folderOf(unit)}/projects.yaml`;
    const access = `${folderOf(unit)}/access.yaml`;
    draft.begin(projects, `${unit.name}的项目。\nProjects of ${unit.key}; who works in them stands in access.yaml.`);
    draft.begin(access, `${unit.name}的项目成员。\nWho works in the projects of ${unit.key}, half by half.`);
    unit.projects.forEach((project, at) => {
      draft.put(projects, ['projects', project.key], projectOf(unit, project, at, random));
      draft.put(access, ['projects', project.key, 'members'], membersOf(unit, project, at, random));
    });
  }
};

const projectOf = (unit: Unit, project: Project, at: number, random: Random): Json => {
  const { mode, sources, name } = project;
  const isPair = mode === 'dev-prod';
  // A platform without sources of its own computes on the one that was there before.
  const source = sources.prod ?? (unit.isPlatform && at === unit.projects.length - 1 ? FOUND.computeSource : undefined);
  return {
    mode,
    displayName: name,
    description: isPair ? { prod: `${name}，生产`, dev: `${name}，开发` } : `${name}，单环境`,
    ...(source === undefined ? {} : { computeSource: isPair ? { ...sources } : source }),
    ...(random.chance(25) ? { namespaceTag: random.pick(['PUBLIC', 'APPLICATION', 'BASE']) } : {}),
    ...(random.chance(40) ? { whiteList: whiteList(random) } : {}),
    ...(project.isClosing ? { lifecycle: { allow: ['delete'] } } : {}),
  };
};

const NETWORKS = [
  { ip: '10.0.0.0/8', port: '3306', description: '办公网' },
  { ip: '172.16.8.0/22', port: '5432', description: '机房' },
  { ip: '192.168.30.12', port: '8080', description: '跳板机' },
];
const whiteList = (random: Random): readonly Json[] => random.shuffled(NETWORKS).slice(0, 1 + random.below(2));

const membersOf = (unit: Unit, project: Project, at: number, random: Random): Json => {
  const of = (isEngineers: boolean): string => {
    const teams = unit.teams.filter((team) => team.isEngineers === isEngineers);
    return `sets/${teams[at % teams.length]?.set ?? ''}`;
  };
  const workers = workersOf(unit);
  const guest = random.chance(45) ? [ending(random.pick(FOUND.auditors), random.pick(ENDS), random.pick(REASONS))] : [];
  const prod = {
    admin: [`sets/${unit.key}_leads`],
    analyst: [of(false)],
    operator: ['sets/platform_engineers'],
    ...(guest.length > 0 ? { visitor: guest } : {}),
  };
  if (project.mode === 'basic') return { prod };
  return {
    prod,
    dev: {
      admin: [`sets/${unit.key}_leads`],
      developer: [of(true), of(false)],
      ...(workers.length > 0 && random.chance(30) ? { '17': [random.pick(workers)] } : {}),
    },
  };
};
