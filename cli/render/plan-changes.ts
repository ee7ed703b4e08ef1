/** The changes of a plan, by kind: one block a resource, its fields as rows with the reason on the right. */
import type { Change, FieldChange, Guard, Plan } from '../engine.ts';
import { thousands } from './bill.ts';
import { comparedRows, type Row, standingText, WIDEST_LABEL, wholeRows } from './fields.ts';
import { type Line, padTo, plainText, type Span, type Style, styled, visible, type WidthOf, wrapped } from './lines.ts';
import { heldOf } from './plan-counts.ts';
import { pointerParts } from './value.ts';

/** How wide, how a width is measured, and whether lists are unfolded. */
export type Layout = { readonly width: number; readonly widthOf: WidthOf; readonly full: boolean };

type Scene = Layout & {
  readonly destroy: boolean;
  /** Addresses of changes that a guard keeps back as a whole. */
  readonly held: ReadonlySet<string>;
  readonly guards: ReadonlyMap<string, readonly Guard[]>;
  readonly operations: ReadonlyMap<string, string>;
};

const SYMBOLS: Readonly<Record<Change['action'], readonly [string, Style]>> = {
  create: ['+', 'green'],
  update: ['~', 'yellow'],
  replace: ['-/+', 'magenta'],
  delete: ['-', 'red'],
  adopt: ['=', 'cyan'],
  forget: ['.', 'dim'],
  manual: ['?', 'cyan'],
  none: ['·', 'dim'],
};
/** Resources of one kind whose differences are let stand, shown before the rest is counted. */
const SHOWN_STANDING = 5;
/** Where the fields of a change begin, and what is said below a code. */
export const FIELD_INDENT = 6;

const stands = (field: FieldChange): boolean => field.stands === true;
const nameOf = (change: Change): string => change.address.slice(change.kind.length + 1);

/** One line of a block: what stands on the left, and what is aligned on the right. */
type Entry = { readonly left: Line; readonly right: Span | null };

/** An adoption is counted in a line of its own, unless something about it waits for an answer. */
const isShown = (change: Change, { guards }: Scene): boolean =>
  change.action === 'adopt' ? guards.has(change.address) : change.action !== 'none';

/** The blocks of all kinds, aligned with each other. */
export const changeLines = (plan: Plan, layout: Layout): readonly Line[] => {
  const guards = new Map<string, Guard[]>();
  for (const guard of plan.guards) guards.set(guard.address, [...(guards.get(guard.address) ?? []), guard]);
  const scene: Scene = {
    ...layout,
    destroy: plan.destroy,
    held: heldOf(plan),
    guards,
    operations: new Map(plan.steps.map((step) => [step.id, step.operation])),
  };
  const kinds = new Set([...plan.coverage.map((entry) => entry.kind), ...plan.changes.map((change) => change.kind)]);
  const byKind = new Map([...kinds].map((kind): [string, Change[]] => [kind, []]));
  for (const change of plan.changes) byKind.get(change.kind)?.push(change);
  const blocks = [...kinds]
    .map((kind) => ({ kind, entries: kindEntries(byKind.get(kind) ?? [], scene) }))
    .filter(({ entries }) => entries.length > 0);
  const right = rightColumn(
    blocks.flatMap(({ entries }) => entries),
    layout,
  );
  return blocks.flatMap(({ kind, entries }): readonly Line[] => [
    [styled('bold', kind)],
    ...entries.map((entry) => aligned(entry, right, layout.widthOf)),
  ]);
};

/** The column at which places and reasons begin: as far left as the longest ordinary line allows. */
const rightColumn = (entries: readonly Entry[], layout: Layout): number => {
  const widest = layout.width - 32;
  return entries.reduce((right, entry) => {
    const left = entry.right === null ? 0 : layout.widthOf(plainText(entry.left)) + 3;
    return left <= widest ? Math.max(right, left) : right;
  }, 40);
};

const aligned = (entry: Entry, right: number, widthOf: WidthOf): Line =>
  entry.right === null
    ? entry.left
    : [...entry.left, ' '.repeat(Math.max(3, right - widthOf(plainText(entry.left)))), entry.right];

const kindEntries = (changes: readonly Change[], scene: Scene): readonly Entry[] => {
  const { full } = scene;
  // What the service adds by itself stays for ever: only --full tells it of a resource that is otherwise as the files say.
  const tells = (field: FieldChange): boolean => stands(field) && (full || field.reason !== 'default');
  const standing = changes.filter((change) => !isShown(change, scene) && change.fields.some(tells));
  const shown = full ? standing : standing.slice(0, SHOWN_STANDING);
  const rest = standing.length - shown.length;
  return [
    ...changes.filter((change) => isShown(change, scene)).flatMap((change) => changeEntries(change, scene)),
    ...shown.flatMap((change) => standingEntries(change, scene)),
    ...(rest === 0
      ? []
      : [
          {
            left: ['    ', styled('dim', `… and ${thousands(rest)} more with differences that are let stand (--full)`)],
            right: null,
          } satisfies Entry,
        ]),
  ];
};

