/** All cases of a scenario, and a case as a line of text. */
import type { Case } from './case.ts';
import { FAULTS, happensTo } from './faults.ts';
import type { Scenario } from './scenario.ts';

/** A case as one line: what `--replay` takes. */
export const lineOf = (scenario: Scenario, one: Case): string =>
  [
    `scenario=${scenario.name}`,
    `lag=${scenario.setting.lagMs}`,
    `names=${scenario.setting.names}`,
    ...(one.faults.length > 0 ? [`faults=${one.faults.map(({ call, fault }) => `${call}:${fault}`).join(',')}`] : []),
    ...(one.crash ? [`crash=${one.crash.write}:${one.crash.when}`] : []),
  ].join(' ');

/** One fault at each call, each that can happen to it. */
export const singles = (scenario: Scenario): readonly Case[] =>
  scenario.calls.flatMap((operation, index) =>
    FAULTS.filter((fault) => happensTo(fault, operation)).map(({ name }) => ({ faults: [{ call: index + 1, fault: name }] })),
  );
