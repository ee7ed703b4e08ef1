/** Random app groups, apps, data-service project members and API grants, and edits of them. */
import { type DriftsOf, type Edit, type Model, OWNER, pointerPart } from './model.ts';
import type { Random } from './random.ts';

export type AppSpec = {
  scenarios?: string;
  owners?: string[];
  key?: string;
  secret?: string;
  secretsVersion?: string;
  members?: unknown[];
  lifecycle?: object;
  renamedFrom?: string;
};
export type ApiGrantSpec = { use?: unknown[]; delegation?: unknown[]; lifecycle?: object };

const GROUPS = ['default', 'ag_one', 'ag_two'];
const APPS = ['app_one', 'app_two', '报表门户'];
const until = (random: Random): { until?: string } =>
  random.chance(0.5) ? { until: random.pick(['2031-12-31', '2030-06-30']) } : {};

const appSpec = (random: Random, people: readonly string[], strict: boolean): AppSpec => {
  const owners = [...new Set([...(strict || random.chance(0.5) ? [OWNER] : []), ...random.some(people, 0.3)])];
  const rest = people.filter((account) => !owners.includes(account));
  return {
    scenarios: random.pick(['internal reporting', '报表']),
    owners: owners.length > 0 ? owners : [OWNER],
    ...(random.chance(0.4) ? { secret: '${env:MC_SECRET}', ...(random.chance(0.4) ? { secretsVersion: '2026-11' } : {}) } : {}),
    ...(random.chance(0.7)
      ? { members: random.some(rest, 0.4).map((who) => (random.chance(0.5) ? who : { who, ...until(random) })) }
      : {}),
  };
};

const appNames = (apps: Model['dataServiceApps']): string[] =>
  Object.entries(apps).flatMap(([group, of]) => Object.keys(of).map((name) => `dataServiceApps/${group}/${name}`));

const grantSpec = (random: Random, people: readonly string[], apps: readonly string[], api: string): ApiGrantSpec => {
  const shape = api === 'get_orders' ? { fields: { prod: random.chance(0.5) ? ['1'] : ['1', '2'] } } : { halves: ['prod'] };
  const use = [
    ...random.some(apps, 0.5).map((who) => ({ who, ...until(random), ...shape })),
    ...random.some(people, 0.3).map((who) => ({ who, ...until(random) })),
  ];
  // What is delegated has the end and the fields that stand under `use`.
  const delegation = random
    .some(
      use.filter((entry) => entry.who.startsWith('dataServiceApps/')),
      0.3,
    )
    .map(({ who, until: end }) => ({ who, ...(end === undefined ? {} : { until: end }) }));
  return { use, ...(delegation.length > 0 || random.chance(0.2) ? { delegation } : {}) };
};

export type DataServiceModel = Pick<
  Model,
  'dataServiceAppGroups' | 'dataServiceApps' | 'dataServiceProjectMembers' | 'dataServiceGrants'
>;

export const dataServiceModel = (random: Random, people: readonly string[], strict: boolean): DataServiceModel => {
  const groups = random.some(GROUPS.slice(1), 0.5);
  const dataServiceApps: Model['dataServiceApps'] = {};
  for (const group of ['default', ...groups])
    for (const name of random.some(APPS, 0.3))
      dataServiceApps[group] = { ...dataServiceApps[group], [name]: appSpec(random, people, strict) };
  const apps = appNames(dataServiceApps);
  return {
    dataServiceAppGroups: Object.fromEntries(
      random
        .some([...groups, 'default'], 0.8)
        .concat(groups)
        .map((name) => [name, {}]),
    ),
    dataServiceApps,
    dataServiceProjectMembers: random.chance(0.5) ? { finance_ds: { developer: random.some(people, 0.3), operator: [] } } : {},
    dataServiceGrants: random.chance(0.6)
      ? {
          finance_ds: Object.fromEntries(
            random.some(['get_orders', 'put_order'], 0.7).map((api) => [api, grantSpec(random, people, apps, api)]),
          ),
        }
      : {},
  };
};

