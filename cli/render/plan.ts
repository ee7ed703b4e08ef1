/** A plan as people read it (DESIGN 5, "How it reads"). Pure: the same plan and options give the same text. */
import type { Change, FieldChange, Plan } from '../engine.ts';
import { billLines, thousands, timeText } from './bill.ts';
import { comparedRows, type Row, standingText, wholeRows } from './fields.ts';
import {
  type Line,
  narrowWidth,
  padTo,
  plainText,
  renderLines,
  type Span,
  type Style,
  styled,
  visible,
  type WidthOf,
} from './lines.ts';
import { pointerParts, valueText } from './value.ts';

export type PlanTextOptions = {
  readonly color: boolean;
  /** Columns of the terminal. */
  readonly width: number;
  /** Default: one column a character. `widthFor` gives the right one for East Asian text. */
  readonly widthOf?: WidthOf;
  /** Long lists unfolded, differences that are let stand one by one, the calls of every change. */
  readonly full?: boolean;
  /** Names of what is live and in no file. */
  readonly unmanaged?: boolean;
  /** Today, `2026-11-24`: another day in the plan is said. */
  readonly day?: string;
  /** The word that begins the text; default `plan`. */
  readonly command?: string;
  /** The connection is an emulator of ours. */
  readonly emulator?: boolean;
  /** The file that holds the plan. */
  readonly savedTo?: string;
};

type Layout = Required<Pick<PlanTextOptions, 'width' | 'widthOf' | 'full'>> & { readonly held: ReadonlySet<string> };

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
const FIELD_INDENT = 6;
const WIDEST_LABEL = 40;

const stands = (field: FieldChange): boolean => field.stands === true;
const nameOf = (change: Change): string => change.address.slice(change.kind.length + 1);
const many = (count: number, one: string, more: string): string => `${thousands(count)} ${count === 1 ? one : more}`;

/** One line of a block: what stands on the left, and what is aligned on the right. */
type Entry = { readonly left: Line; readonly right: Span | null };

/**
 * The whole text of a plan, ended by a newline: head, changes by kind, adoptions, what waits for a person, warnings, access,
 * summary, coverage, bill, time, and how to go on. Names from the service are escaped; secrets never appear.
 */
export const renderPlan = (plan: Plan, options: PlanTextOptions): string => {
  const layout: Layout = {
    width: options.width,
    widthOf: options.widthOf ?? narrowWidth,
    full: options.full ?? false,
    held: heldOf(plan),
  };
  const sections: readonly (readonly Line[])[] = [
    headLines(plan, options),
    changeLines(plan, layout),
    guardLines(plan),
    warningLines(plan),
    accessLines(plan),
    unmanagedLines(plan, options),
    [...summaryLines(plan, options), ...coverageLines(plan, layout)],
    [...billLines(plan.bill), ...closingLines(plan, options)],
  ];
  const shown = sections.filter((section) => section.length > 0);
  return renderLines(
    shown.flatMap((section, index): readonly Line[] => (index === 0 ? section : [[], ...section])),
    options.color,
  );
};

const headLines = (plan: Plan, options: PlanTextOptions): readonly Line[] => {
  const where = options.emulator ? 'emulator' : (plan.region ?? plan.deployment);
  const words = [
    `${options.command ?? 'plan'}${plan.destroy ? ' to destroy' : ''}`,
    plan.environment,
    `tenant ${plan.tenant}`,
    where,
    plan.edition,
    `as ${plan.caller ?? 'an unnamed caller'} (…${plan.key})`,
    ...(options.day !== undefined && options.day !== plan.day ? [`day ${plan.day}`] : []),
  ];
  return [
    [styled('bold', words[0] ?? ''), ` · ${words.slice(1).join(' · ')}`],
    ...(plan.record
      ? []
      : [[styled('dim', 'No record yet: the files are compared with what is live, and nothing tells who changed what.')]]),
  ];
};

// ---- changes --------------------------------------------------------------------------------------------------------

