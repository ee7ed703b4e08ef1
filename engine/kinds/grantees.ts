/** Principals in grants: one spelling each in files, normal forms and plans (RESOURCES 3). */
import { addressOf, decodePart } from '../core/json.ts';
import { type Names, PRINCIPALS, type PrincipalSort } from '../core/kind.ts';
import type { Json, JsonObject } from '../core/ports.ts';

const SORTS: readonly PrincipalSort[] = ['userGroups', 'projects', 'dataServiceApps'];

export type Grantee = { readonly sort: 'people' | PrincipalSort; readonly key: readonly string[] };

/** What a principal of a normal form means: `userGroups/analysts` the group, anything else an account. */
export const granteeOf = (principal: string): Grantee => {
  const [first = '', ...rest] = principal.split('/');
  const sort = SORTS.find((one) => one === first);
  return sort === undefined || rest.length === 0
    ? { sort: 'people', key: [principal] }
    : { sort, key: rest.map((part) => decodePart(part)) };
};

/** A principal as normal forms spell it, however its address was encoded in the file. */
export const spelled = (principal: string): string => {
  const { sort, key } = granteeOf(principal);
  return sort === 'people' ? principal : addressOf(sort, ...key);
};

/** Where a resource that refers to the principal has to wait for: `tenantMembers/ACCOUNT` of people. */
export const granteeAddress = (principal: string): string => {
  const { sort, key } = granteeOf(principal);
  return addressOf(sort === 'people' ? 'tenantMembers' : sort, ...key);
};

/** An app as normal forms spell it; by its id where the list of apps does not have it. */
export const appPrincipal = (names: Names, id: string): string =>
  `dataServiceApps/${names.name('dataServiceApps', id) ?? `id:${id}`}`;

/** JSON Schema of a list of principals whose entries may say more than `who`, `until` and `reason`. */
export const principalList = (description: string, more: JsonObject, examples: readonly Json[]): JsonObject => {
  const items = PRINCIPALS['items'] as { readonly anyOf: readonly JsonObject[] };
  return {
    ...PRINCIPALS,
    description,
    examples,
    items: {
      anyOf: items.anyOf.map((form) =>
        form['type'] === 'object' ? { ...form, properties: { ...(form['properties'] as JsonObject), ...more } } : form,
      ),
    },
  };
};