/** The live side: groups, apps of declared names and strangers, one data-service project with a query and an operation. */
export const liveDataService = (
  random: Random,
  model: DataServiceModel,
  world: { readonly idOf: (account: string) => string; readonly members: readonly string[] },
): Record<string, unknown> => {
  const { idOf, members } = world;
  const named = Object.keys(model.dataServiceAppGroups);
  const groups = [
    'default',
    ...random.some(
      named.filter((name) => name !== 'default'),
      0.4,
    ),
    ...random.some(['AG9'], 0.3),
  ];
  const groupId = (name: string): string => String(500 + groups.indexOf(name));
  const app = (group: string, name: string, spec: AppSpec | undefined, index: number) => ({
    AppId: index % 2 === 0 ? String(7000 + index) : `-${7000 + index}`,
    AppName: name,
    AppGroupId: groupId(group),
    AppKey: `key-of-app-${index}`,
    AppSecret: `secret-of-app-${index}`,
    Scenarios: random.chance(0.5) ? (spec?.scenarios ?? 'x') : 'by hand',
    OwnerIds: [idOf(OWNER), ...(spec ? random.some(members.slice(1), 0.2).map(idOf) : [])],
    Members: random
      .some(spec ? members.slice(1) : [], 0.2)
      .map((account) => ({ UserId: idOf(account), EffectiveEnd: random.pick(['2031-12-31', '3025-12-31', '2020-01-01']) })),
  });
  const declared = Object.entries(model.dataServiceApps)
    .filter(([group]) => groups.includes(group))
    .flatMap(([group, of]) => random.some(Object.keys(of), 0.4).map((name) => [group, name, of[name]] as const));
  const strangers = random.some(['strange_app', 'APP_ONE'], 0.3).map((name) => ['default', name, undefined] as const);
  const apps = [...declared, ...strangers].map(([group, name, spec], index) => app(group, name, spec, index));
  return {
    appGroups: groups.map((Name) => ({ Id: groupId(Name), Name })),
    apps,
    dataServiceProjects: [
      {
        ProjectId: '22',
        ProjectName: 'finance_ds',
        Members: Object.fromEntries(random.some(members.slice(1), 0.3).map((account) => [idOf(account), 2])),
        Apis: [
          {
            ApiId: '1021',
            ApiName: 'get_orders',
            Query: true,
            Fields: [
              { Id: '1', ParameterName: 'amount' },
              { Id: '2', ParameterName: 'region' },
            ],
            Grants: random.some(apps, 0.3).map((one) => ({
              GranteeType: 'APP',
              GranteeId: one.AppId,
              AuthType: 'USE',
              Env: 'PROD',
              ExpireDate: random.pick(['2031-12-31', '3025-12-31', '2020-01-01']),
              Fields: ['1'],
            })),
          },
          { ApiId: '1022', ApiName: 'put_order', Query: false, Grants: [] },
        ],
      },
    ],
  };
};

const anyApp = (model: Model, random: Random): { group: string; name: string; app: AppSpec } | null => {
  const all = Object.entries(model.dataServiceApps).flatMap(([group, of]) =>
    Object.entries(of).map(([name, app]) => ({ group, name, app })),
  );
  return all.length === 0 ? null : random.pick(all);
};
const anyGrant = (model: Model, random: Random): { api: string; grant: ApiGrantSpec } | null => {
  const all = Object.entries(model.dataServiceGrants['finance_ds'] ?? {}).map(([api, grant]) => ({ api, grant }));
  return all.length === 0 ? null : random.pick(all);
};
const isGrantee = (model: Model, group: string, name: string): boolean =>
  JSON.stringify(model.dataServiceGrants).includes(`"dataServiceApps/${group}/${name}"`);

