/** Files whose every decision a test must notice, and the tests that are asked: the quick ones first. */
import { type Check, tests } from './mutant.ts';

/** By what the file is about, in the words of the goal. */
export type Scored = {
  readonly part: 'journal' | 'settling' | 'limiter' | 'lock';
  readonly file: string;
  readonly checks: readonly Check[];
};

const scored = (part: Scored['part'], file: string, ...files: readonly string[]): Scored => ({
  part,
  file: `engine/${file}.ts`,
  checks: files.map((one) => tests(one)),
});

export const SCORED: readonly Scored[] = [
  scored('journal', 'shell/journal', 'shell/journal', 'shell/state', 'shell/durable'),
  scored('settling', 'core/settle', 'core/settle', 'shell/execute'),
  scored('settling', 'shell/doubt', 'shell/doubt', 'shell/execute'),
  scored(
    'settling',
    'shell/settler',
    'shell/settler',
    'engine/look-cost',
    'engine/taken-name',
    'engine/batches',
    'kinds/user-groups',
    'kinds/row-permissions',
  ),
  scored('limiter', 'shell/pace', 'shell/pace', 'shell/execute'),
  scored('limiter', 'core/ledger', 'core/ledger', 'shell/ledger'),
  scored('limiter', 'core/quota', 'core/quota', 'core/bill'),
  scored('lock', 'shell/lock', 'shell/lock', 'shell/lock-races'),
  scored('lock', 'shell/holder', 'shell/lock', 'shell/lock-races'),
];
