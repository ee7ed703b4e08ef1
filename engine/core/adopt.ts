/** What `state adopt` may record, and what stands in its way: pure, the reads and the journal are the shell's (RESOURCES 2). */
import { liveAddress } from './changes.ts';
import { type Diagnostic, type DiagnosticCode, nearest, sure } from './diagnostic.ts';
import { sourcesIn } from './diff.ts';
import { mainId } from './ids.ts';
import { isUnder } from './json.ts';
import type { Kind } from './kind.ts';
import type { Address, Change, Desired, Ids, Live, Plan, Pointer, State, ToRecord } from './model.ts';

export type Adopted = {
  readonly address: Address;
  readonly ids: Ids;
  /** Declared otherwise than it is live: not recorded, so that the next plan shows it as found. */
  readonly differs: readonly Pointer[];
  /** Lists that hold others (ADOPT_HAS_OTHERS): not recorded until the files say what becomes of them. */
  readonly waits: readonly Pointer[];
  /** Write-only values that were taken on trust. */
  readonly assumed: readonly Pointer[];
};
/** What the record held before. */
export type Already = { readonly address: Address; readonly ids: Ids; readonly origin: string };

export type Choice = { readonly desired: Desired; readonly id: string | null };
export type Choices = ReadonlyMap<Address, Choice>;
export type Refusal = { readonly problems: readonly Diagnostic[] };

/** What is asked for, by declared address. An address may hold `=` itself: the whole text is tried first. */
export const choicesOf = (resources: readonly string[], desired: readonly Desired[]): Choices | Refusal => {
  const declared = new Map(desired.map((one) => [one.address, one]));
  const choices = new Map<Address, Choice>();
  const problems: Diagnostic[] = [];
  for (const text of resources) {
    const at = declared.has(text) ? -1 : text.lastIndexOf('=');
    const address = at === -1 ? text : text.slice(0, at);
    const id = at === -1 ? null : text.slice(at + 1);
    const one = declared.get(address);
    const before = choices.get(address);
    if (!one) {
      const near = nearest(address, declared.keys());
      const hint = near === null ? 'Declare it first: the files say what it should be.' : `Did you mean ${near}?`;
      problems.push(problem('OPTION_WRONG', `No file declares "${address}".`, hint));
    } else if (before && before.id !== id)
      problems.push(problem('OPTION_WRONG', `"${address}" is given twice, with different ids.`, 'Give it once.'));
    else choices.set(address, { desired: one, id });
  }
  return problems.length > 0 ? { problems } : choices;
};

const problem = (code: DiagnosticCode, message: string, hint: string, desired?: Desired): Diagnostic => ({
  code,
  severity: 'error',
  message,
  hint,
  ...(desired ? { address: desired.address, source: desired.source } : {}),
});

/** What is ours already; another id than the recorded one is refused. */
export const recordedAmong = (choices: Choices, state: State | null): { readonly already: readonly Already[] } | Refusal => {
  const already: Already[] = [];
  const problems: Diagnostic[] = [];
  for (const [address, { desired, id }] of choices) {
    const recorded = state?.resources[address];
    if (!recorded) continue;
    const { ids, origin } = recorded;
    if (id === null || Object.values(ids).includes(id)) already.push({ address, ids, origin });
    else
      problems.push(
        problem(
          'ADOPT_RECORDED',
          `The record holds "${address}" with the id ${mainId(ids)}, not ${id}.`,
          'Leave the id out; where the recorded one is gone, plan: what is live under its name is found, and the next apply records it.',
          desired,
        ),
      );
  }
  return problems.length > 0 ? { problems } : { already };
};

/** The kind as an adoption sees it: it tells what is live under each address, keeps the one that is meant, and makes no calls. */
export const withoutCalls = (kind: Kind, asked: Choices, candidates: Map<Address, readonly Ids[]>): Kind => ({
  ...kind,
  live: (input) => {
    const all = kind.live(input);
    const under = new Map<Address, Ids[]>();
    for (const one of all) if (!one.isBare) under.set(liveAddress(one), [...(under.get(liveAddress(one)) ?? []), one.ids]);
    for (const [address, ids] of under) candidates.set(address, ids);
    const isMeant = (one: Live): boolean => {
      const id = asked.get(liveAddress(one))?.id ?? null;
      return id === null || Object.values(one.ids).includes(id);
    };
    return all.filter(isMeant);
  },
  each: kind.each.map((read) => ({ ...read, wanted: (subject) => subject.intent === 'compare' && read.wanted(subject) })),
  demands: () => [],
  manual: () => [],
  steps: () => [],
});

