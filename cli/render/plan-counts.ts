/** What a plan counts: changes, adoptions, what was looked at and what was not, and how to go on. */
import type { Change, Plan } from '../engine.ts';
import { many, thousands, timeText } from './bill.ts';
import { type Line, narrowWidth, styled, wrapped } from './lines.ts';
import type { PlanTextOptions } from './plan.ts';
import { notLookedAt } from './selection.ts';
import { pointerParts } from './value.ts';

/** Addresses of changes that a guard keeps back as a whole. */
export const heldOf = (plan: Plan): ReadonlySet<string> => {
  const guarded = new Set(plan.guards.filter((guard) => guard.pointer === undefined).map((guard) => guard.address));
  return new Set(
    plan.changes
      .filter((change) => change.action !== 'none' && change.steps.length === 0 && guarded.has(change.address))
      .map((one) => one.address),
  );
};

const CHANGING = ['create', 'update', 'replace', 'delete', 'forget'] as const;

/** What is declared and could not be looked at; a kind of which nothing is declared is no such thing. */
const LOOKED_AT: readonly string[] = ['live', 'snapshot', 'not read'];
const notComplete = (plan: Plan): boolean =>
  plan.selection !== undefined || plan.notCompared.length > 0 || plan.coverage.some((entry) => !LOOKED_AT.includes(entry.status));

/** Names that are shown before the rest is counted. */
const SHOWN_NAMES = 3;

const namesText = (changes: readonly Change[], full: boolean): string => {
  const shown = full || changes.length <= SHOWN_NAMES + 1 ? changes : changes.slice(0, SHOWN_NAMES);
  const rest = changes.length - shown.length;
  return `${shown.map((change) => change.address).join(', ')}${rest > 0 ? ` and ${thousands(rest)} more (--full)` : ''}`;
};

/** Adopting costs no call and is no difference (RESOURCES 2): a line of its own, with names. */
const adoptionLines = (plan: Plan, options: PlanTextOptions): readonly Line[] => {
  const adopted = plan.changes.filter((change) => change.action === 'adopt');
  const waiting = adopted.filter((change) => plan.guards.some((guard) => guard.address === change.address));
  const whole = adopted.filter((change) => !waiting.includes(change));
  const full = options.full ?? false;
  const lines = (found: readonly Change[], how: string, but: string): readonly Line[] => {
    if (found.length === 0) return [];
    const text = `${many(found.length, 'resource is', 'resources are')} live ${how}, and the next apply records ${found.length === 1 ? 'it' : 'them'} without a call${but}: ${namesText(found, full)}`;
    return wrapped(text, options.width - 2, options.widthOf ?? narrowWidth).map(
      (line, index): Line => [styled('cyan', index === 0 ? '= ' : '  '), line],
    );
  };
  return [...lines(whole, 'as declared', ''), ...lines(waiting, 'already', ', except for the list that waits')];
};

export const summaryLines = (plan: Plan, options: PlanTextOptions): readonly Line[] => {
  const { summary } = plan;
  const changes = CHANGING.reduce((sum, action) => sum + summary[action], 0);
  const parts = CHANGING.filter((action) => summary[action] > 0).map((action) => `${thousands(summary[action])} to ${action}`);
  const held = heldOf(plan).size;
  const waiting = plan.changes.filter((change) => change.waitsSince !== undefined).length;
  const rest = [
    ...(waiting > 0 ? [`${thousands(waiting)} ${waiting === 1 ? 'waits' : 'wait'} for an approval in Dataphin`] : []),
    ...(held > 0 && changes > 0
      ? [changes === 1 ? 'it waits for you' : `${thousands(held)} of them ${held === 1 ? 'waits' : 'wait'} for you`]
      : []),
    ...(changes > 0 && summary.unchanged > 0 ? [`${thousands(summary.unchanged)} unchanged`] : []),
    ...(notLookedAt(plan) > 0 ? [`${thousands(notLookedAt(plan))} not looked at`] : []),
    ...(summary.manual > 0 ? [`${thousands(summary.manual)} to do by hand`] : []),
    ...(summary.unmanaged > 0 && !options.isBrief
      ? [`${thousands(summary.unmanaged)} not managed${options.unmanaged ? '' : ' (--unmanaged)'}`]
      : []),
  ];
  const nothing = `Nothing changes${whereText(plan)}`;
  const first =
    changes > 0
      ? `${many(changes, 'change', 'changes')}: ${parts.join(', ')}`
      : summary.unchanged > 0 && plan.guards.length === 0 && waiting === 0
        ? `${nothing}: ${many(summary.unchanged, 'resource is', 'resources are')} as the files say`
        : nothing;
  return [...adoptionLines(plan, options), [styled('bold', first), rest.length === 0 ? '' : ` · ${rest.join(' · ')}`]];
};

/** Of what it is said that nothing changes. */
const whereText = (plan: Plan): string => {
  const { selection } = plan;
  const place = selection && notLookedAt(plan) > 0 ? ' in what was looked at' : notComplete(plan) ? ' in what was read' : '';
  return `${selection?.only ? ' for these reasons' : ''}${selection?.only && notLookedAt(plan) === 0 ? '' : place}`;
};

