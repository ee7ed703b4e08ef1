/**
 * `tsx scripts/changed-since.ts [EDITS] [SEED]`: edits of examples/enterprise, each planned as a whole and with
 * --changed-since; prints what differs, and the share of the calls. Ends with 1 where anything differs.
 */
import { type Compared, compareEdits } from '../test/enterprise/changed-since.ts';

const count = Number(process.argv[2] ?? 100);
const seed = Number(process.argv[3] ?? 1);
const all: Compared[] = [];
for await (const one of compareEdits(count, seed)) {
  all.push(one);
  console.log(
    `${one.wrong.length === 0 ? 'same' : 'DIFFERS'}  ${one.calls} of ${one.fullCalls} calls, ${one.looked} looked at  ${one.title}`,
  );
  for (const wrong of one.wrong) console.log(`    ${wrong}`);
}
const sum = (of: (one: Compared) => number): number => all.reduce((total, one) => total + of(one), 0);
const differing = all.filter(({ wrong }) => wrong.length > 0).length;
const calls = sum((one) => one.calls);
const fullCalls = sum((one) => one.fullCalls);
console.log(
  `${all.length} edits, ${differing} differ; ${calls} of ${fullCalls} calls, ${((100 * calls) / fullCalls).toFixed(1)} %; at most ${Math.max(...all.map((one) => one.calls))} calls for one edit`,
);
process.exitCode = differing === 0 ? 0 : 1;