/** Why one of them cannot be recorded. */
export const obstaclesOf = (
  { desired, id }: Choice,
  plan: Plan,
  candidates: ReadonlyMap<Address, readonly Ids[]>,
  state: State | null,
): readonly Diagnostic[] => {
  const { address } = desired;
  const refuse = (code: DiagnosticCode, message: string, hint: string) => [problem(code, message, hint, desired)];
  const live = candidates.get(address) ?? [];
  const meant = id === null ? live : live.filter((ids) => Object.values(ids).includes(id));
  const [ids] = meant;
  if (live.length === 0 || !ids)
    return refuse(
      'ADOPT_NOT_LIVE',
      live.length === 0
        ? `"${address}" is not live in the tenant.`
        : `"${address}" is live with the id ${live.map(mainId).join(' and ')}, not ${id}.`,
      desired.renamedFrom === null
        ? 'phinfra plan shows what is; an apply creates what is missing.'
        : 'An apply renames what renamedFrom names, and records it.',
    );
  if (meant.length > 1)
    return refuse(
      'ADOPT_AMBIGUOUS',
      `${meant.length} live ones are named "${address}": ${meant.map(mainId).join(', ')}.`,
      `Name the one that is meant: ${address}=${mainId(ids)}.`,
    );
  const elsewhere = Object.entries(state?.resources ?? {}).find(
    ([at, one]) => at.startsWith(`${desired.kind}/`) && mainId(one.ids) === mainId(ids),
  );
  if (elsewhere)
    return refuse(
      'ADOPT_RECORDED',
      `What is live as "${address}" is in the record as "${elsewhere[0]}".`,
      'An apply moves it in the record, with renamedFrom where the name has changed.',
    );
  const change = plan.changes.find((one) => one.address === address);
  if (!change)
    return refuse(
      'ANSWER_WRONG',
      `The list that holds "${address}" could not be proven complete.`,
      'Run the same command again.',
    );
  const guard = plan.guards.find((one) => one.address === address);
  if (change.record === undefined && guard)
    return refuse(guard.code as DiagnosticCode, guard.message, 'Write what is live, and adopt it then.');
  return [];
};

const acting = (change: Change): Change['fields'] => change.fields.filter((one) => one.stands !== true);

/** What was recorded of a change, for people: what differs, what waits, what is assumed. */
export const adoptedOf = (change: Change, guards: Plan['guards']): Adopted => ({
  address: change.address,
  ids: sure(change.ids, 'id of what is adopted'),
  differs: acting(change).map((one) => one.pointer),
  waits: guards.flatMap((guard) => (guard.address === change.address && guard.pointer ? [guard.pointer] : [])),
  assumed: change.record?.assumed ?? [],
});

/** The change as an adoption: of what the files say otherwise the record says nothing, and what nobody can read is assumed. */
export const imported = (change: Change, isSet: (source: string) => boolean): Change => {
  const differing = acting(change).map((one) => one.pointer);
  const differs = (pointer: Pointer): boolean => differing.some((one) => isUnder(pointer, one) || isUnder(one, pointer));
  const only = <T>(values: Readonly<Record<Pointer, T>>): Record<Pointer, T> =>
    Object.fromEntries(Object.entries(values).filter(([pointer]) => !differs(pointer)));
  const record = change.record as ToRecord;
  const sent = Object.fromEntries(
    Object.entries(only(record.sent)).filter(([, value]) => sourcesIn(value).every((source) => isSet(source))),
  );
  return {
    ...change,
    action: 'adopt',
    reason: 'found',
    steps: [],
    record: {
      ...record,
      ids: change.ids ?? record.ids,
      origin: 'imported',
      fields: only(record.fields),
      lists: record.lists.filter((at) => !differs(at)),
      fingerprints: only(record.fingerprints),
      sent,
      assumed: [...new Set([...Object.keys(only(record.fingerprints)), ...Object.keys(sent)])].sort(),
    },
  };
};
