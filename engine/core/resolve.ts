/** From what is written to what is wanted: normal forms, with every person, reference and end in time noted. */
import type { Diagnostic, Source } from './diagnostic.ts';
import { nearest } from './diagnostic.ts';
import { addressOf, byText, decodePart, getAt, isObject, lastOf, parentOf, textOf, withAt } from './json.ts';
import { type Kind, keyName, type LookUp, type NormaliseContext } from './kind.ts';
import type { Desired, Lifecycle, LoadedResource, PersonMention, Pointer, ReferenceMention } from './model.ts';
import type { Json, JsonObject } from './ports.ts';
import { resolveSets, type Sets } from './principals.ts';
import type { Edition, LoadedWorkspace } from './workspace.ts';

/** Editions by what they can do; personal, database and big data can do what agile can (BEHAVIOUR 2.1, Q43). */
/** A higher one has all that a lower one has (BEHAVIOUR 2.1). */
export const EDITION_RANK: Readonly<Record<Edition, number>> = {
  personal: 1,
  agile: 1,
  database: 1,
  bigdata: 1,
  basic: 2,
  intelligent: 3,
};

const DEFAULT_LIFECYCLE: Lifecycle = { prevent: [], allow: [], ignore: [], onRemove: null, exclusive: null };

const lifecycleOf = (raw: Json | undefined): Lifecycle => {
  if (!isObject(raw)) return DEFAULT_LIFECYCLE;
  const texts = (key: string): readonly string[] => (Array.isArray(raw[key]) ? raw[key].map(textOf) : []);
  return {
    prevent: texts('prevent') as Lifecycle['prevent'],
    allow: texts('allow') as Lifecycle['allow'],
    ignore: texts('ignore'),
    onRemove: raw['onRemove'] === 'delete' || raw['onRemove'] === 'forget' ? raw['onRemove'] : null,
    exclusive: typeof raw['exclusive'] === 'boolean' ? raw['exclusive'] : null,
  };
};

export type Resolved = {
  readonly desired: readonly Desired[];
  readonly diagnostics: readonly Diagnostic[];
  /** References to what is not declared: to be looked up live. */
  readonly external: readonly ReferenceMention[];
};

export type ResolveWorld = {
  /** Today in the workspace's time zone, `2026-11-24`. */
  readonly day: string;
  /** Null where only an emulator that is not running knows it. */
  readonly tenant: string | null;
  /** The account of the caller's key, where the workspace tells it. */
  readonly caller: string | null;
};

/**
 * Brings every resource into its kind's normal form.
 *
 * @returns the desired resources, and errors and warnings with their places; nothing is looked up live here
 */
export const resolve = (workspace: LoadedWorkspace, kinds: readonly Kind[], world: ResolveWorld): Resolved => {
  const { day } = world;
  const { sets, diagnostics: setDiagnostics } = resolveSets(workspace.sets, day);
  const diagnostics: Diagnostic[] = [...setDiagnostics];
  const byCollection = new Map(kinds.map((kind) => [kind.collection, kind]));
  const written = workspace.resources.flatMap((resource) => {
    const kind = byCollection.get(resource.kind);
    if (!kind) return [];
    diagnostics.push(...gates(kind, resource, workspace));
    return [normalise(kind, resource, { ...world, expand: sets.expand }, diagnostics)];
  });
  const declared = new Set(written.map((one) => one.address));
  const desired = written.map((one) => meaning(one, declared));
  const external = desired.flatMap((one) => one.references.filter((mention) => !declared.has(mention.address)));
  diagnostics.push(...disabledGroups(desired), ...outOfEdition(external, byCollection, workspace));
  return { desired: [...desired].sort((a, b) => byText(a.address, b.address)), diagnostics: once(diagnostics), external };
};

/** A name that nothing has here may mean something else that is declared. */
const meaning = (one: Desired, declared: ReadonlySet<string>): Desired => ({
  ...one,
  references: one.references.map((mention) =>
    mention.otherwise && !declared.has(mention.address) && declared.has(mention.otherwise.address)
      ? { ...mention, ...mention.otherwise }
      : mention,
  ),
});

