/**
 * `npm run kills -- N [--seed S]`: the built program is killed N times by `kill -9` in the middle of an apply, and plain runs
 * follow until nothing is left. Ends with 1 where anything is made twice, lost or other than after a calm run, where more
 * than two runs are needed, or where fewer than 60 % of the kills lie between the first intent and the last outcome.
 */
import { type Killed, killOnce, prepareKills } from '../test/kills/kill.ts';
import { manyAsked, playMany } from './many.ts';

const LEAST_BETWEEN = 0.6;

const main = async (): Promise<void> => {
  const asked = manyAsked('kills');
  const { count, seed } = asked;
  const began = performance.now();
  const start = await prepareKills();
  const killed = await playMany(asked, async (mine) => {
    const one = await killOnce(start, mine);
    for (const problem of one.problems)
      process.stdout.write(
        `kill ${one.seed}, ${one.after.ms.toFixed(0)} ms after write ${one.after.writes}, ${one.moment}: ${problem}\n`,
      );
    return one;
  });
  start.end();
  const at = (moment: Killed['moment']): number => killed.filter((one) => one.moment === moment).length;
  const bad = killed.filter(({ problems }) => problems.length > 0).length;
  const share = at('between') / count;
  process.stdout.write(
    `${count} kills from seed ${seed}: ${at('before')} before the first intent, ${at('between')} between it and the last outcome ` +
      `(${(share * 100).toFixed(0)} %), ${at('after')} after; ${killed.filter(({ open }) => open > 0).length} with calls in doubt, at most ` +
      `${Math.max(...killed.map(({ open }) => open))} at a time; at most ${Math.max(...killed.map(({ runs }) => runs))} runs to the end; ` +
      `${bad} with problems; ${((performance.now() - began) / 1000).toFixed(0)} s\n`,
  );
  if (share < LEAST_BETWEEN)
    process.stdout.write(`too few between the first intent and the last outcome: at least ${LEAST_BETWEEN * 100} %\n`);
  process.exitCode = bad > 0 || share < LEAST_BETWEEN ? 1 : 0;
};

await main();