/** `Read live: the 4 kinds that are named, complete.` Of the others nothing is declared or named. */
const readText = (plan: Plan): string => {
  const { coverage, selection } = plan;
  const live = coverage.filter((entry) => entry.status === 'live').length;
  const named = coverage.filter((entry) => entry.status !== 'not read').length;
  if (named === 0) return `No kind is ${selection ? 'needed' : 'declared'}, so none was read.`;
  const how = selection ? 'needed' : 'named';
  const which = named === coverage.length ? '' : named === 1 ? ` that is ${how}` : ` that are ${how}`;
  const of = many(named, 'kind', 'kinds');
  const held = coverage.filter((entry) => entry.status === 'snapshot');
  if (held.length > 0) {
    const ages = held.map(({ note }) => note?.split('; ')[0] ?? '').sort();
    // A plan from a snapshot makes no call; one over several days has made its own.
    if (Object.keys(plan.bill.spent.operations).length > 0)
      return `Read over several days: ${thousands(live)} live, ${thousands(held.length)} on earlier days, the oldest ${ages[0]}; ${of}${which}.`;
    const [age] = ages;
    return `From the snapshot ${age}: ${thousands(held.length)} of the ${of}${which}; nothing was read live.`;
  }
  if (live < named) return `Read live: ${thousands(live)} of the ${of}${which}.`;
  return `Read live: ${which === '' ? 'all' : 'the'} ${of}${which}, complete.`;
};

export const coverageLines = (plan: Plan, { full }: { readonly full: boolean }): readonly Line[] => {
  const byState = new Map<string, string[]>();
  for (const { kind, status, note } of plan.coverage) {
    if (status === 'live' || (status === 'snapshot' && !full) || (status === 'not read' && !full)) continue;
    const state = note === undefined ? status : `${status}, ${note}`;
    byState.set(state, [...(byState.get(state) ?? []), kind]);
  }
  const byWhy = new Map<string, string[]>();
  for (const entry of plan.notCompared) {
    const where = `${entry.address} ${pointerParts(entry.pointer).join(' ')}`.trim();
    byWhy.set(entry.why, [...(byWhy.get(entry.why) ?? []), where]);
  }
  const limit = full ? Number.POSITIVE_INFINITY : SHOWN_NAMES;
  const compared =
    plan.notCompared.length === 0
      ? ' Not compared: nothing.'
      : ` Not compared: ${many(plan.notCompared.length, 'field', 'fields')}.`;
  return [
    [readText(plan), compared],
    ...[...byState].map(([state, kinds]): Line => ['  ', styled('yellow', kinds.join(', ')), `: ${state}`]),
    ...[...byWhy].map(([why, places]): Line => {
      const rest = places.length > limit ? `, and ${thousands(places.length - limit)} more (--full)` : '';
      return ['  ', styled('yellow', why), `: ${places.slice(0, limit).join(', ')}${rest}`];
    }),
    ...(plan.trusted > 0
      ? [
          [
            `Taken on trust: ${many(plan.trusted, 'secret that was', 'secrets that were')} never sent from here (--push-secrets GLOB sends them).`,
          ],
        ]
      : []),
    ...(plan.needs.length > 0 ? [[`To apply it needs ${needsText(plan.needs, { full })}.`]] : []),
  ];
};

/** More secrets than these are counted. */
const MOST_NEEDS = 6;
const needsText = (needs: Plan['needs'], { full }: { readonly full: boolean }): string =>
  full || needs.length <= MOST_NEEDS
    ? needs.join(', ')
    : `${needs.slice(0, MOST_NEEDS - 1).join(', ')} and ${thousands(needs.length - MOST_NEEDS + 1)} more secrets (--full)`;

/** What is live and named by no file, by kind, with the addresses that would declare it. */
export const unmanagedLines = (plan: Plan, options: PlanTextOptions): readonly Line[] => {
  if (!options.unmanaged) return [];
  return plan.unmanaged
    .filter((entry) => entry.count > 0)
    .flatMap((entry): readonly Line[] => [
      [styled('bold', entry.kind), ` · ${thousands(entry.count)} not managed: live, and in no file`],
      ...entry.addresses.map((address): Line => ['    ', address]),
    ]);
};

export const closingLines = (plan: Plan, options: PlanTextOptions): readonly Line[] => {
  const { savedTo, sameFlags = '', command = 'plan' } = options;
  const digest = `changes ${plan.changesDigest.slice(0, 6)}…`;
  if (options.isBrief && savedTo === undefined) return [[`Begun before, ${digest}; --full shows all of it.`]];
  if (options.isBrief) return [[`Read from ${savedTo}, ${digest}; phinfra show ${savedTo}${sameFlags} has all of it.`]];
  const hasWork = plan.changes.some((change) => change.action !== 'none' && change.action !== 'manual');
  const saved = `C${digest.slice(1)}${command === 'plan' ? `; saved with -o FILE, phinfra apply FILE${sameFlags} applies exactly this.` : ''}`;
  const closing =
    savedTo !== undefined
      ? `Saved to ${savedTo}, ${digest}; phinfra apply ${savedTo}${sameFlags} applies exactly this.`
      : hasWork
        ? saved
        : null;
  const words = [timeText(plan.bill), closing].filter((part) => part !== null);
  // A long way on gets a line of its own, to be copied whole.
  const isLong = words.join(' ').length > options.width;
  return isLong ? words.map((word): Line => [word]) : words.length === 0 ? [] : [[words.join(' ')]];
};
