/**
 * What it would take to make a whole workspace in an empty tenant, without a call (DESIGN 4: budget simulate). The tenant has
 * what the files name and do not declare: people, tables, APIs; it has nothing of what they declare.
 */
import { callsOf } from '../core/calls.ts';
import { findChanges } from '../core/changes.ts';
import { type Diagnostic, sure } from '../core/diagnostic.ts';
import { type Kind, keyName } from '../core/kind.ts';
import { type Looks, NO_LOOKS } from '../core/looks.ts';
import type { Calls, Desired, Live, Step } from '../core/model.ts';
import { type NameTable, namesToCome, pagesOf, wantedLists } from '../core/reads.ts';
import { type Resolved, resolvePeople } from '../core/resolve.ts';
import { makeSteps } from '../core/steps.ts';
import type { Quota, WorkspaceConfig } from '../core/workspace.ts';
import { KINDS, LOOK_UPS } from '../kinds/index.ts';
import type { OperationName } from '../operations/index.ts';
import { looksOf } from './look-reads.ts';
import { type LiveWorld, liveByKind, readLists, settleEach } from './read-live.ts';
import type { Reader } from './reader.ts';
import { priceOf } from './see-live.ts';
import { sha256 } from './sign.ts';

export type Bootstrap = {
  readonly steps: readonly Step[];
  readonly changes: readonly {
    readonly address: string;
    readonly kind: string;
    readonly action: 'create';
    readonly steps: readonly string[];
  }[];
  readonly looks: Looks;
  /** The reads of a plan once all is there. */
  readonly review: Calls;
};
export type BootstrapResult = { readonly made: Bootstrap | null; readonly diagnostics: readonly Diagnostic[] };

/** @param tenant null: none is named yet, and any will do */
export const bootstrapOf = async (
  resolved: Resolved,
  config: WorkspaceConfig,
  quotas: readonly Quota[],
  day: string,
): Promise<BootstrapResult> => {
  const tenant = config.environment.tenant ?? 'to come';
  const { caller } = config.environment.connection;
  const { desired } = resolved;
  const world = await readLists({
    reader: emptyReader,
    kinds: KINDS,
    lookUps: LOOK_UPS,
    desired,
    state: null,
    context: { day, tenant },
    price: priceOf(quotas),
  });
  const declared = new Set(desired.filter((one) => one.kind === 'tenantMembers').map((one) => keyName(one.key)));
  const accounts = [...new Set([...declared, ...desired.flatMap((one) => one.people.map((mention) => mention.account))])];
  const ids = new Map(accounts.map((account) => [account, `to come: ${account}`]));
  const people = resolvePeople(desired, {
    members: new Map([...ids].filter(([account]) => !declared.has(account))),
    addable: ids,
    recorded: {},
  });
  const names = namesToCome(world.names(people.aliases));
  const found = findChanges(
    {
      kinds: world.kinds,
      desired: people.desired,
      live: withHosts(world, names, people.desired),
      state: null,
      drift: config.environment.drift,
      exclusive: config.exclusive,
      caller,
      gone: people.gone,
      pushSecrets: [],
    },
    { hash: sha256, fingerprint: () => '' },
  );
  const made = makeSteps({
    drafts: found.drafts,
    kinds: KINDS,
    names,
    addable: ids,
    caller,
    tenant,
    liveCount: () => 0,
  });
  const diagnostics = [...people.diagnostics, ...found.diagnostics, ...made.diagnostics];
  if (diagnostics.some((one) => one.severity === 'error')) return { made: null, diagnostics };
  return {
    diagnostics,
    made: {
      steps: made.steps,
      changes: found.drafts.map(({ address, kind }) => ({
        address,
        kind: kind.collection,
        action: 'create',
        steps: sure(made.byAddress.get(address), 'steps of an address'),
      })),
      looks:
        made.steps.length === 0
          ? NO_LOOKS
          : looksOf({
              drafts: found.drafts,
              made,
              world,
              names,
              kinds: KINDS,
              lookUps: LOOK_UPS,
              tenant,
              price: priceOf(quotas),
            }),
      review: callsOf(reviewOf(people.desired, names, tenant, quotas)),
    },
  };
};

/** Nothing is there, and all of it is proven. */
const emptyReader: Reader = {
  list: async () => ({ rows: [], isComplete: true, pages: 1 }),
  call: async () => null,
  spent: () => callsOf([]),
  minimum: () => callsOf([]),
};

/** Grants hang on what the console makes: by then it is there, and nobody holds anything on it. */
const withHosts = (world: LiveWorld, names: NameTable, desired: readonly Desired[]): ReturnType<typeof liveByKind> =>
  new Map(
    [...liveByKind(world, names)].map(([collection, of]) => {
      const kind = world.kinds.find((one) => one.collection === collection);
      if (!kind || !isMadeInConsole(kind)) return [collection, of];
      const there = new Set(of.resources.map(({ address }) => address));
      const hosts = desired.flatMap(({ kind: own, key, address }): readonly Live[] =>
        own !== collection || there.has(address)
          ? []
          : [
              {
                kind: own,
                key,
                address,
                ids: { id: `to come: ${address}` },
                spec: {},
                extra: {},
                ...(kind.attached ? { isBare: true } : {}),
              },
            ],
      );
      return [collection, { ...of, resources: [...of.resources, ...hosts] }];
    }),
  );

/** Kinds that no call creates: what they hang on is there, or they cannot be. */
const isMadeInConsole = (kind: Kind): boolean => kind.attached === true || kind.calls?.create.length === 0;

/** Lists in the pages that they will have, single resources as a comparison reads them, further ids once each. */
const reviewOf = (
  desired: readonly Desired[],
  names: NameTable,
  tenant: string,
  quotas: readonly Quota[],
): readonly OperationName[] => {
  const { kinds, lookUps } = wantedLists(KINDS, LOOK_UPS, desired, null);
  const lists = new Map<string, readonly OperationName[]>();
  for (const { collection, list } of [...kinds, ...lookUps]) {
    if (!list) continue;
    const pages = pagesOf(desired.filter((one) => one.kind === collection).length);
    const name = `${list.operation} ${JSON.stringify(list.request)}`;
    if (pages > (lists.get(name)?.length ?? 0))
      lists.set(
        name,
        Array.from({ length: pages }, () => list.operation),
      );
  }
  const parts = new Map(desired.flatMap((one) => one.parts.map((part) => [part.join(' '), part] as const)));
  return [
    'GetMyTenants',
    ...[...lists.values()].flat(),
    ...[...parts.values()].flatMap(
      ([collection, , name]) =>
        KINDS.find((kind) => kind.collection === collection)?.parts?.find((part) => part.name === name)?.operation ?? [],
    ),
    ...kinds.flatMap((kind) => {
      const own = desired.filter((one) => one.kind === kind.collection);
      const more = kind.more?.({
        rows: [],
        more: new Map(),
        desired: own,
        recorded: new Map(),
        names,
        tenant,
        price: priceOf(quotas),
        shown: null,
      });
      return [
        ...(more ?? []).map(({ operation }) => operation),
        ...own.flatMap((one) => settleEach(kind, null, one.spec).map(({ operation }) => operation)),
      ];
    }),
  ];
};
