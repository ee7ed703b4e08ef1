/** Edits of row permissions, apps, members of data-service projects, and grants. */
import type { Json, JsonObject } from '../../engine/core/ports.ts';
import { allowsDelete, change, type Edit, expiry, lasting, listAt, pass, removal, renaming, text, YESTERDAY } from './edit.ts';
import { at, endings, put, resources, strangers, unitOf } from './model.ts';

type Rules = { [rule: string]: { grant: Json[]; enabled?: boolean } };
const rulesOf = (spec: JsonObject): Rules => spec['rules'] as unknown as Rules;

export const ROWS: readonly Edit[] = [
  change('rowPermissions', 'another description', ({ spec }, _model, random) => {
    text(spec, 'description', random);
    return ['/description'];
  }),
  change('rowPermissions', 'one who sees more', ({ spec, path }, model, random) => {
    const [name = '', rule] = Object.entries(rulesOf(spec))[0] ?? [];
    const person = random.pick(strangers(model, unitOf(path)));
    if (!rule || JSON.stringify(rule).includes(person)) return null;
    rule.grant.push(person);
    return [at('rules', name, 'grant', person)];
  }),
  change('rowPermissions', 'a rule is switched off', ({ spec }) => {
    const [name = '', rule] = Object.entries(rulesOf(spec)).find(([, one]) => one.enabled === undefined) ?? [];
    if (!rule) return null;
    rule.enabled = false;
    return [at('rules', name)];
  }),
  expiry('rowPermissions', ({ spec }) => {
    for (const [name, rule] of Object.entries(rulesOf(spec)))
      for (const entry of lasting(rule.grant)) {
        pass(entry);
        return [at('rules', name, 'grant', entry.who)];
      }
    return null;
  }),
  renaming('rowPermissions', () => null),
  removal('rowPermissions', allowsDelete),
];

export const APPS: readonly Edit[] = [
  change('dataServiceApps', 'used for something else', ({ spec }, _model, random) => {
    text(spec, 'scenarios', random);
    return ['/scenarios'];
  }),
  change('dataServiceApps', 'somebody comes in', ({ spec, path }, model, random) => {
    const who = random.pick(strangers(model, unitOf(path)));
    if (JSON.stringify(spec).includes(who)) return null;
    listAt(spec, 'members').push({ who, until: '2033-06-30', reason: 'HR-950' });
    return [at('members', who)];
  }),
  change('dataServiceApps', 'the secret is sent again', ({ spec }, _model, random) => {
    if (spec['secret'] === undefined) return null;
    spec['secretsVersion'] = `2026-12-${random.below(1000)}`;
    return ['/secretsVersion'];
  }),
  expiry('dataServiceApps', ({ spec }) => {
    const [entry] = lasting(spec['members']);
    if (!entry) return null;
    pass(entry);
    return [at('members', entry.who)];
  }),
  renaming('dataServiceApps', ([group, name]) => `dataServiceApps/${group}/${name}`),
  removal('dataServiceApps', allowsDelete),
];

const joins = (role: string): Edit =>
  change('dataServiceProjectMembers', `somebody becomes ${role}`, ({ spec, path }, model, random) => {
    const person = random.pick(strangers(model, unitOf(path)));
    if (JSON.stringify(spec).includes(person)) return null;
    listAt(spec, role).push(person);
    return [at('members', person)];
  });
/** They can only be added (BEHAVIOUR 3.10). */
export const SERVICE_MEMBERS: readonly Edit[] = ['developer', 'member', 'operator', 'admin'].map(joins);

type Use = { who: string; until: string; fields?: { prod?: string[] }; halves?: string[] };
const usesOf = (spec: JsonObject): Use[] => spec['use'] as unknown as Use[];
const delegates = (spec: JsonObject, who: string): boolean => JSON.stringify(spec['delegation'] ?? []).includes(`"${who}"`);