/** What the tenant's edition cannot have need not be looked up there. */
const outOfEdition = (
  external: readonly ReferenceMention[],
  kinds: ReadonlyMap<string, Kind>,
  { config }: LoadedWorkspace,
): readonly Diagnostic[] => {
  const { edition, name } = config.environment;
  return external.flatMap((mention): readonly Diagnostic[] => {
    const kind = kinds.get(mention.kind);
    return edition === null || kind === undefined || EDITION_RANK[edition] >= EDITION_RANK[kind.edition]
      ? []
      : [
          {
            code: 'EDITION_TOO_LOW',
            severity: 'error',
            message: `"${mention.name}": ${kind.collection} need the ${kind.edition} edition; environment "${name}" says ${edition}.`,
            hint: `Take it out for this environment, or write edition: ${kind.edition} if the tenant has it.`,
            source: mention.source,
          },
        ];
  });
};

/** A grant to a group that is declared as disabled does not work. */
const disabledGroups = (desired: readonly Desired[]): readonly Diagnostic[] => {
  const disabled = new Set(
    desired.filter((one) => one.kind === 'userGroups' && one.spec['active'] === false).map((one) => one.address),
  );
  return desired.flatMap((one) =>
    one.references
      .filter((mention) => mention.isPrincipal && disabled.has(mention.address))
      .map((mention) => ({
        code: 'GROUP_DISABLED' as const,
        severity: 'warning' as const,
        message: `"${mention.address}" is disabled: what it is granted here does not work.`,
        hint: 'Write active: true for the group, or take it out here.',
        source: mention.source,
        address: one.address,
      })),
  );
};

const gates = (kind: Kind, resource: LoadedResource, { config }: LoadedWorkspace): readonly Diagnostic[] => {
  const { edition, serverVersion } = config.environment;
  const found: Diagnostic[] = [];
  if (edition !== null && EDITION_RANK[edition] < EDITION_RANK[kind.edition])
    found.push({
      code: 'EDITION_TOO_LOW',
      severity: 'error',
      message: `${kind.collection} need the ${kind.edition} edition; environment "${config.environment.name}" says ${edition}.`,
      hint: `Take the resource out of this environment, or write edition: ${kind.edition} if the tenant has it.`,
      source: resource.source,
      address: resource.address,
    });
  if (serverVersion !== null && kind.writesSince !== null && versionBelow(serverVersion, kind.writesSince))
    found.push({
      code: 'SERVER_TOO_OLD',
      severity: 'error',
      message: `${kind.collection} can be written from server ${kind.writesSince} on; environment "${config.environment.name}" says ${serverVersion}.`,
      hint: 'Keep these resources out of this environment until the server is newer.',
      source: resource.source,
      address: resource.address,
    });
  return found;
};

const versionBelow = (version: string, least: string): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = least.split('.').map(Number);
  return major < leastMajor || (major === leastMajor && minor < leastMinor);
};

