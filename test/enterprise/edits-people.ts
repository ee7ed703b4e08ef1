/** Edits of tenant members, sets, user groups and projects. */
import {
  allowsDelete,
  change,
  type Edit,
  type Expected,
  expiry,
  lasting,
  listAt,
  pass,
  removal,
  renaming,
  text,
} from './edit.ts';
import { at, free, membersOf, mentions, put, remove, resources, strangers, unitOf } from './model.ts';

export const PEOPLE: readonly Edit[] = [
  change('tenantMembers', 'a role more', ({ spec }) => {
    const roles = listAt(spec, 'roles');
    if (roles.includes('EXPORT_ADMIN')) return null;
    roles.push('EXPORT_ADMIN');
    return ['/roles/EXPORT_ADMIN'];
  }),
  change('tenantMembers', 'another mail', ({ spec }, _model, random) => {
    text(spec, 'mail', random);
    return ['/mail'];
  }),
  {
    kind: 'tenantMembers',
    name: 'somebody joins',
    sort: 'change',
    run: (model, random) => {
      const { path } = random.pick(resources(model, 'tenantMembers'));
      const account = `joiner.${random.below(100_000)}@example.com`;
      put(model, path, 'tenantMembers', [account], {
        roles: ['BUSINESS_MEMBER'],
        source: { type: 'aliyun', id: `2049${random.below(1_000_000)}`, displayName: '新同事' },
      });
      return [{ address: `tenantMembers/${account}`, action: 'create' }];
    },
  },
  removal('tenantMembers', ({ keys: [account = ''], spec }, model) => {
    if (spec['source'] !== undefined) return false;
    const rest = structuredClone(model);
    remove(rest, 'tenantMembers', [account]);
    return !mentions(rest, (one) => one === account);
  }),
  {
    kind: 'sets',
    name: 'a set gains somebody',
    sort: 'change',
    run: (model, random) => {
      const found = random
        .shuffled(free(model, 'sets'))
        .find(({ keys: [name = ''], path }) => name.endsWith('_analysts') && unitOf(path) !== 'platform');
      if (!found) return null;
      const person = random.pick(strangers(model, unitOf(found.path)));
      listAt(found.spec, 'people').push(person);
      const set = `sets/${found.keys[0]}`;
      const names = (value: unknown): boolean => JSON.stringify(value).includes(`"${set}"`);
      const groups = resources(model, 'userGroups').filter(({ spec }) => names(spec['members']));
      const projects = resources(model, 'projects').map((one) => ({ ...one, members: membersOf(model, one.keys[0] ?? '') }));
      return [
        ...groups.map(({ address }): Expected => ({ address, action: 'update', pointers: [at('members', person)] })),
        ...projects
          .map(({ address, members }) => ({
            address,
            pointers: Object.keys(members)
              .filter((half) => names(members[half]))
              .map((half) => at('members', half, person))
              .sort(),
          }))
          .filter(({ pointers }) => pointers.length > 0)
          .map((one): Expected => ({ ...one, action: 'update' })),
      ];
    },
  },
  change('userGroups', 'another description', ({ spec }, _model, random) => {
    text(spec, 'description', random);
    return ['/description'];
  }),
  change('userGroups', 'switched on or off', ({ spec, keys: [name] }, model) => {
    // A grant to a group that is off is warned about; nobody does that here.
    if (mentions(model, (one) => one === `userGroups/${name}`)) return null;
    spec['active'] = spec['active'] === false;
    return ['/active'];
  }),
  change('userGroups', 'somebody comes in', ({ spec, path }, model, random) => {
    const person = random.pick(strangers(model, unitOf(path)));
    if (unitOf(path) === 'platform' || JSON.stringify(spec).includes(person)) return null;
    listAt(spec, 'members').push(person);
    return [at('members', person)];
  }),
  expiry('userGroups', ({ spec }) => {
    const [entry] = lasting(spec['members']);
    if (!entry) return null;
    pass(entry);
    return [at('members', entry.who)];
  }),
  renaming('userGroups', ([name]) => `userGroups/${name}`),
  removal('userGroups', ({ keys: [name] }, model) => !mentions(model, (one) => one === `userGroups/${name}`)),
];

export const PROJECTS: readonly Edit[] = [
  change('projects', 'another name shown', ({ spec }, _model, random) => {
    text(spec, 'displayName', random);
    return ['/displayName'];
  }),
  change('projects', 'one address more', ({ spec }, _model, random) => {
    const row = { ip: `10.9.${random.below(250)}.0/24`, port: '3306', description: '新机房' };
    if (spec['whiteList'] === undefined) return null;
    listAt(spec, 'whiteList').push(row);
    return [at('whiteList', `${row.ip}:${row.port}`)];
  }),
  change('projects', 'somebody comes in', ({ path, keys: [name = ''] }, model, random) => {
    const { prod = {} } = membersOf(model, name);
    const person = random.pick(strangers(model, unitOf(path)));
    if (JSON.stringify(prod).includes(person)) return null;
    prod['visitor'] = [...(prod['visitor'] ?? []), person];
    return [at('members', 'prod', person)];
  }),
  expiry('projects', ({ keys: [name = ''] }, model) => {
    const [entry] = lasting(membersOf(model, name)['prod']?.['visitor']);
    if (!entry) return null;
    pass(entry);
    return [at('members', 'prod', entry.who)];
  }),
  removal('projects', allowsDelete),
];