/** Addresses of changes that a guard keeps back as a whole. */
const heldOf = (plan: Plan): ReadonlySet<string> => {
  const guarded = new Set(plan.guards.filter((guard) => guard.pointer === undefined).map((guard) => guard.address));
  return new Set(
    plan.changes.filter((change) => change.steps.length === 0 && guarded.has(change.address)).map((one) => one.address),
  );
};
const isShown = (change: Change): boolean => change.action !== 'none' && change.action !== 'adopt';

const changeLines = (plan: Plan, layout: Layout): readonly Line[] => {
  const kinds = new Set([...plan.coverage.map((entry) => entry.kind), ...plan.changes.map((change) => change.kind)]);
  const byKind = new Map([...kinds].map((kind): [string, Change[]] => [kind, []]));
  for (const change of plan.changes) byKind.get(change.kind)?.push(change);
  const operations = new Map(plan.steps.map((step) => [step.id, step.operation]));
  const blocks = [...kinds]
    .map((kind) => ({ kind, entries: kindEntries(byKind.get(kind) ?? [], operations, layout) }))
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

const kindEntries = (changes: readonly Change[], operations: ReadonlyMap<string, string>, layout: Layout): readonly Entry[] => {
  // What the service adds by itself stays for ever: only --full tells it of a resource that is otherwise as the files say.
  const tells = (field: FieldChange): boolean => stands(field) && (layout.full || field.reason !== 'default');
  const standing = changes.filter((change) => !isShown(change) && change.fields.some(tells));
  const shown = layout.full ? standing : standing.slice(0, SHOWN_STANDING);
  const rest = standing.length - shown.length;
  return [
    ...changes.filter(isShown).flatMap((change) => changeEntries(change, operations, layout)),
    ...shown.flatMap((change) => standingEntries(change, layout)),
    ...(rest === 0
      ? []
      : [
          {
            left: ['    ', styled('dim', `… and ${rest} more with differences that are let stand (--full)`)],
            right: null,
          } satisfies Entry,
        ]),
  ];
};

const placeOf = (change: Change): string => {
  if (change.source) return `${change.source.file}:${change.source.line}`;
  return change.action === 'delete' ? (change.cause ?? 'no longer in the files') : (change.cause ?? '');
};

const titleEntry = (change: Change): Entry => {
  const [symbol, style] = SYMBOLS[change.action];
  const renamed = change.renamedFrom === undefined ? '' : ` (was ${change.renamedFrom.slice(change.kind.length + 1)})`;
  return {
    left: [styled(style, symbol.padStart(3)), ' ', styled('bold', nameOf(change)), renamed],
    right: styled('dim', placeOf(change)),
  };
};

const changeEntries = (change: Change, operations: ReadonlyMap<string, string>, layout: Layout): readonly Entry[] => {
  const options = { full: layout.full, widthOf: layout.widthOf, columns: Math.max(30, layout.width - 50) };
  const whole = { ...options, columns: Math.max(30, layout.width - 24) };
  // A guard holds all of it back: what it would do is shown, and the guard says that it waits.
  const fields = layout.held.has(change.address) ? change.fields.map(({ stands: _stands, ...field }) => field) : change.fields;
  const active = fields.filter((field) => !stands(field));
  const standing = fields.filter(stands);
  const rows: Row[] = [];
  if (change.action === 'create' && change.after) rows.push(...wholeRows(change, change.after, whole));
  else if (change.action === 'delete' && change.before) rows.push(...wholeRows(change, change.before, whole));
  else rows.push(...comparedRows(layout.full ? fields : active, options));
  if (!layout.full && standing.length > 0) rows.push({ label: '', value: [styled('dim', standingText(standing))], reason: '' });
  if (change.action === 'forget') rows.push({ label: '', value: ['leaves the record; what is live stays as it is'], reason: '' });
  for (const text of change.manual) rows.push({ label: 'by hand', value: [styled('cyan', text)], reason: '' });
  if (layout.full && change.steps.length > 0)
    rows.push({ label: 'calls', value: [styled('dim', callsText(change, operations))], reason: '' });
  return [titleEntry(change), ...rowEntries(rows, layout.widthOf)];
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

const standingEntries = (change: Change, layout: Layout): readonly Entry[] => {
  const fields = change.fields.filter(stands);
  const title: Entry = {
    left: [styled('dim', '  · '), nameOf(change)],
    right: layout.full ? styled('dim', placeOf(change)) : styled('dim', standingText(fields)),
  };
  if (!layout.full) return [title];
  const options = { full: true, widthOf: layout.widthOf, columns: Math.max(30, layout.width - 50) };
  return [title, ...rowEntries(comparedRows(fields, options), layout.widthOf)];
};

// ---- what a person has to know --------------------------------------------------------------------------------------

const placeText = (source: { readonly file: string; readonly line: number } | undefined): string =>
  source ? `   ${source.file}:${source.line}` : '';

const guardLines = (plan: Plan): readonly Line[] => {
  if (plan.guards.length === 0) return [];
  return [
    [styled('bold', 'Waits for you'), ` · the rest can be applied without it`],
    ...plan.guards.flatMap((guard): readonly Line[] => [
      [
        '  ',
        styled('yellow', guard.code),
        `   ${guard.address}${guard.pointer === undefined || guard.pointer === '' ? '' : ` ${pointerParts(guard.pointer).join(' ')}`}`,
        styled('dim', placeText(guard.source)),
      ],
      ['      ', guard.message],
      ['      ', guard.hint],
    ]),
  ];
};

const warningLines = (plan: Plan): readonly Line[] => {
  if (plan.warnings.length === 0) return [];
  return [
    [styled('bold', 'Warnings')],
    ...plan.warnings.flatMap((warning): readonly Line[] => [
      [
        '  ',
        styled('yellow', warning.code),
        warning.address === undefined ? '' : `   ${warning.address}`,
        styled('dim', placeText(warning.source)),
      ],
      ['      ', warning.message],
      ...((warning.related?.length ?? 0) === 0
        ? []
        : [['      ', `Also ${warning.related?.map(({ source }) => `${source.file}:${source.line}`).join(', ')}.`]]),
      ...(warning.hint === undefined ? [] : [['      ', warning.hint]]),
    ]),
  ];
};

const accessLines = (plan: Plan): readonly Line[] => {
  if (!plan.access) return [];
  const lines: Span[] = [
    ...plan.access.gained.map((item) => styled('green', `+ ${valueText(item)}`)),
    ...plan.access.lost.map((item) => styled('red', `- ${valueText(item)}`)),
  ];
  if (lines.length === 0) return [['Access   nobody gains or loses any']];
  return lines.map((line, index) => [index === 0 ? 'Access   ' : '         ', line]);
};

// ---- counts ---------------------------------------------------------------------------------------------------------

const CHANGING = ['create', 'update', 'replace', 'delete', 'forget'] as const;

const notComplete = (plan: Plan): boolean =>
  plan.notCompared.length > 0 || plan.coverage.some((entry) => entry.status !== 'live');

const summaryLines = (plan: Plan, options: PlanTextOptions): readonly Line[] => {
  const { summary } = plan;
  const changes = CHANGING.reduce((sum, action) => sum + summary[action], 0);
  const parts = CHANGING.filter((action) => summary[action] > 0).map((action) => `${thousands(summary[action])} to ${action}`);
  const held = heldOf(plan).size;
  const rest = [
    ...(held > 0 ? [`${thousands(held)} of them ${held === 1 ? 'waits' : 'wait'} for you`] : []),
    ...(changes > 0 || summary.unchanged === 0 ? [`${thousands(summary.unchanged)} unchanged`] : []),
    ...(summary.manual > 0 ? [`${thousands(summary.manual)} to do by hand`] : []),
    ...(summary.unmanaged > 0 ? [`${thousands(summary.unmanaged)} not managed${options.unmanaged ? '' : ' (--unmanaged)'}`] : []),
  ];
  const nothing = `Nothing changes${notComplete(plan) ? ' in what was read' : ''}: ${many(summary.unchanged, 'resource is', 'resources are')} as the files say`;
  const first =
    changes > 0
      ? `${many(changes, 'change', 'changes')}: ${parts.join(', ')}`
      : summary.unchanged > 0
        ? nothing
        : 'Nothing changes';
  return [
    ...(summary.adopt > 0
      ? [
          [
            `${many(summary.adopt, 'resource was', 'resources were')} found live as declared: the next apply records ${summary.adopt === 1 ? 'it' : 'them'}, without a call.`,
          ],
        ]
      : []),
    [styled('bold', first), rest.length === 0 ? '' : ` · ${rest.join(' · ')}`],
  ];
};

const coverageLines = (plan: Plan, layout: Layout): readonly Line[] => {
  const live = plan.coverage.filter((entry) => entry.status === 'live').length;
  const all = plan.coverage.length;
  const others = plan.coverage.filter((entry) => entry.status !== 'live');
  const read =
    all === 0
      ? 'No kind is declared, so none was read.'
      : `Read live: ${live} of ${many(all, 'kind', 'kinds')}${others.length === 0 ? ', complete' : ''}.`;
  const byState = new Map<string, string[]>();
  for (const { kind, status, note } of others) {
    const state = note === undefined ? status : `${status}, ${note}`;
    byState.set(state, [...(byState.get(state) ?? []), kind]);
  }
  const byWhy = new Map<string, string[]>();
  for (const entry of plan.notCompared) {
    const where = `${entry.address} ${pointerParts(entry.pointer).join(' ')}`.trim();
    byWhy.set(entry.why, [...(byWhy.get(entry.why) ?? []), where]);
  }
  const limit = layout.full ? Number.POSITIVE_INFINITY : 3;
  return [
    [
      read,
      plan.notCompared.length === 0
        ? ' Not compared: nothing.'
        : ` Not compared: ${many(plan.notCompared.length, 'field', 'fields')}.`,
    ],
    ...[...byState].map(([state, kinds]): Line => ['  ', styled('yellow', kinds.join(', ')), `: ${state}`]),
    ...[...byWhy].map(([why, places]): Line => {
      const rest = places.length > limit ? `, and ${places.length - limit} more (--full)` : '';
      return ['  ', styled('yellow', why), `: ${places.slice(0, limit).join(', ')}${rest}`];
    }),
    ...(plan.trusted > 0
      ? [
          [
            `Taken on trust: ${many(plan.trusted, 'secret that was', 'secrets that were')} never sent from here (--push-secrets GLOB sends them).`,
          ],
        ]
      : []),
    ...(plan.needs.length > 0 ? [[`To apply it needs ${plan.needs.join(', ')}.`]] : []),
  ];
};

const unmanagedLines = (plan: Plan, options: PlanTextOptions): readonly Line[] => {
  if (!options.unmanaged) return [];
  return plan.unmanaged
    .filter((entry) => entry.count > 0)
    .flatMap((entry): readonly Line[] => [
      [styled('bold', `${entry.kind}`), `, live and in no file: ${thousands(entry.count)}`],
      ...entry.addresses.map((address): Line => [`    ${address.slice(entry.kind.length + 1)}`]),
    ]);
};

const closingLines = (plan: Plan, options: PlanTextOptions): readonly Line[] => {
  const digest = `changes ${plan.changesDigest.slice(0, 6)}…`;
  const hasWork = plan.changes.some((change) => change.action !== 'none' && change.action !== 'manual');
  const time = timeText(plan.bill);
  const closing =
    options.savedTo !== undefined
      ? `Saved to ${options.savedTo}, ${digest}; phinfra apply ${options.savedTo} applies exactly this.`
      : hasWork
        ? `C${digest.slice(1)}${(options.command ?? 'plan') === 'plan' ? '; saved with -o FILE, phinfra apply FILE applies exactly this.' : ''}`
        : null;
  const words = [time, closing].filter((part) => part !== null);
  return words.length === 0 ? [] : [[words.join(' ')]];
};