const normalise = (
  kind: Kind,
  resource: LoadedResource,
  { expand, day, tenant, caller }: ResolveWorld & { readonly expand: Sets['expand'] },
  diagnostics: Diagnostic[],
): Desired => {
  const { lifecycle: lifecycleRaw, renamedFrom: renamedRaw, ...raw } = resource.raw as Record<string, Json>;
  const people: PersonMention[] = [];
  let listsPeople = false;
  const references: ReferenceMention[] = [];
  const expired: { pointer: Pointer; until: string; source: Source }[] = [];
  const causes: Record<Pointer, string> = {};
  const renamedFrom = renamedRaw === undefined ? null : textOf(renamedRaw).split('/');
  if (renamedFrom && !kind.renames)
    diagnostics.push({
      code: 'RENAME_UNSUPPORTED',
      severity: 'error',
      message: `The service cannot rename a ${kind.noun}.`,
      hint: 'Take renamedFrom out; declare the new one beside the old one and move the work over by hand.',
      source: resource.sourceOf('/renamedFrom'),
      address: resource.address,
    });
  if (renamedFrom && kind.renames && renamedFrom.length !== kind.keyParts.length)
    diagnostics.push({
      code: 'VALUE_WRONG',
      severity: 'error',
      message: `"${renamedFrom.join('/')}" is no key of a ${kind.noun}.`,
      hint: `Write renamedFrom: ${kind.keyParts.map((part) => part.toUpperCase()).join('/')}.`,
      source: resource.sourceOf('/renamedFrom'),
      address: resource.address,
    });
  const parts: (readonly [string, string, string])[] = [];
  const say =
    (severity: Diagnostic['severity']) =>
    ({ at, ...rest }: Parameters<NormaliseContext['report']>[0]): void => {
      diagnostics.push({ ...rest, severity, source: resource.sourceOf(at), address: resource.address });
    };
  const principals: NormaliseContext['principals'] = (at, place, sorts, only) => {
    listsPeople = true;
    const list = getAt(raw, at);
    const written = (Array.isArray(list) ? (list as readonly Json[]) : []).map((item, index) => ({ item, index }));
    const taken = only ? written.filter(({ item }) => only(item)) : written;
    const found = expand(
      taken.map(({ item }) => item),
      (index) => resource.sourceOf(`${at}/${taken[index]?.index ?? index}`),
      (diagnostic) => diagnostics.push({ ...diagnostic, address: resource.address }),
      sorts,
    );
    for (const person of found) {
      const pointer = place(person.account);
      if (person.cause !== null) causes[pointer] = person.cause;
      if (person.sort !== 'people' && !person.isExpired) {
        const key = principalKey(person.account);
        references.push({
          kind: person.sort,
          name: keyName(key),
          address: addressOf(person.sort, ...key),
          pointer,
          source: person.source,
          isPrincipal: true,
        });
        if (person.sort === 'projects') parts.push(['projects', keyName(key), 'account']);
      }
      if (!person.isExpired) {
        if (person.sort === 'people') people.push({ account: person.account, pointer, source: person.source });
      } else {
        expired.push({ pointer, until: person.until ?? day, source: person.source });
        diagnostics.push({
          code: 'PERSON_EXPIRED',
          severity: 'warning',
          message: `"${person.account}" was allowed until ${person.until}: absent from now on.`,
          hint: 'Delete the line, or write a later day.',
          source: person.source,
        });
      }
    }
    return found
      .filter((person) => !person.isExpired)
      .map(({ account, until, reason, sort, written: entry }) => ({
        account,
        principal: account,
        sort,
        key: sort === 'people' ? [account] : principalKey(account),
        until,
        reason,
        written: entry,
      }));
  };
  const spec = kind.normalise(raw, {
    key: resource.key,
    caller,
    tenant: tenant ?? '',
    day,
    report: say('error'),
    warn: say('warning'),
    reference: (of, name, at, otherwise) => {
      const key = typeof name === 'string' ? [name] : name;
      references.push({
        kind: of,
        name: keyName(key),
        address: addressOf(of, ...key),
        pointer: at,
        source: resource.sourceOf(at),
        ...(otherwise === undefined ? {} : { otherwise: { name: otherwise, address: addressOf(of, otherwise) } }),
      });
    },
    principals,
    people: (at, place) => principals(at, place, []).map(({ account, until, reason }) => ({ account, until, reason })),
  });
  return {
    kind: kind.collection,
    key: resource.key,
    address: resource.address,
    source: resource.source,
    sourceOf: resource.sourceOf,
    spec: withoutUndefined(spec),
    lifecycle: lifecycleOf(lifecycleRaw),
    renamedFrom,
    people,
    listsPeople,
    references,
    parts,
    expired,
    causes,
  };
};

