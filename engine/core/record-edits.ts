/** What `state forget` and `state move` do to the record: pure, the lock and the journal are the shell's (DESIGN 4, 6). */
import { askedFields } from './asked.ts';
import { type Diagnostic, nearest } from './diagnostic.ts';
import type { RecordUpdate } from './fold.ts';
import { matcher } from './glob.ts';
import { addressOf, decodePart } from './json.ts';
import type { Address, Ids, Pointer, State } from './model.ts';

/** A resource that an edit of the record concerns, as it was recorded. */
export type EditedResource = {
  readonly address: Address;
  readonly ids: Ids;
  readonly origin: string;
  /** Only that it waits for an approval is forgotten. */
  readonly waits?: true;
};
export type RecordEdit = {
  readonly resources: readonly EditedResource[];
  /** What was asked for and waits for an approval, and is to be asked for again: of these the record itself stays. */
  readonly settled?: Readonly<Record<Address, readonly Pointer[]>>;
  /** In the order in which it is written: what leaves comes first, so that a half of it never names one id twice. */
  readonly update: RecordUpdate;
};
export type EditRefusal = { readonly problems: readonly Diagnostic[] };

/** True where the text names addresses by a pattern; an address itself has neither character, its parts are encoded. */
export const isGlob = (text: string): boolean => /[*?]/.test(text);

/**
 * Where something waits for an approval, that it was asked for is what is forgotten, and nothing else: the next plan asks again.
 * Of all others, what leaves the record: the addresses themselves, and what the globs match. All of them or none. An address without a
 * wildcard never means what lies below it.
 *
 * @returns OPTION_WRONG for each text that names nothing in the record
 */
export const forgetIn = (state: State | null, texts: readonly string[]): RecordEdit | EditRefusal => {
  const asked = state?.asked ?? {};
  const recorded = [...new Set([...Object.keys(state?.resources ?? {}), ...Object.keys(asked)])];
  const chosen = new Set<Address>();
  const problems: Diagnostic[] = [];
  for (const text of texts) {
    const named = namedBy(text, recorded);
    for (const address of named) chosen.add(address);
    if (named.length === 0) problems.push(notRecorded(text, recorded));
  }
  if (problems.length > 0) return { problems };
  const addresses = [...chosen].sort();
  const waiting = addresses.flatMap((address) => {
    const waits = asked[address];
    return waits ? [[address, waits] as const] : [];
  });
  const left = addresses.filter((address) => !asked[address]);
  return {
    resources: [
      ...waiting.map(([address, { resource }]) => ({
        address,
        ids: resource.ids,
        origin: resource.origin,
        waits: true as const,
      })),
      ...left.flatMap((address) => resourceAt(state, address)),
    ],
    update: Object.fromEntries(left.map((address) => [address, null])),
    ...(waiting.length > 0
      ? { settled: Object.fromEntries(waiting.map(([address, waits]) => [address, [...askedFields(waits).keys()].sort()])) }
      : {}),
  };
};

const namedBy = (text: string, recorded: readonly Address[]): readonly Address[] =>
  isGlob(text) ? recorded.filter(matcher([text])) : recorded.filter((address) => address === text);

const resourceAt = (state: State | null, address: Address): readonly EditedResource[] => {
  const found = state && Object.hasOwn(state.resources, address) ? state.resources[address] : undefined;
  return found ? [{ address, ids: found.ids, origin: found.origin }] : [];
};

/**
 * Another address for a recorded resource; its ids and all that was last applied stay.
 *
 * @returns OPTION_WRONG: the old one is not recorded, the new one is, or is no address of the same kind with as many parts
 */
export const moveIn = (state: State | null, from: Address, to: Address): RecordEdit | EditRefusal => {
  const recorded = Object.keys(state?.resources ?? {});
  const before = state && Object.hasOwn(state.resources, from) ? state.resources[from] : undefined;
  if (!before) return { problems: [notRecorded(from, recorded)] };
  const problem = wrongTarget(from, to, recorded);
  if (problem) return { problems: [problem] };
  return { resources: resourceAt(state, from), update: { [from]: null, [to]: before } };
};

const wrongTarget = (from: Address, to: Address, recorded: readonly Address[]): Diagnostic | null => {
  const [parts, was] = [to.split('/'), from.split('/')];
  const spelled = addressOf(...parts.map(decodePart));
  if (to === from) return wrong(`"${to}" is the address that it has.`, 'Name another one.');
  if (parts[0] !== was[0]) return wrong(`"${from}" and "${to}" are of different kinds.`, `What is moved stays in ${was[0]}.`);
  if (parts.length !== was.length || parts.includes(''))
    return wrong(`"${to}" does not have the parts of "${from}".`, `An address of ${was[0]} has ${was.length} parts.`);
  if (spelled !== to) return wrong(`"${to}" is not spelled as an address.`, `Write ${spelled}.`);
  if (recorded.includes(to))
    return wrong(`The record holds "${to}" already.`, 'Forget that one first where it is not ours: phinfra state forget.');
  return null;
};

const notRecorded = (text: string, recorded: readonly Address[]): Diagnostic => {
  const near = nearest(text, recorded);
  return wrong(
    isGlob(text) ? `Nothing in the record matches "${text}".` : `The record holds no "${text}".`,
    near === null || isGlob(text) ? 'phinfra state list has all addresses.' : `Did you mean ${near}?`,
  );
};

const wrong = (message: string, hint: string): Diagnostic => ({ code: 'OPTION_WRONG', severity: 'error', message, hint });
