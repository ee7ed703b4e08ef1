/** Cases of a kind: how a resource is written, what may become of it, and the workspace that holds it. */
import type { Edition, SwitchSettings } from '../../emulator/index.ts';
import type { Kind } from '../../engine/core/kind.ts';
import type { JsonObject } from '../../engine/index.ts';
import type { OperationName } from '../../engine/operations/index.ts';

/** One way in which the resource may be written next, and exactly what that must come to. */
export type Variant = {
  readonly name: string;
  /** The resource as it is written next; null where it stands under another key from then on. */
  readonly to: JsonObject;
  /** Its key from now on; the same unless it is renamed. */
  readonly key?: string;
  /** Pointers of the fields that act, sorted. */
  readonly pointers: readonly string[];
  /** Operations of the steps, in the order of the plan. */
  readonly operations: readonly OperationName[];
  /** The guard that keeps the change, or this part of it, back. */
  readonly guard?: string;
  /** Pointers of what no call brings about: planned again until somebody has done it by hand. */
  readonly byHand?: readonly string[];
};

export type KindCase = {
  readonly title: string;
  readonly kind: Kind;
  readonly edition?: Edition;
  /** Over the default world. */
  readonly world?: JsonObject;
  /** Further collections that the files declare beside the resource. */
  readonly around?: JsonObject;
  readonly key: string;
  readonly start: JsonObject;
  readonly creates: readonly OperationName[];
  readonly deletes: readonly OperationName[];
  readonly variants: readonly Variant[];
  /** What a plan calls its first apply and its going, where it hangs on something that nobody makes or deletes. */
  readonly actions?: { readonly first: 'update'; readonly gone: 'forget' };
  /** What adopting sends once more, because no read shows that it is there. */
  readonly adoptionSends?: readonly OperationName[];
  /** Pointers of what no read shows: that somebody else has taken it back is not known, and its going takes the calls all the same. */
  readonly goesBlindly?: readonly string[];
  /** Answers to open questions of the service that touch the kind. */
  readonly switches: readonly SwitchSettings[];
  /** The key of a second resource, written alike at every moment. */
  readonly twin?: string;
  /** A further situation of a kind: another case has a variant for every field. */
  readonly isFurther?: true;
};

export const filesOf = (one: KindCase, resource: JsonObject | null, key = one.key) => ({
  'phinfra.yaml': JSON.stringify({
    phinfra: 1,
    tenant: '300001413',
    edition: one.edition ?? 'basic',
    connection: { region: 'cn-shanghai', caller: 'owner@example.com' },
    resources: ['tenant.yaml'],
    secrets: { env: ['MC_*'] },
  }),
  'tenant.yaml': JSON.stringify({
    ...one.around,
    [one.kind.collection]: {
      ...((one.around?.[one.kind.collection] as JsonObject | undefined) ?? {}),
      ...(resource === null ? {} : resourcesAt(one, [key, ...(one.twin === undefined ? [] : [one.twin])], resource)),
    },
  }),
});

const resourcesAt = ({ kind }: KindCase, keys: readonly string[], resource: JsonObject): JsonObject => {
  const found: Record<string, JsonObject> = {};
  for (const key of keys) {
    const [head = '', ...rest] = kind.keyParts.length === 1 ? [key] : key.split('/');
    found[head] = rest.length === 0 ? resource : { ...found[head], ...nestedUnder(rest, resource) };
  }
  return found;
};

/** `{ finance: { portal: … } }` of a key of two parts. */
const nestedUnder = (key: readonly string[], resource: JsonObject): JsonObject =>
  key.reduceRight<JsonObject>((inner, part) => ({ [part]: inner }), resource);

/** A secret differs from every other text of a test, so that a leak would show. */
export const SECRETS = { MC_KEY: 'hunter2-hunter2' };