/** The key behind a principal's address: `dataServiceApps/finance/portal` means `['finance', 'portal']`. */
const principalKey = (address: string): readonly string[] =>
  address
    .split('/')
    .slice(1)
    .map((part) => decodePart(part));

const withoutUndefined = (value: JsonObject): JsonObject => JSON.parse(JSON.stringify(value)) as JsonObject;

/** The same message at the same place is told once, however many lists name a set. */
const once = (diagnostics: readonly Diagnostic[]): readonly Diagnostic[] => {
  const seen = new Set<string>();
  return diagnostics.filter((one) => {
    const key = `${one.code} ${one.source?.file}:${one.source?.line}:${one.source?.column} ${one.message}`;
    return seen.has(key) ? false : seen.add(key);
  });
};

// ---- after the reads ------------------------------------------------------------------------------------------------

export type PeopleKnown = {
  /** Account name -> user id of the tenant's members. */
  readonly members: ReadonlyMap<string, string>;
  /** Of the users that can be added. */
  readonly addable: ReadonlyMap<string, string>;
  /** Account name -> user id as the record has seen them. */
  readonly recorded: Readonly<Record<string, string>>;
};

export type PeopleResolved = {
  readonly desired: readonly Desired[];
  readonly diagnostics: readonly Diagnostic[];
  /** User id -> the account name by which the files know the person, where the service now says another. */
  readonly aliases: ReadonlyMap<string, string>;
  readonly gone: ReadonlySet<string>;
};

/**
 * Decides about everybody who is named: member, to be added, renamed, gone, or unknown (RESOURCES 3).
 *
 * @returns the desired resources without those who are gone; an unknown person who was never seen is an error
 */
export const resolvePeople = (desired: readonly Desired[], known: PeopleKnown): PeopleResolved => {
  const declared = new Set(desired.filter((one) => one.kind === 'tenantMembers').map((one) => keyName(one.key)));
  const named = new Set([...declared, ...desired.flatMap((one) => one.people.map((mention) => mention.account))]);
  const nameNow = new Map([...known.members].map(([account, id]) => [id, account]));
  // Who left is known by the recorded name for as long as lists still show the id; a new person of that name is another.
  const isTaken = (account: string, id: string): boolean =>
    known.members.has(account) || ((known.addable.has(account) || declared.has(account)) && known.addable.get(account) !== id);
  const aliases = new Map(
    Object.entries(known.recorded).flatMap(([account, id]) =>
      nameNow.has(id) || isTaken(account, id) ? [] : [[id, account] as const],
    ),
  );
  const gone = new Set<string>();
  const unknown = new Set<string>();
  const diagnostics: Diagnostic[] = [];
  const placesOf = (account: string): readonly Source[] =>
    desired.flatMap((one) => [
      ...(one.kind === 'tenantMembers' && one.key[0] === account ? [one.source] : []),
      ...one.people.filter((mention) => mention.account === account).map((mention) => mention.source),
    ]);
  const others = (places: readonly Source[]) =>
    distinct(places)
      .slice(1, 20)
      .map((source) => ({ message: 'also here', source }));

  for (const account of [...named].sort()) {
    if (known.members.has(account)) continue;
    const id = known.recorded[account];
    const now = id === undefined ? undefined : nameNow.get(id);
    const places = placesOf(account);
    const [source] = places;
    if (id !== undefined && now !== undefined) {
      if (!named.has(now)) aliases.set(id, account);
      else gone.add(account);
      diagnostics.push({
        code: 'PERSON_RENAMED',
        severity: 'warning',
        message: `"${account}" is called "${now}" now: the same person, nothing changes.`,
        hint: named.has(now) ? `"${now}" is written as well: delete "${account}".` : `Write "${now}".`,
        ...(source ? { source } : {}),
        related: others(places),
      });
    } else if (declared.has(account)) {
      // To be added: whether that can be done is for the kind's demands to say.
    } else if (id !== undefined) {
      gone.add(account);
      diagnostics.push({
        code: 'PERSON_GONE',
        severity: 'warning',
        message: `"${account}" is no longer a member of the tenant and counts as absent everywhere.`,
        hint: 'Delete the name where it stands.',
        ...(source ? { source } : {}),
        related: others(places),
      });
    } else unknown.add(account);
  }
  for (const account of unknown)
    for (const source of distinct(placesOf(account))) {
      const candidates = [...known.members.keys(), ...declared].filter((name) => name !== account);
      const near = nearestAccount(account, candidates);
      const hint =
        known.addable.has(account) || near === null
          ? `Declare the person: tenantMembers: { ${account}: {} }.`
          : `Did you mean "${near}"?`;
      diagnostics.push({
        code: 'REFERENCE_UNKNOWN',
        severity: 'error',
        message: `"${account}" is not a member of the tenant.`,
        hint,
        source,
        length: account.length,
      });
    }
  const present = (one: Desired): boolean => one.kind !== 'tenantMembers' || !gone.has(keyName(one.key));
  return {
    desired: gone.size === 0 ? desired : desired.filter(present).map((one) => without(one, gone)),
    diagnostics,
    aliases,
    gone,
  };
};

