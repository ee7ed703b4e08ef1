/** env/: what the two tenants differ in, as merge patches over the files that both share. */
import type { Json, JsonObject } from '../../engine/core/ports.ts';
import { type Company, ending, type Unit } from './company.ts';
import type { Documents, Draft } from './documents.ts';
import { APP_GROUPS_FILE, type Secrets, secretAt } from './platform.ts';
import { folderOf } from './projects.ts';

const DEV = 'env/dev/lighter.yaml';
const PROD_PLATFORM = 'env/prod/platform.yaml';
const PROD_SERVICES = 'env/prod/services.yaml';

/** @param shared the files that the patches are for, complete */
export const writeOverlays = (company: Company, shared: Documents, draft: Draft, secrets: Secrets): void => {
  draft.begin(DEV, '试运行租户：较少的成员与授权。\nThe tenant for trying things out: fewer grants, no partners.');
  draft.begin(PROD_PLATFORM, '生产租户的平台设置。\nProduction: narrower white lists, logins of its own.');
  draft.begin(PROD_SERVICES, '生产租户的数据服务。\nProduction: app secrets of its own, ends that are nearer.');
  for (const [nth, unit] of company.domains.entries()) {
    // Not every domain differs: a third of them each way.
    if (nth % 3 === 0) lighten(unit, shared, draft);
    if (nth % 3 === 1) tighten(unit, shared, draft, secrets);
  }
};

const at = (shared: Documents, path: string, ...keys: readonly string[]): JsonObject => {
  let value: Json = shared[path]?.content ?? {};
  for (const key of keys) value = (value as JsonObject)[key] ?? {};
  return value as JsonObject;
};

/** The last API of the domain is granted to nobody in dev, and its last table to nobody but the steward. */
const lighten = (unit: Unit, shared: Documents, draft: Draft): void => {
  const services = `${folderOf(unit)}/services.yaml`;
  for (const [project, apis] of Object.entries(at(shared, services, 'dataServiceGrants'))) {
    const last = Object.keys(apis as JsonObject).at(-1);
    if (last !== undefined) draft.put(DEV, ['dataServiceGrants', project, last], null);
  }
  const table = Object.keys(at(shared, `${folderOf(unit)}/grants.yaml`, 'resourceGrants', 'tables')).at(-1);
  if (table !== undefined) draft.put(DEV, ['resourceGrants', 'tables', table], { select: [unit.steward], update: null });
  const group = unit.groups[0];
  if (group) draft.put(DEV, ['userGroups', group.key], { description: `${group.name}（试运行）` });
  const partners = Object.keys(at(shared, APP_GROUPS_FILE, 'dataServiceAppGroups')).find((key) => key === `${unit.key}_partners`);
  const used = at(shared, services, 'dataServiceApps');
  if (partners !== undefined && used[partners] === undefined) draft.put(DEV, ['dataServiceAppGroups', partners], null);
};

const tighten = (unit: Unit, shared: Documents, draft: Draft, secrets: Secrets): void => {
  const project = unit.projects[0];
  if (project)
    draft.put(PROD_PLATFORM, ['projects', project.key], {
      whiteList: [{ ip: '10.20.0.0/16', port: '3306', description: '生产网' }],
    });
  const source = unit.computeSources[0];
  if (source !== undefined)
    draft.put(PROD_PLATFORM, ['computeSources', source], {
      config: { 'maxcompute.access.key': secretAt(secrets, `prod/maxcompute_${unit.key}`) },
      secretsVersion: '2026-11-prod',
    });
  const apps = at(shared, `${folderOf(unit)}/services.yaml`, 'dataServiceApps');
  for (const [group, of] of Object.entries(apps).slice(0, 1)) {
    const [name, app] = Object.entries(of as JsonObject)[0] ?? [];
    if (name === undefined || !app) continue;
    draft.put(PROD_SERVICES, ['dataServiceApps', group, name], {
      ...((app as JsonObject)['secret'] === undefined ? {} : { secret: secretAt(secrets, `prod/${group}_1`) }),
      members: [ending(unit.steward, '2031-06-30', '生产仅限管家')],
    });
  }
};
