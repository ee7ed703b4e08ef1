/** The fields of one change as rows: label, value, reason in words. */
import type { Change, FieldChange, FieldReason, Json, JsonObject } from '../engine.ts';
import type { Line, Span, WidthOf } from './lines.ts';
import { filled, styled, visible } from './lines.ts';
import { elementText, isBlank, isPlainList, pointerParts, valuePieces, valueText } from './value.ts';

/** A row before it is aligned. `value` is one line of spans; `reason` may be empty. */
export type Row = { readonly label: string; readonly value: Line; readonly reason: string };

export type RowOptions = {
  readonly full: boolean;
  /** Columns that a value may take before it is broken. */
  readonly columns: number;
  readonly widthOf: WidthOf;
};

/** Elements of one list that are shown before it is folded. */
const SHOWN_ELEMENTS = 8;
const SHOWN_ENTRIES = 10;
/** Columns that labels may take. */
export const WIDEST_LABEL = 40;
/** A text longer than this is cut in the middle of a comparison. */
const LONGEST_TEXT = 160;

const HALVES = ['prod', 'dev'];

/** The closed list of DESIGN 5 in the words of a reader; `side` tells which way a difference goes. */
const REASONS: Readonly<Record<FieldReason, (side: 'came' | 'went' | 'differs') => string>> = {
  changed: () => 'you changed it',
  added: () => 'you added it',
  removed: () => 'you removed it',
  // A drifted value is put back: what "came" in the plan had been taken away outside.
  drifted: (side) => ({ came: 'removed outside', went: 'added outside', differs: 'changed outside' })[side],
  both: () => 'changed by you and outside',
  found: (side) => (side === 'came' ? 'not live yet' : 'found live'),
  immutable: () => 'cannot be changed in place',
  unset: () => 'no longer in the files',
  default: () => 'the service adds it by itself',
  secret: () => 'its fingerprint differs',
  trusted: () => 'taken on trust, never sent',
  ignored: () => 'ignored by its lifecycle',
  order: () => 'only the order differs',
  expired: () => 'its time is over',
  leaver: () => 'the person has left',
  unread: () => 'cannot be read',
  later: () => 'not in this run',
};

/** Where the note says all that the reason says, and why; elsewhere it comes after the reason. */
const SAID_BY_NOTE: ReadonlySet<FieldReason> = new Set(['default', 'secret', 'immutable', 'ignored']);

const sideOf = (field: FieldChange): 'came' | 'went' | 'differs' =>
  field.before === undefined ? 'came' : field.after === undefined ? 'went' : 'differs';

/** `you added it (sets/finance_analysts)`, `added outside, drift: report`. */
export const reasonText = (field: FieldChange): string => {
  const words = REASONS[field.reason](sideOf(field));
  const base =
    field.note === undefined || field.note === '' || field.note === words
      ? words
      : SAID_BY_NOTE.has(field.reason)
        ? field.note
        : `${words}, ${field.note}`;
  return field.cause === undefined ? base : `${base} (${field.cause})`;
};

