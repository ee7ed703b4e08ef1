/**
 * Who gains and loses what, found out the long way: every actor is asked for every right of both worlds, by nested loops over
 * the normal forms themselves. It shares no line with the engine's model, and no index, no facts and no shortcuts.
 *
 * @returns one line for each actor and right, sorted: `+ bob | select | tables/finance.orders | until 2027-03-31 | by userGroups/a`
 */
export type Thing = { readonly kind: string; readonly key: readonly string[]; readonly spec: Spec };
export type World = readonly Thing[];
// biome-ignore lint/suspicious/noExplicitAny: the evaluator walks over plain JSON of eight forms
type Spec = any;

const ALWAYS = 99999999;
const day = (until: string | undefined): number => (until === undefined ? ALWAYS : Number(until.replaceAll('-', '')));
const dayText = (end: number): string =>
  end === ALWAYS ? 'for ever' : `until ${String(end).replace(/^(....)(..)(..)$/, '$1-$2-$3')}`;

type Statement = { readonly who: string; readonly may: string; readonly on: string; readonly end: number };

const statements = (world: World): Statement[] => {
  const all: Statement[] = [];
  const say = (who: string, may: string, on: string, end = ALWAYS): void => void all.push({ who, may, on, end });
  for (const { kind, key, spec } of world) {
    const on = [kind, ...key].join('/');
    if (kind === 'tenantMembers') {
      say(key[0] ?? '', 'member', 'tenant');
      for (const role in spec.roles) if (role !== 'COMMON_USER') say(key[0] ?? '', role, 'tenant');
    }
    if (kind === 'userGroups') {
      for (const who in spec.admins) say(who, 'administrator', on);
      for (const who in { ...spec.admins, ...spec.members }) say(who, 'member', on);
    }
    if (kind === 'projects')
      for (const half of ['prod', 'dev'])
        if (half === 'prod' || spec.mode !== 'basic')
          for (const who in spec.members?.[half]) for (const role of spec.members[half][who]) say(who, role, `${on}/${half}`);
    if (kind === 'dataServiceApps') {
      for (const who in spec.owners) say(who, 'owner', on);
      for (const who in spec.members) say(who, 'member', on, day(spec.members[who].until));
    }
    if (kind === 'dataServiceProjectMembers')
      for (const who in spec.members) say(who, spec.members[who], `dataServiceProjects/${key[0]}`);
    if (kind === 'dataServiceGrants') {
      const api = `dataServiceApis/${key.join('/')}`;
      for (const who in spec.use) {
        const { until, halves } = spec.use[who];
        for (const half of halves ?? ['']) say(who, `use ${half}`.trim(), api, day(until));
      }
      for (const who in spec.delegation)
        for (const half of spec.delegation[who].halves) say(who, `hand on ${half}`, api, day(spec.delegation[who].until));
    }
    if (kind === 'resourceGrants')
      for (const operation in spec)
        for (const who in spec[operation]) say(who, operation, key.join('/'), day(spec[operation][who].until));
  }
  return all;
};

const find = (world: World, address: string): Thing | undefined =>
  world.find(({ kind, key }) => [kind, ...key].join('/') === address);

/** Until when an actor acts with somebody or something; 0: not at all. */
const actsAs = (actor: string, principal: string, world: World): number => {
  if (actor === principal) return ALWAYS;
  const { kind, spec } = find(world, principal) ?? { kind: '', spec: {} };
  if (kind === 'userGroups') return spec.active !== false && (spec.members?.[actor] || spec.admins?.[actor]) ? ALWAYS : 0;
  if (kind === 'projects') return spec.members?.prod?.[actor] ? ALWAYS : 0;
  if (kind === 'dataServiceApps')
    return spec.owners?.[actor] ? ALWAYS : spec.members?.[actor] ? day(spec.members[actor].until) : 0;
  return 0;
};

type Way = { readonly end: number; readonly by: string };
const NO_WAY: Way = { end: 0, by: '' };

/** The way that lasts longest; where it is as long directly, it is direct; else every hub that is as good. */
const longest = (ways: readonly (Way & { readonly direct: boolean })[]): Way => {
  const end = Math.max(0, ...ways.map((way) => way.end));
  const best = ways.filter((way) => way.end === end && end > 0);
  return { end, by: best.some((way) => way.direct) ? '' : [...new Set(best.map((way) => way.by))].sort().join(' ') };
};

const wayTo = (actor: string, isMeant: (one: Statement) => boolean, all: readonly Statement[], world: World): Way =>
  longest(
    all
      .filter(isMeant)
      .map(({ who, end }) => ({ end: Math.min(end, actsAs(actor, who, world)), by: who, direct: who === actor })),
  );

const tablesIn = (world: World): string[] =>
  world.flatMap(({ kind, spec }) =>
    kind === 'rowPermissions' ? Object.keys(spec.tables).map((key) => key.split(' ')[0] ?? '') : [],
  );

const isFiltered = (table: string, world: World): boolean => tablesIn(world).includes(table);

