/** Which resources the files say something new of, since another revision of them (DESIGN 4: --changed-since). Pure. */
import { addressOf, canonical, expand, getAt } from './json.ts';
import type { Kind } from './kind.ts';
import type { Address, Desired } from './model.ts';
import type { Json } from './ports.ts';
import type { WorkspaceConfig } from './workspace.ts';

/** What one revision of the files comes to, on one day. */
export type Rendered = { readonly config: WorkspaceConfig; readonly desired: readonly Desired[] };

/**
 * Addresses that are declared in one of them and not in the other, or otherwise; and those that name one of these, where it is
 * not the same thing any more. Where what the environment says of all of them has changed, all addresses.
 */
export const changedBetween = (then: Rendered | null, now: Rendered, kinds: readonly Kind[]): ReadonlySet<Address> => {
  if (then === null || setting(then) !== setting(now)) return new Set(now.desired.map((one) => one.address));
  const before = new Map(then.desired.map((one) => [one.address, one]));
  const after = new Map(now.desired.map((one) => [one.address, one]));
  const all = [...new Set([...before.keys(), ...after.keys()])];
  const differs = (meaning: (one: Desired) => string): readonly Address[] =>
    all.filter((address) => textBy(meaning, before.get(address)) !== textBy(meaning, after.get(address)));
  const others = new Set(differs((one) => identity(one, kinds)));
  const naming = now.desired.filter(
    (one) =>
      one.references.some((mention) => others.has(mention.address)) ||
      one.people.some(({ account }) => others.has(addressOf('tenantMembers', account))),
  );
  return new Set([...differs(content), ...naming.map((one) => one.address)]);
};

const textBy = (meaning: (one: Desired) => string, one: Desired | undefined): string => (one ? meaning(one) : '');

/** What decides about every resource of the environment. */
const setting = ({ config: { environment, exclusive } }: Rendered): string =>
  canonical([environment.tenant, environment.drift, environment.edition, environment.connection.caller, exclusive]);

const content = ({ spec, lifecycle, renamedFrom, causes }: Desired): string =>
  canonical([spec, lifecycle, renamedFrom, causes] as unknown as Json);

/** What others mean by it: under another name, made anew, or holding another thing, it is another one for them. */
const identity = (one: Desired, kinds: readonly Kind[]): string => {
  const kind = kinds.find(({ collection }) => collection === one.kind);
  const fixed = (kind?.fields ?? [])
    .filter(({ rule }) => rule === 'immutable' || rule === 'part')
    .flatMap((rule) =>
      expand(one.spec, rule.path).map((at) => [at, rule.rule === 'part' ? true : (getAt(one.spec, at) ?? null)]),
    );
  return canonical([one.renamedFrom, fixed, kind?.holds(one.spec) ?? []] as unknown as Json);
};