export const API_GRANTS: readonly Edit[] = [
  change('dataServiceGrants', 'for longer', ({ spec }) => {
    const use = usesOf(spec).find(({ who }) => who.includes('/') && !delegates(spec, who));
    if (!use || use.until === '2036-12-31') return null;
    use.until = '2036-12-31';
    return [at('use', use.who)];
  }),
  change('dataServiceGrants', 'one person more', ({ spec, path }, model, random) => {
    const who = random.pick(strangers(model, unitOf(path)));
    if (JSON.stringify(spec).includes(who)) return null;
    listAt(spec, 'use').push({ who, until: '2033-06-30', reason: 'HR-951' });
    return [at('use', who)];
  }),
  change('dataServiceGrants', 'one field more', ({ spec }) => {
    const use = usesOf(spec).find(({ who, fields }) => fields?.prod && !fields.prod.includes('4') && !delegates(spec, who));
    if (!use?.fields?.prod) return null;
    use.fields.prod.push('4');
    return [at('scope', use.who)];
  }),
  {
    kind: 'dataServiceGrants',
    name: 'one API more',
    sort: 'change',
    run: (model, random) => {
      const project = random.pick(resources(model, 'dataServiceProjectMembers'));
      const [name = ''] = project.keys;
      const granted = new Set(resources(model, 'dataServiceGrants').map(({ address }) => address));
      const api = model.apis[name]?.find((one) => !granted.has(`dataServiceGrants/${name}/${one}`));
      if (api === undefined) return null;
      const who = random.pick(strangers(model, ''));
      put(model, project.path, 'dataServiceGrants', [name, api], { use: [{ who, until: '2033-06-30' }] });
      return [{ address: `dataServiceGrants/${name}/${api}`, action: 'create' }];
    },
  },
  expiry('dataServiceGrants', ({ spec }) => {
    const entry = lasting(spec['use'])[0];
    if (!entry || usesOf(spec).length < 2) return null;
    pass(entry);
    return [at('use', entry.who)];
  }),
  removal('dataServiceGrants', () => true),
];

const listsOf = (spec: JsonObject): readonly (readonly [operation: string, list: Json[]])[] =>
  Object.entries(spec).flatMap(([operation, list]) => (Array.isArray(list) ? [[operation, list as Json[]] as const] : []));

export const RESOURCE_GRANTS: readonly Edit[] = [
  change('resourceGrants', 'one person more', ({ spec, path }, model, random) => {
    const [operation = '', list] = listsOf(spec)[0] ?? [];
    const who = random.pick(strangers(model, unitOf(path)));
    if (!list || JSON.stringify(spec).includes(who)) return null;
    list.push({ who, until: '2033-06-30', reason: 'HR-952' });
    return [at(operation, who)];
  }),
  change('resourceGrants', 'for longer', ({ spec }) => {
    for (const [operation, list] of listsOf(spec))
      for (const entry of endings(list))
        if (entry.until > YESTERDAY && entry.until < '2036') {
          entry.until = '2036-12-31';
          return [at(operation, entry.who)];
        }
    return null;
  }),
  {
    kind: 'resourceGrants',
    name: 'one field more',
    sort: 'change',
    run: (model, random) => {
      const { path } = random.pick(resources(model, 'resourceGrants'));
      const field = `id:${1_900_000 + random.below(90_000)}`;
      put(model, path, 'resourceGrants', ['fields', field], { select: [random.pick(strangers(model, ''))] });
      return [{ address: `resourceGrants/fields/${field}`, action: 'create' }];
    },
  },
  expiry('resourceGrants', ({ spec }) => {
    for (const [operation, list] of listsOf(spec))
      for (const entry of endings(list).filter(({ until }) => until > YESTERDAY)) {
        if (list.length === 1) continue;
        entry.until = YESTERDAY;
        return [at(operation, entry.who)];
      }
    return null;
  }),
  removal('resourceGrants', () => true),
];
