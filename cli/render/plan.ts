/** A plan as people read it (DESIGN 5, "How it reads"). Pure: the same plan and options give the same text. */
import type { Plan } from '../engine.ts';
import { accessLines } from './access.ts';
import { beyondLines, protectedLines } from './beyond.ts';
import { billLines } from './bill.ts';
import { type Line, narrowWidth, renderLines, styled, type WidthOf, wrapped } from './lines.ts';
import { changeLines, FIELD_INDENT, type Layout } from './plan-changes.ts';
import { closingLines, coverageLines, summaryLines, unmanagedLines } from './plan-counts.ts';

import { selectionLines } from './selection.ts';
import { pointerParts } from './value.ts';

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
  /** The file that holds the plan, as a shell reads it. */
  readonly savedTo?: string;
  /** The plan was seen before, in `savedTo` or when it was begun: counts are shown, and what waits. */
  readonly isBrief?: boolean;
  /** The flags that make the next command meet the same workspace: ` -C quickstart`. */
  readonly sameFlags?: string;
};

/**
 * The whole text of a plan, ended by a newline: head, changes by kind, adoptions, what waits for a person, warnings, access,
 * summary, coverage, bill, time, and how to go on. Names from the service are escaped; secrets never appear.
 */
export const renderPlan = (plan: Plan, options: PlanTextOptions): string => {
  const layout: Layout = {
    width: options.width,
    widthOf: options.widthOf ?? narrowWidth,
    full: options.full ?? false,
  };
  const sections: readonly (readonly Line[])[] = options.isBrief
    ? [
        [...headLines(plan, options), ...selectionLines(plan, layout)],
        guardLines(plan, layout),
        beyondLines(plan, layout),
        protectedLines(plan),
        [...summaryLines(plan, options), ...closingLines(plan, options)],
      ]
    : [
        [...headLines(plan, options), ...selectionLines(plan, layout)],
        changeLines(plan, layout),
        guardLines(plan, layout),
        beyondLines(plan, layout),
        protectedLines(plan),
        warningLines(plan, layout),
        accessLines(plan, layout),
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

/** Environment, tenant, place and caller: how the text of every command begins that touches a tenant (DESIGN 4). */
export const headLines = (plan: Plan, options: PlanTextOptions): readonly Line[] => {
  const where = options.emulator ? 'emulator' : (plan.region ?? plan.deployment);
  const words = [
    `${options.command ?? 'plan'}${plan.destroy && options.command !== 'destroy' ? ' to destroy' : ''}`,
    plan.environment,
    `tenant ${plan.tenant}`,
    where,
    plan.edition,
    `as ${plan.caller ?? 'an unnamed caller'} (…${plan.key})`,
    ...(options.day !== undefined && options.day !== plan.day ? [`day ${plan.day}`] : []),
  ];
  return [
    [styled('bold', words[0] ?? ''), ` · ${words.slice(1).join(' · ')}`],
    ...(plan.record || options.isBrief
      ? []
      : [[styled('dim', 'No record yet: the files are compared with what is live, and nothing tells who changed what.')]]),
  ];
};

// ---- what a person has to know --------------------------------------------------------------------------------------

const placeText = (source: { readonly file: string; readonly line: number } | undefined): string =>
  source ? `   ${source.file}:${source.line}` : '';

/** A sentence below its code, in as many lines as it needs. */
const sentenceLines = (text: string | undefined, { width, widthOf }: Layout): readonly Line[] =>
  text === undefined ? [] : wrapped(text, width - FIELD_INDENT, widthOf).map((line): Line => [' '.repeat(FIELD_INDENT), line]);

/** Guards that say the same of several resources are told once. */
const guardLines = (plan: Plan, layout: Layout): readonly Line[] => {
  if (plan.guards.length === 0) return [];
  const groups = new Map<string, Plan['guards'][number][]>();
  for (const guard of plan.guards) {
    const words = JSON.stringify([guard.code, guard.message, guard.hint]);
    groups.set(words, [...(groups.get(words) ?? []), guard]);
  }
  return [
    [styled('bold', 'Waits for you'), plan.steps.length > 0 ? ' · the rest can be applied without it' : ''],
    ...[...groups.values()].flatMap((group): readonly Line[] => {
      const [first] = group;
      return [
        ...group.map(
          (guard, index): Line => [
            '  ',
            index === 0 ? styled('yellow', guard.code) : ' '.repeat(guard.code.length),
            `   ${guard.address}${guard.pointer === undefined || guard.pointer === '' ? '' : ` ${pointerParts(guard.pointer).join(' ')}`}`,
            styled('dim', placeText(guard.source)),
          ],
        ),
        ...sentenceLines(first?.message, layout),
        ...sentenceLines(first?.hint, layout),
      ];
    }),
  ];
};

const warningLines = (plan: Plan, layout: Layout): readonly Line[] => {
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
      ...sentenceLines(warning.message, layout),
      ...((warning.related?.length ?? 0) === 0
        ? []
        : [['      ', `Also ${warning.related?.map(({ source }) => `${source.file}:${source.line}`).join(', ')}.`]]),
      ...sentenceLines(warning.hint, layout),
    ]),
  ];
};
