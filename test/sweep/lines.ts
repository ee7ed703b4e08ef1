/** A case as a line of text, which says all that decides how it goes. */
import type { Case } from './case.ts';
import type { Death } from './machine/machine.ts';
import type { Met } from './runs.ts';
import type { ScenarioName, Setting } from './scenario.ts';

/** A case and where it plays. */
export type Placed = { readonly name: ScenarioName; readonly setting: Setting; readonly one: Case };

/** `scenario=userGroups.0.create lag=0 names=unique faults=3:timeout-after,5:refuse next=2:500-before death=17:torn seed=4` */
export const lineOf = ({ name, setting, one }: Placed): string =>
  [
    `scenario=${name}`,
    `lag=${setting.lagMs}`,
    `names=${setting.names}`,
    ...(one.faults.length > 0 ? [`faults=${one.faults.map(metText).join(',')}`] : []),
    ...(one.next ? [`next=${metText(one.next)}`] : []),
    ...(one.death ? [`death=${one.death.at}:${one.death.how}`] : []),
    ...(one.late === undefined ? [] : [`late=${one.late}`]),
    ...(one.together === undefined ? [] : [`together=${one.together}`]),
    ...(one.seed === undefined ? [] : [`seed=${one.seed}`]),
  ].join(' ');

const metText = ({ call, fault }: Met): string => `${call}:${fault}`;

const FIELDS = ['scenario', 'lag', 'names', 'faults', 'next', 'death', 'late', 'together', 'seed'];

/** @throws Error for what is not a line */
export const parseLine = (line: string): Placed => {
  const fields = new Map(
    line
      .trim()
      .split(/\s+/)
      .map((part) => part.split('=') as [string, string]),
  );
  for (const field of fields.keys()) if (!FIELDS.includes(field)) throw new Error(`a case has no field "${field}": ${line}`);
  const { next, death, late, together, seed } = Object.fromEntries(fields);
  return {
    name: fields.get('scenario') ?? '',
    setting: { lagMs: Number(fields.get('lag') ?? 0), names: fields.get('names') === 'twice' ? 'twice' : 'unique' },
    one: {
      faults: (fields.get('faults') ?? '').split(',').filter(Boolean).map(metOf),
      ...(next === undefined ? {} : { next: metOf(next) }),
      ...(death === undefined ? {} : { death: deathOf(death) }),
      ...(late === undefined ? {} : { late: Number(late) }),
      ...(together === undefined ? {} : { together: Number(together) }),
      ...(seed === undefined ? {} : { seed: Number(seed) }),
    },
  };
};

const metOf = (text: string): Met => {
  const [call, fault] = text.split(':');
  if (!(Number(call) > 0) || !fault) throw new Error(`expected CALL:FAULT instead of "${text}"`);
  return { call: Number(call), fault };
};

const WAYS: readonly Death['how'][] = ['before', 'torn', 'written', 'after'];
const deathOf = (text: string): Death => {
  const [at, how] = text.split(':');
  const known = WAYS.find((one) => one === how);
  if (!(Number(at) > 0) || !known) throw new Error(`expected CHANGE:${WAYS.join('|')} instead of "${text}"`);
  return { at: Number(at), how: known };
};