/** Accounts of one domain differ before the @: the domain must not make two people alike. */
const nearestAccount = (account: string, known: readonly string[]): string | null => {
  const at = account.lastIndexOf('@');
  if (at <= 0) return nearest(account, known);
  const domain = account.slice(at);
  const near = nearest(
    account.slice(0, at),
    known.filter((one) => one.endsWith(domain)).map((one) => one.slice(0, -domain.length)),
  );
  return near === null ? null : near + domain;
};

const distinct = (places: readonly Source[]): readonly Source[] => [
  ...new Map(places.map((source) => [`${source.file}:${source.line}:${source.column}`, source])).values(),
];

const without = (one: Desired, gone: ReadonlySet<string>): Desired => {
  const lost = one.people.filter((mention) => gone.has(mention.account));
  return lost.length === 0
    ? one
    : {
        ...one,
        spec: lost.reduce((spec, mention) => withAt(spec, mention.pointer, undefined), one.spec),
        people: one.people.filter((mention) => !gone.has(mention.account)),
      };
};

/** References that neither the files nor the tenant know, each with its place and the nearest candidates. */
export const unknownReferences = (
  external: readonly ReferenceMention[],
  kinds: readonly (Kind | LookUp)[],
  isLive: (kind: string, name: string) => boolean,
  candidates: (kind: string) => readonly { readonly name: string; readonly source: Source | null }[],
): readonly Diagnostic[] =>
  external
    .filter(
      ({ kind, name, otherwise }) =>
        !name.startsWith('id:') && !isLive(kind, name) && !(otherwise !== undefined && isLive(kind, otherwise.name)),
    )
    .map((mention) => {
      const known = candidates(mention.kind);
      const near = nearest(
        mention.name,
        known.map((candidate) => candidate.name),
      );
      const at = known.find((candidate) => candidate.name === near)?.source;
      const of = kinds.find((kind) => kind.collection === mention.kind);
      const noun = of?.noun ?? mention.kind;
      const otherwise = of && 'hint' in of ? of.hint : undefined;
      return {
        code: 'REFERENCE_UNKNOWN',
        severity: 'error',
        message: `No ${noun} "${mention.name}" is declared here or exists in the tenant.`,
        hint:
          near === null
            ? (otherwise ?? `Declare it under ${mention.kind}, or mend the name.`)
            : `Did you mean ${near}${at ? ` (${at.file}:${at.line})` : ''}?`,
        source: mention.source,
        length: mention.name.length,
      } satisfies Diagnostic;
    });

/** The list that an element's pointer belongs to, and the element's key. */
export const elementOf = (pointer: Pointer): { readonly list: Pointer; readonly key: string } => ({
  list: parentOf(pointer),
  key: lastOf(pointer),
});