/** What the rules of all permissions of a table show an actor. */
const shown = (actor: string, table: string, world: World): Record<string, Way> => {
  const ways: Record<string, (Way & { direct: boolean })[]> = {};
  for (const { kind, spec } of world) {
    if (kind !== 'rowPermissions' || !isFiltered(table, [{ kind, key: [], spec }])) continue;
    for (const rule of Object.values<Spec>(spec.rules)) {
      if (rule.enabled === false) continue;
      const column = rule.where && spec.tables[`${table} ${rule.where.column}`].column;
      const rows = rule.scope === 'all' ? 'all rows' : `rows ${column} = ${rule.where.equal}`;
      for (const who in rule.grant) {
        ways[rows] ??= [];
        ways[rows]?.push({ end: actsAs(actor, who, world), by: who, direct: who === actor });
      }
    }
  }
  const found: Record<string, Way> = {};
  for (const rows in ways) if (longest(ways[rows] ?? []).end > 0) found[rows] = longest(ways[rows] ?? []);
  const all = found['all rows']?.end ?? 0;
  for (const rows in found) if (rows !== 'all rows' && (found[rows]?.end ?? 0) <= all) delete found[rows];
  return found;
};

export const compareNaively = (before: World, after: World): readonly string[] => {
  const lines: string[] = [];
  const all = [...before, ...after];
  const had = statements(before);
  const has = statements(after);
  const named = new Set([
    ...[...had, ...has].map(({ who }) => who),
    ...all.flatMap(({ spec }) => Object.values<Spec>(spec.rules ?? {}).flatMap((rule) => Object.keys(rule.grant))),
    ...all.flatMap(({ kind, spec }) =>
      kind === 'projects'
        ? [...Object.keys(spec.members?.prod ?? {}), ...Object.keys(spec.members?.dev ?? {})]
        : Object.keys({ ...spec.members, ...spec.owners, ...spec.admins }),
    ),
  ]);
  // A group whose people are known acts only through them.
  const actors = [...named].filter((name) => {
    const groups = [find(before, name), find(after, name)].filter((thing) => thing?.kind === 'userGroups');
    return groups.length === 0 || groups.some((group) => group?.spec.members === undefined);
  });
  const addressOf = (actor: string): string => (actor.includes('/') ? actor : `tenantMembers/${actor}`);
  const isThere = (actor: string, world: World, other: World): boolean =>
    actor.startsWith('userGroups/') || find(world, addressOf(actor)) !== undefined || find(other, addressOf(actor)) === undefined;
  const note = (sign: string, actor: string, may: string, on: string, way: Way, than: number): void => {
    if (way.end > than)
      lines.push(
        [
          `${sign} ${actor}`,
          may,
          on,
          dayText(way.end),
          ...(than > 0 ? [`else ${dayText(than)}`] : []),
          ...(way.by ? [`by ${way.by}`] : []),
        ].join(' | '),
      );
  };
  for (const actor of actors) {
    const [was, is] = [isThere(actor, before, after), isThere(actor, after, before)];
    for (const key of new Set([...had, ...has].map(({ may, on }) => `${may}\n${on}`))) {
      const [may = '', on = ''] = key.split('\n');
      const isMeant = (one: Statement): boolean => one.may === may && one.on === on;
      const old = was ? wayTo(actor, isMeant, had, before) : NO_WAY;
      const now = is ? wayTo(actor, isMeant, has, after) : NO_WAY;
      note('+', actor, may, on, now, old.end);
      note('-', actor, may, on, old, now.end);
    }
    for (const table of new Set([...tablesIn(before), ...tablesIn(after)])) {
      const [project = ''] = table.split('.');
      const places = [`tables/${table}`, `projects/${project}/prod`, `projects/${project.replace(/_dev$/, '')}/dev`];
      const isRead = ({ on }: Statement): boolean => places.slice(0, project.endsWith('_dev') ? 3 : 2).includes(on);
      const reads = [was ? wayTo(actor, isRead, had, before) : NO_WAY, is ? wayTo(actor, isRead, has, after) : NO_WAY] as const;
      const filtered = [isFiltered(table, before), isFiltered(table, after)] as const;
      if (!(filtered[0] && filtered[1]) && reads[0].end === 0 && reads[1].end === 0) continue;
      const whole = (way: Way): Record<string, Way> => (way.end > 0 ? { 'all rows': way } : {});
      const old = filtered[0] ? (was ? shown(actor, table, before) : {}) : whole(reads[0]);
      const now = filtered[1] ? (is ? shown(actor, table, after) : {}) : whole(reads[1]);
      const covered = (rows: string, by: Record<string, Way>): number => Math.max(by[rows]?.end ?? 0, by['all rows']?.end ?? 0);
      for (const rows of new Set([...Object.keys(old), ...Object.keys(now)])) {
        note('+', actor, rows, `tables/${table}`, now[rows] ?? NO_WAY, covered(rows, old));
        note('-', actor, rows, `tables/${table}`, old[rows] ?? NO_WAY, covered(rows, now));
      }
    }
  }
  return lines.sort();
};
