/**
 * What a workspace lets no plan do unasked (DESIGN 2): too many deletes, losses, gains; too few administrators; the caller's own
 * access. A plan says what it goes beyond; an apply of it begins only when each number has been confirmed.
 */
import type { AccessChange, AccessEntry, AccessSides } from './access-model.ts';
import { MEMBER, TENANT } from './access-model.ts';
import { fewAdmins } from './admins.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { Beyond, Plan } from './model.ts';
import type { GuardsConfig } from './workspace.ts';

export const GUARD_NAMES = ['deletes', 'losses', 'gains', 'minAdmins', 'self'] as const;
export type GuardName = (typeof GUARD_NAMES)[number];
/** By guard, and commits that were applied and are lacking (core/behind.ts). */
export type Confirmed = Readonly<Partial<Record<GuardName | 'behind', number>>>;

/** A share of fewer resources than these says nothing. */
const LEAST_OURS = 10;

export const NO_GUARDS: GuardsConfig = {
  deletes: { count: null, share: null },
  losses: { people: null },
  gains: { people: null },
  minAdmins: null,
  require: { self: false },
  isProtected: false,
};

const least = (a: number | null, b: number | null): number | null => (a === null ? b : b === null ? a : Math.min(a, b));
const most = (a: number | null, b: number | null): number | null => (a === null ? b : b === null ? a : Math.max(a, b));

/** Of the recorded and the written guards the stricter ones, each by itself. */
export const stricter = (a: GuardsConfig, b: GuardsConfig): GuardsConfig => ({
  deletes: { count: least(a.deletes.count, b.deletes.count), share: least(a.deletes.share, b.deletes.share) },
  losses: { people: least(a.losses.people, b.losses.people) },
  gains: { people: least(a.gains.people, b.gains.people) },
  minAdmins: most(a.minAdmins, b.minAdmins),
  require: { self: a.require.self || b.require.self },
  isProtected: a.isProtected || b.isProtected,
});

/** Guards that are recorded and that the files loosen, in words: `deletes.count 10 → none`. */
export const loosened = (recorded: GuardsConfig, written: GuardsConfig): readonly string[] => {
  const holds = stricter(recorded, written);
  const values = (of: GuardsConfig): readonly (readonly [string, number | true | null])[] => [
    ['deletes.count', of.deletes.count],
    ['deletes.share', of.deletes.share],
    ['losses.people', of.losses.people],
    ['gains.people', of.gains.people],
    ['minAdmins', of.minAdmins],
    ['require.self', of.require.self ? true : null],
    ['protected', of.isProtected ? true : null],
  ];
  const after = new Map(values(written));
  return values(holds)
    .filter(([name, value]) => after.get(name) !== value)
    .map(([name, value]) => `${name} ${value} → ${after.get(name) ?? 'none'}`);
};

export type GuardsInput = {
  readonly guards: GuardsConfig;
  /** Resources that the plan deletes or replaces. */
  readonly deleted: readonly string[];
  /** How many resources are ours. */
  readonly ours: number;
  readonly access: AccessChange;
  readonly sides: readonly AccessSides[];
  readonly caller: string | null;
};

/** What a plan goes beyond, in the order of the guards' names. */
export const beyondGuards = (input: GuardsInput): readonly Beyond[] => [
  ...deletesBeyond(input),
  ...peopleBeyond('losses', input.access.lost, input.guards.losses.people),
  ...peopleBeyond('gains', input.access.gained, input.guards.gains.people),
  ...adminsBeyond(input),
  ...selfBeyond(input),
];

const deletesBeyond = ({ guards: { deletes }, deleted, ours }: GuardsInput): readonly Beyond[] => {
  const count = deleted.length;
  const percent = Math.round((100 * count) / Math.max(1, ours));
  const isMany = deletes.count !== null && count > deletes.count;
  const isShare = deletes.share !== null && ours >= LEAST_OURS && count > deletes.share * ours;
  if (!isMany && !isShare) return [];
  const allowed = isMany ? `${deletes.count}` : `${Math.round(100 * (deletes.share ?? 0))} % of what is ours`;
  const share = ours >= LEAST_OURS ? `, ${percent} % of what is ours,` : '';
  const what = count === 1 ? 'One resource' : `${count} resources`;
  return [{ guard: 'deletes', count, message: `${what}${share} would be deleted, and ${allowed} may be.`, names: deleted }];
};

const peopleBeyond = (guard: 'losses' | 'gains', entries: readonly AccessEntry[], allowed: number | null): readonly Beyond[] => {
  if (allowed === null) return [];
  const names = [...new Set(entries.flatMap(({ who }) => who))].sort();
  if (names.length <= allowed) return [];
  const verb = guard === 'losses' ? 'lose' : 'gain';
  const message = `${names.length === 1 ? 'One' : names.length} would ${verb} a right, and ${allowed} may.`;
  return [{ guard, count: names.length, message, names }];
};

const adminsBeyond = ({ guards: { minAdmins }, sides }: GuardsInput): readonly Beyond[] => {
  const few = minAdmins === null ? [] : fewAdmins(sides, minAdmins);
  if (few.length === 0) return [];
  const one = few.length === 1 ? `${few[0]?.on} would keep ${few[0]?.left}` : `${few.length} places would keep fewer`;
  const message = `Each place keeps ${minAdmins === 1 ? 'an administrator' : `${minAdmins} administrators`}, and ${one}.`;
  return [{ guard: 'minAdmins', count: few.length, message, names: few.map(({ on }) => on) }];
};

const selfBeyond = ({ guards, access, sides, caller }: GuardsInput): readonly Beyond[] => {
  if (!guards.require.self || caller === null) return [];
  const words = new Set(sides.flatMap(({ administers }) => administers ?? []));
  const lost = access.lost.filter(
    ({ who, may, on }) => who.includes(caller) && (words.has(may) || (may === MEMBER && on === TENANT)),
  );
  if (lost.length === 0) return [];
  const names = lost.map(({ may, on }) => `${may} of ${on}`);
  const message = `${caller}, whose key this is, would lose ${lost.length === 1 ? 'a right' : `${lost.length} rights`} to administer.`;
  return [{ guard: 'self', count: lost.length, message, names }];
};

/** `deletes=12,losses=200`, as `--confirm` takes it. */
export const confirmText = (beyond: readonly Beyond[]): string => beyond.map(({ guard, count }) => `${guard}=${count}`).join(',');

/** What of the plan's guards is not confirmed, or by another number than the plan's: one message for each. */
export const unconfirmed = (plan: Pick<Plan, 'beyond'>, confirmed: Confirmed): readonly Diagnostic[] => {
  const beyond = plan.beyond ?? [];
  return beyond
    .filter(({ guard, count }) => confirmed[guard] !== count)
    .map(({ guard, count, message }) => {
      const given = confirmed[guard];
      const but = given === undefined ? '' : ` ${guard}=${given} was confirmed, and it is ${count}.`;
      return {
        code: 'GUARD_UNCONFIRMED',
        severity: 'error',
        message: `${message}${but}`,
        hint: `If that is meant: --confirm ${confirmText(beyond)}.`,
      };
    });
};