const clip = (text: string, full: boolean): string =>
  full || text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT - 40)} … ${text.slice(-30)}`;

/** Label of an element's list, and the element: halves belong to the label. */
const splitElement = (parts: readonly string[]): { readonly label: string; readonly element: string } => {
  const [first = '', second = ''] = parts;
  const taken = parts.length > 2 && (HALVES.includes(second) || HALVES.includes(first)) ? 2 : 1;
  return { label: parts.slice(0, taken).join(' '), element: parts.slice(taken).join(' ') };
};

const plus = (text: string): Line => [styled('green', `+ ${text}`)];
const minus = (text: string): Line => [styled('red', `- ${text}`)];

const comparison = (before: string, after: string, options: RowOptions): readonly Line[] => {
  const oneLine = options.widthOf(visible(before)) + options.widthOf(visible(after)) + 3;
  if (oneLine <= options.columns) return [[styled('red', before), ' → ', styled('green', after)]];
  return [[styled('red', before)], ['→ ', styled('green', after)]];
};

/** The remark beside an element that has nothing else; null for any other value. */
const remarkOf = (value: Json): string | null => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const { description, ...rest } = value as JsonObject;
  return typeof description === 'string' && Object.keys(rest).length === 0 ? valueText(description) : null;
};

/** The label of a field: the one half of a basic project has no name of its own. */
const labelOf = (parts: readonly string[], isSingle: boolean): string =>
  (isSingle && parts.length === 2 && parts[1] === 'prod' ? parts.slice(0, 1) : parts).join(' ');

/** A project of one half: what both halves may have is said of it without naming a half (RESOURCES 4). */
const hasOneHalf = ({ before, after }: Pick<Change, 'before' | 'after'>): boolean => (after ?? before)?.['mode'] === 'basic';

type Group = { readonly label: string; readonly rows: { value: Line; reason: string; sign: '+' | '-' | null }[] };

const fieldRows = (field: FieldChange, options: RowOptions, isSingle: boolean): { label: string; rows: Group['rows'] } => {
  const parts = pointerParts(field.pointer);
  const side = sideOf(field);
  const reason = field.stands ? `let stand: ${reasonText(field)}` : reasonText(field);
  if (field.sensitive) {
    const again = field.note === undefined || field.note === REASONS.secret(side) ? 'secret, new value' : 'secret, sent again';
    const text = { came: 'secret', went: 'secret, taken away', differs: again }[side];
    return {
      label: labelOf(parts, isSingle),
      rows: [{ value: [styled(side === 'went' ? 'red' : 'yellow', text)], reason, sign: null }],
    };
  }
  if (side !== 'differs' && parts.length === 1 && HALVES.includes(parts[0] ?? '')) {
    const value = side === 'came' ? plus('made') : minus('deleted');
    return { label: labelOf(parts, isSingle), rows: [{ value, reason, sign: side === 'came' ? '+' : '-' }] };
  }
  if (side !== 'differs' && labelOf(parts, isSingle) !== parts[0] && parts.length > 1) {
    const { label, element } = splitElement(parts);
    const text = clip(elementText(element, (side === 'came' ? field.after : field.before) ?? null), options.full);
    if (field.stands) return { label, rows: [{ value: [text], reason, sign: null }] };
    return { label, rows: [{ value: side === 'came' ? plus(text) : minus(text), reason, sign: side === 'came' ? '+' : '-' }] };
  }
  const { before, after } = field;
  const named = labelOf(parts, isSingle);
  // A label wider than its column names the list, and its element stands with the value.
  if (parts.length > 1 && options.widthOf(visible(named)) > WIDEST_LABEL) {
    const { label, element } = splitElement(parts);
    const columns = options.columns - options.widthOf(visible(element)) - 1;
    const { rows } = fieldRows({ ...field, pointer: '/x' }, { ...options, columns }, isSingle);
    return { label, rows: rows.map((row, index) => (index === 0 ? { ...row, value: [`${element} `, ...row.value] } : row)) };
  }
  if (isPlainList(before) && isPlainList(after)) {
    const [old, now] = [before.map((item) => valueText(item)), after.map((item) => valueText(item))];
    const came = now.filter((item) => !old.includes(item));
    const went = old.filter((item) => !now.includes(item));
    if (came.length + went.length > 0)
      return {
        label: labelOf(parts, isSingle),
        rows: [
          ...came.map((item) => ({ value: plus(item), reason, sign: '+' as const })),
          ...went.map((item) => ({ value: minus(item), reason, sign: '-' as const })),
        ],
      };
  }
  const text = (value: Json | undefined): string =>
    value === undefined ? '(none)' : clip(remarkOf(value) ?? valueText(value), options.full);
  // Null: something that nobody can read is there, and is replaced.
  if (before === null)
    return { label: labelOf(parts, isSingle), rows: [{ value: ['→ ', styled('green', text(after))], reason, sign: null }] };
  return {
    label: labelOf(parts, isSingle),
    rows: comparison(text(before), text(after), options).map((value) => ({ value, reason, sign: null })),
  };
};

const foldGroup = (group: Group, full: boolean): Group['rows'] => {
  if (full || group.rows.length <= SHOWN_ELEMENTS + 1) return group.rows;
  const rest = group.rows.slice(SHOWN_ELEMENTS);
  const count = (sign: '+' | '-'): string => {
    const many = rest.filter((row) => row.sign === sign).length;
    return many === 0 ? '' : ` ${sign}${many}`;
  };
  const text = `… and ${rest.length} more:${count('+')}${count('-')} (--full)`;
  return [...group.rows.slice(0, SHOWN_ELEMENTS), { value: [styled('dim', text)], reason: '', sign: null }];
};

/**
 * Rows of the fields that are compared: `before → after`, elements of lists as `+` and `-` under one label.
 *
 * A label and a reason that repeat the line above are left out.
 */
export const comparedRows = (
  fields: readonly FieldChange[],
  options: RowOptions,
  change: Pick<Change, 'before' | 'after'>,
): readonly Row[] => {
  const isSingle = hasOneHalf(change);
  const groups = new Map<string, Group>();
  for (const field of fields) {
    const { label, rows } = fieldRows(field, options, isSingle);
    const group = groups.get(label) ?? { label, rows: [] };
    group.rows.push(...rows);
    groups.set(label, group);
  }
  return [...groups.values()].flatMap((group) => {
    let last = '';
    return foldGroup(group, options.full).map((row, index) => {
      const reason = row.reason === last ? '' : row.reason;
      if (row.reason !== '') last = row.reason;
      return { label: index === 0 ? group.label : '', value: row.value, reason };
    });
  });
};

/** What is let stand, counted by reason: `let stand: the service adds it by itself × 2 · ignored by its lifecycle`. */
export const standingText = (fields: readonly FieldChange[]): string => {
  const counts = new Map<string, number>();
  for (const field of fields) counts.set(reasonText(field), (counts.get(reasonText(field)) ?? 0) + 1);
  const reasons = [...counts].map(([reason, count]) => (count === 1 ? reason : `${reason} × ${count}`));
  return `let stand: ${reasons.join(' · ')}`;
};

/** Sensitive values out of a normal form, whatever they are. */
const masked = (value: Json, pointer: string, sensitive: ReadonlySet<string>): Json => {
  if (sensitive.has(pointer)) return typeof value === 'object' ? value : 'secret';
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      masked(inner, `${pointer}/${key.replace(/~/g, '~0').replace(/\//g, '~1')}`, sensitive),
    ]),
  );
};

/** `{ prod: text }` as the text; a half of people or config keeps its name, as in the files. */
const withoutHalf = (value: Json): Json => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const { prod, ...rest } = value as JsonObject;
  return typeof prod === 'string' && Object.keys(rest).length === 0 ? prod : value;
};

/** Rows of a resource that is new or goes: what it says, without what is empty. */
export const wholeRows = (change: Change, spec: JsonObject, options: RowOptions): readonly Row[] => {
  const sensitive = new Set(change.fields.filter((field) => field.sensitive).map((field) => field.pointer));
  const clean = masked(spec, '', sensitive) as JsonObject;
  const limit = options.full ? Number.POSITIVE_INFINITY : SHOWN_ENTRIES;
  const isSingle = hasOneHalf(change);
  return Object.entries(clean)
    .filter(([, value]) => options.full || !isBlank(value))
    .map(([label, value]): readonly [string, Json] => [label, isSingle ? withoutHalf(value) : value])
    .flatMap(([label, value]) =>
      filled(
        valuePieces(value, limit).map((piece) => clip(piece, options.full)),
        options.columns,
        options.widthOf,
      ).map((text, index): Row => ({ label: index === 0 ? label : '', value: [text as Span], reason: '' })),
    );
};
