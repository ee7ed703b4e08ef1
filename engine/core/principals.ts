/** Principals: account names and sets of people, with their ends in time (RESOURCES 3). */
import type { Diagnostic, Source } from './diagnostic.ts';
import { nearest } from './diagnostic.ts';
import { isObject, pointerOf, textOf } from './json.ts';
import type { PrincipalSort } from './kind.ts';
import type { Json } from './ports.ts';
import type { LoadedSet } from './workspace.ts';

/** One person of an expanded list; `cause` is the set that brought him, null where he is written in the list itself. */
export type Expanded = {
  readonly account: string;
  readonly until: string | null;
  readonly reason: string | null;
  readonly cause: string | null;
  readonly source: Source;
  /** Past its `until` on the day of the plan: counts as absent. */
  readonly isExpired: boolean;
  readonly sort: 'people' | PrincipalSort;
  /** The entry of the list itself, as written. */
  readonly written: Json;
};

export type Sets = {
  /** The people of a written list; entries that are unknown sets or unsupported principals are reported and left out. */
  readonly expand: (
    list: readonly Json[],
    sourceOf: (index: number) => Source,
    report: (diagnostic: Diagnostic) => void,
    /** Sorts of principals that the service takes here beside people. */
    sorts?: readonly PrincipalSort[],
  ) => readonly Expanded[];
};

const PREFIX = /^(sets|userGroups|projects|dataServiceApps)\/(.+)$/;

const WORDS: Readonly<Record<PrincipalSort, string>> = {
  userGroups: 'user groups',
  projects: 'projects (their production accounts)',
  dataServiceApps: 'apps',
};

/** Sets within sets; nobody reads further, and a call stack ends somewhere. */
const DEEPEST = 64;

/** A day that exists, `2027-03-31`. */
export const isDay = (text: string): boolean => {
  const at = Date.parse(`${text}T00:00:00Z`);
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(at) && new Date(at).toISOString().slice(0, 10) === text;
};

/** The stricter of two ends; null is no end. */
const earlier = (a: string | null, b: string | null): string | null => (a === null ? b : b === null ? a : a < b ? a : b);
/** Of two entries for the same person the one that lasts longer holds: a union. */
const lastsLonger = (a: Expanded, b: Expanded): boolean => a.until === null || (b.until !== null && a.until >= b.until);

/**
 * Sets by name, expanded on demand: union only, no cycles.
 *
 * @param day today in the workspace's time zone; an `until` is inclusive
 * @returns the expander, and what is wrong in the sets themselves
 */
export const resolveSets = (
  sets: readonly LoadedSet[],
  day: string,
): { readonly sets: Sets; readonly diagnostics: readonly Diagnostic[] } => {
  const byName = new Map(sets.map((set) => [set.name, set]));
  const done = new Map<string, readonly Expanded[]>();
  const diagnostics: Diagnostic[] = [];

  /** Each set is expanded once, and tells once what is wrong in it: also in a circle, where one of them is cut short. */
  const peopleOf = (name: string, path: readonly string[]): readonly Expanded[] => {
    const known = done.get(name);
    if (known) return known;
    const set = byName.get(name);
    if (!set) return [];
    const list = Array.isArray(set.raw['people']) ? (set.raw['people'] as readonly Json[]) : [];
    const found = expandList(
      list,
      (index) => set.sourceOf(pointerOf('people', String(index))),
      (one) => diagnostics.push(one),
      [...path, name],
    );
    done.set(name, found);
    return found;
  };

  const expandList = (
    list: readonly Json[],
    sourceOf: (index: number) => Source,
    report: (diagnostic: Diagnostic) => void,
    path: readonly string[],
    sorts: readonly PrincipalSort[] = [],
  ): readonly Expanded[] => {
    const people = new Map<string, Expanded>();
    const add = (person: Expanded): void => {
      const there = people.get(person.account);
      if (!there || !lastsLonger(there, person)) people.set(person.account, person);
    };
    list.forEach((item, index) => {
      const source = sourceOf(index);
      const who = isObject(item) ? textOf(item['who']) : textOf(item);
      const until = isObject(item) && item['until'] !== undefined ? textOf(item['until']) : null;
      const reason = isObject(item) && item['reason'] !== undefined ? textOf(item['reason']) : null;
      if (until !== null && !isDay(until)) {
        report({
          code: 'UNTIL_WRONG',
          severity: 'error',
          message: `"${until}" is not a day.`,
          hint: 'Write it as 2027-03-31.',
          source,
        });
        return;
      }
      const isExpired = until !== null && until < day;
      const [, sort, name = ''] = PREFIX.exec(who) ?? [];
      if (sort === undefined) {
        add({ account: who, until, reason, cause: null, source, isExpired, sort: 'people', written: item });
        return;
      }
      if (sort !== 'sets') {
        const taken = sorts.find((one) => one === sort);
        if (taken && name.split('/').length === (sort === 'dataServiceApps' ? 2 : 1))
          add({ account: who, until, reason, cause: null, source, isExpired, sort: taken, written: item });
        else if (taken)
          report({
            code: 'VALUE_WRONG',
            severity: 'error',
            message: `"${who}" is no address of ${sort}.`,
            hint: sort === 'dataServiceApps' ? 'Write dataServiceApps/GROUP/NAME.' : `Write ${sort}/NAME, with % / * ? encoded.`,
            source,
          });
        else
          report({
            code: 'PRINCIPAL_UNSUPPORTED',
            severity: 'error',
            message: `"${who}" cannot stand here: the service takes ${['people', ...sorts.map((one) => WORDS[one])].join(', ')} only.`,
            hint: sorts.length > 0 ? 'Name one of these.' : 'Name account names, or sets of them.',
            source,
          });
        return;
      }
      if (path.includes(name)) {
        report({
          code: 'REFERENCE_CYCLE',
          severity: 'error',
          message: `The sets go in a circle: ${[...path.slice(path.indexOf(name)), name].map((part) => `sets/${part}`).join(' → ')}.`,
          hint: 'A set is a union; take one of the links out.',
          source,
        });
        return;
      }
      if (path.length >= DEEPEST) {
        report({
          code: 'LIMIT_EXCEEDED',
          severity: 'error',
          message: `Sets may be nested ${DEEPEST} deep, and sets/${name} lies deeper.`,
          hint: 'Name the people higher up.',
          source,
        });
        return;
      }
      if (!byName.has(name)) {
        const near = nearest(name, byName.keys());
        report({
          code: 'REFERENCE_UNKNOWN',
          severity: 'error',
          message: `There is no set "${name}".`,
          hint: near === null ? 'Declare it under sets.' : `Did you mean sets/${near}?`,
          source,
        });
        return;
      }
      for (const person of peopleOf(name, path))
        add({
          ...person,
          until: earlier(person.until, until),
          reason: person.reason ?? reason,
          cause: `sets/${name}`,
          // The place of the entry that ends is the set's own line, unless this line ends it.
          source: person.isExpired || !isExpired ? person.source : source,
          isExpired: person.isExpired || isExpired,
          written: item,
        });
    });
    return [...people.values()];
  };

  for (const set of sets) peopleOf(set.name, []);
  return {
    sets: { expand: (list, sourceOf, report, sorts) => expandList(list, sourceOf, report, [], sorts) },
    diagnostics,
  };
};
