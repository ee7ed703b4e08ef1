/** The access model against the long way on many small random worlds: `npx tsx scripts/access.ts 0 5000`. Exit 1 at a difference. */
import { compareSeed } from '../test/access/compare.ts';

const [from = 0, to = 5000] = process.argv.slice(2).map(Number);
const SHOWN = 3;
const differing: number[] = [];
let lines = 0;
let quiet = 0;
for (let seed = from; seed < to; seed++) {
  const { engine, naive } = compareSeed(seed);
  lines += naive.length;
  if (naive.length === 0) quiet++;
  if (engine.join('\n') === naive.join('\n')) continue;
  differing.push(seed);
  if (differing.length > SHOWN) continue;
  const only = (some: readonly string[], others: readonly string[]): string[] => some.filter((line) => !others.includes(line));
  console.log(`seed ${seed}`);
  for (const line of only(engine, naive)) console.log(`  the model alone:    ${line}`);
  for (const line of only(naive, engine)) console.log(`  the long way alone: ${line}`);
}
console.log(
  `${to - from} worlds, ${lines} gained or lost rights, ${quiet} worlds without any: ${differing.length} differ${differing.length > 0 ? `, seeds ${differing.slice(0, 10).join(', ')}` : ''}`,
);
process.exitCode = differing.length > 0 ? 1 : 0;