const placeOf = (change: Change, { destroy }: Scene): string => {
  if (change.source) return `${change.source.file}:${change.source.line}`;
  return change.cause ?? (change.action === 'delete' && !destroy ? 'no longer in the files' : '');
};

const titleEntry = (change: Change, scene: Scene): Entry => {
  const [symbol, style] = SYMBOLS[change.action];
  const renamed = change.renamedFrom === undefined ? '' : ` (was ${change.renamedFrom.slice(change.kind.length + 1)})`;
  return {
    left: [styled(style, symbol.padStart(3)), ' ', styled('bold', nameOf(change)), renamed],
    right: styled('dim', placeOf(change, scene)),
  };
};

const changeEntries = (change: Change, scene: Scene): readonly Entry[] => {
  const { full, widthOf, width, operations } = scene;
  const options = { full, widthOf, columns: Math.max(30, width - 50) };
  const whole = { ...options, columns: Math.max(30, width - 24) };
  const { fields, lists } = waiting(change, scene);
  const active = fields.filter((field) => !stands(field));
  const standing = fields.filter(stands);
  const rows: Row[] = [];
  if (change.action === 'create' && change.after) rows.push(...wholeRows(change, change.after, whole));
  else if (change.action === 'delete' && change.before)
    rows.push(...wholeRows(change, change.before, whole), ...comparedRows(active, options, change));
  else rows.push(...comparedRows(full ? fields : active, options, change));
  for (const list of lists) rows.push({ label: list, value: [styled('dim', 'left alone, waits for you')], reason: '' });
  if (!full && standing.length > 0) {
    const label = Math.min(WIDEST_LABEL, Math.max(0, ...rows.map((row) => widthOf(visible(row.label))))) + 2;
    for (const line of wrapped(standingText(standing), Math.max(30, width - FIELD_INDENT - label), widthOf))
      rows.push({ label: '', value: [styled('dim', line)], reason: '' });
  }
  if (change.action === 'forget') rows.push({ label: '', value: ['leaves the record; what is live stays as it is'], reason: '' });
  for (const text of change.manual) rows.push({ label: 'by hand', value: [styled('cyan', text)], reason: '' });
  if (full && change.steps.length > 0)
    rows.push({ label: 'calls', value: [styled('dim', callsText(change, operations))], reason: '' });
  return [titleEntry(change, scene), ...rowEntries(rows, widthOf)];
};

/** What a guard holds back is shown as it would be, and the guard says that it waits; of a list only that it does. */
const waiting = (
  change: Change,
  { held, guards, full }: Scene,
): { readonly fields: readonly FieldChange[]; readonly lists: readonly string[] } => {
  const asActing = ({ stands: _stands, ...field }: FieldChange): FieldChange => field;
  if (held.has(change.address)) return { fields: change.fields.map(asActing), lists: [] };
  const at = (guards.get(change.address) ?? []).flatMap(({ code, pointer }) => (pointer ? [{ code, pointer }] : []));
  const isAt = (field: FieldChange, { pointer }: { readonly pointer: string }): boolean =>
    field.pointer === pointer || field.pointer.startsWith(`${pointer}/`);
  const lists = full ? [] : at.filter(({ code }) => code === 'ADOPT_HAS_OTHERS');
  const others = at.filter(({ code }) => code !== 'ADOPT_HAS_OTHERS');
  return {
    fields: change.fields
      .filter((field) => !lists.some((list) => isAt(field, list)))
      .map((field) => (others.some((one) => isAt(field, one)) ? asActing(field) : field)),
    lists: lists.map(({ pointer }) => pointerParts(pointer).join(' ')),
  };
};

const rowEntries = (rows: readonly Row[], widthOf: WidthOf): readonly Entry[] => {
  const labelWidth = Math.min(WIDEST_LABEL, Math.max(0, ...rows.map((row) => widthOf(visible(row.label)))));
  return rows.map((row) => ({
    left: [' '.repeat(FIELD_INDENT), labelWidth === 0 ? '' : padTo(row.label, labelWidth + 2, widthOf), ...row.value],
    right: row.reason === '' ? null : styled('dim', row.reason),
  }));
};

/** `UpdateUserGroup, AddUserGroupMember × 2` */
const callsText = (change: Change, operations: ReadonlyMap<string, string>): string => {
  const counts = new Map<string, number>();
  for (const id of change.steps) {
    const operation = operations.get(id) ?? id;
    counts.set(operation, (counts.get(operation) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => (count === 1 ? name : `${name} × ${count}`)).join(', ');
};

const standingEntries = (change: Change, scene: Scene): readonly Entry[] => {
  const { fields: all, lists } = waiting(change, scene);
  const fields = all.filter(stands);
  const texts = [
    ...lists.map((list) => `${list} left alone, waits for you`),
    ...(fields.length > 0 ? [standingText(fields)] : []),
  ];
  const title: Entry = {
    left: [styled('dim', '  · '), nameOf(change)],
    right: styled('dim', scene.full ? placeOf(change, scene) : texts.join(' · ')),
  };
  if (!scene.full) return [title];
  const options = { full: true, widthOf: scene.widthOf, columns: Math.max(30, scene.width - 50) };
  return [title, ...rowEntries(comparedRows(fields, options, change), scene.widthOf)];
};