export const DATA_SERVICE_EDITS: Readonly<Record<string, Edit>> = {
  'app scenarios': (model, _scene, random) => {
    const found = anyApp(model, random);
    if (!found) return null;
    found.app.scenarios = `edited ${random.below(100)}`;
    return `dataServiceApps/${found.group}/${found.name}`;
  },
  'app owners': (model, scene, random) => {
    const found = anyApp(model, random);
    if (!found) return null;
    found.app.owners = [OWNER, ...random.some(scene.members.slice(1), 0.3)];
    return `dataServiceApps/${found.group}/${found.name}`;
  },
  'app members': (model, scene, random) => {
    const found = anyApp(model, random);
    if (!found) return null;
    const rest = scene.members.filter((account) => !found.app.owners?.includes(account));
    found.app.members = random.some(rest, 0.5).map((who) => ({ who, ...until(random) }));
    return `dataServiceApps/${found.group}/${found.name}`;
  },
  'app rotation': (model, _scene, random) => {
    const found = anyApp(model, random);
    if (!found?.app.secret) return null;
    found.app.secretsVersion = `2026-${10 + random.below(90)}`;
    return `dataServiceApps/${found.group}/${found.name}`;
  },
  'app removed': (model, _scene, random) => {
    const found = anyApp(model, random);
    if (!found || isGrantee(model, found.group, found.name)) return null;
    delete model.dataServiceApps[found.group]?.[found.name];
    return `dataServiceApps/${found.group}/${found.name}`;
  },
  'app added': (model, scene, random) => {
    if (!scene.hasDataService || model.dataServiceApps['default']?.['app_added']) return null;
    model.dataServiceApps['default'] = {
      ...model.dataServiceApps['default'],
      app_added: appSpec(random, scene.members, scene.strictApps),
    };
    return 'dataServiceApps/default/app_added';
  },
  'app moved': (model, _scene, random) => {
    const found = anyApp(model, random);
    const groups = ['default', ...Object.keys(model.dataServiceAppGroups)].filter(
      (name) => name !== found?.group && !model.dataServiceApps[name]?.[found?.name ?? ''],
    );
    if (!found || found.app.renamedFrom || isGrantee(model, found.group, found.name) || groups.length === 0) return null;
    const to = random.pick(groups);
    delete model.dataServiceApps[found.group]?.[found.name];
    model.dataServiceApps[to] = {
      ...model.dataServiceApps[to],
      [found.name]: { ...found.app, renamedFrom: `${found.group}/${found.name}` },
    };
    return `dataServiceApps/${to}/${found.name}`;
  },
  'app group added': (model, scene) => {
    if (!scene.hasDataService || model.dataServiceAppGroups['ag_added']) return null;
    model.dataServiceAppGroups['ag_added'] = {};
    return 'dataServiceAppGroups/ag_added';
  },
  'app group removed': (model, _scene, random) => {
    const free = Object.keys(model.dataServiceAppGroups).filter(
      (name) => name !== 'default' && Object.keys(model.dataServiceApps[name] ?? {}).length === 0,
    );
    if (free.length === 0) return null;
    const name = random.pick(free);
    delete model.dataServiceAppGroups[name];
    return `dataServiceAppGroups/${name}`;
  },
  'data-service member added': (model, scene, random) => {
    const members = model.dataServiceProjectMembers['finance_ds'];
    if (!members) return null;
    const all = Object.values(members).flat();
    const free = scene.members.slice(1).filter((account) => !all.includes(account));
    if (free.length === 0) return null;
    members['operator'] = [...(members['operator'] ?? []), random.pick(free)];
    return 'dataServiceProjectMembers/finance_ds';
  },
  'API grant': (model, scene, random) => {
    const found = anyGrant(model, random);
    if (!found) return null;
    const { api } = found;
    (model.dataServiceGrants['finance_ds'] ?? {})[api] = grantSpec(random, scene.members, appNames(model.dataServiceApps), api);
    return `dataServiceGrants/finance_ds/${api}`;
  },
  'API grant removed': (model, _scene, random) => {
    const found = anyGrant(model, random);
    if (!found) return null;
    delete model.dataServiceGrants['finance_ds']?.[found.api];
    return `dataServiceGrants/finance_ds/${found.api}`;
  },
};

export const dataServiceDrifts: DriftsOf = (model, world, random, add) => {
  const groupName = (id: string): string => world.appGroups.find((group) => group.Id === id)?.Name ?? '';
  const accountOf = (id: string): string => world.users.find((user) => user.Id === id)?.AccountName ?? '';
  for (const [group, apps] of Object.entries(model.dataServiceApps))
    for (const [name, spec] of Object.entries(apps)) {
      const live = world.apps.find((app) => app.AppName === name && groupName(app.AppGroupId) === group);
      if (!live) continue;
      const address = `dataServiceApps/${group}/${name}`;
      if (spec.scenarios !== undefined)
        add(address, '/scenarios', (draft) => {
          for (const app of draft.apps) if (app.AppId === live.AppId) app.Scenarios += ' (edited)';
        });
      const taken = new Set([...live.OwnerIds, ...live.Members.map(({ UserId }) => UserId)]);
      // Who is to be an owner once a list no longer waits may be among the members until then.
      const outsiders = world.members
        .map(({ UserId }) => UserId)
        .filter((id) => !taken.has(id) && !spec.owners?.includes(accountOf(id)));
      if (spec.members === undefined || outsiders.length === 0) continue;
      const id = random.pick(outsiders);
      add(address, `/members/${pointerPart(accountOf(id))}`, (draft) => {
        for (const app of draft.apps) if (app.AppId === live.AppId) app.Members.push({ UserId: id, EffectiveEnd: '3025-12-31' });
      });
    }
  for (const [api, spec] of Object.entries(model.dataServiceGrants['finance_ds'] ?? {})) {
    const grants = world.dataServiceProjects
      .find((one) => one.ProjectName === 'finance_ds')
      ?.Apis.find((one) => one.ApiName === api)?.Grants;
    for (const entry of (spec.use ?? []) as { who: string }[]) {
      const [collection, group, name] = entry.who.split('/');
      const app = world.apps.find((one) => one.AppName === name && groupName(one.AppGroupId) === group);
      const isHeld = (grant: { GranteeId: string; AuthType: string }): boolean =>
        grant.GranteeId === app?.AppId && grant.AuthType === 'USE';
      if (collection !== 'dataServiceApps' || !app || !grants?.some(isHeld)) continue;
      add(`dataServiceGrants/finance_ds/${api}`, `/use/${pointerPart(entry.who)}`, (draft) => {
        for (const project of draft.dataServiceProjects)
          for (const one of project.Apis)
            if (one.ApiName === api) for (const grant of one.Grants) if (isHeld(grant)) grant.ExpireDate = '2029-01-01';
      });
    }
  }
};
