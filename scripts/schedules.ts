/**
 * `npm run schedules -- N [--seed S] [--from I]`: N schedules of two to eight applies of the built program, processes of their own,
 * side by side on one record: in a folder, on a server or in a bucket. In one of four, and in the first, a process is stopped while
 * it holds the lock, and woken when its intents have run out and a process on another machine has the lock. Ends with 1 where two
 * wrote at the same time, where the woken one wrote on, where anything is made twice, lost or other than after a calm run, or where
 * none was woken. `1 --seed S --from I` plays the one alone that a failure names.
 */

import { prepareKills } from '../test/kills/kill.ts';
import { type Played, playSchedule } from '../test/kills/schedule.ts';
import { manyAsked, playMany } from './many.ts';

const main = async (): Promise<void> => {
  const asked = manyAsked('schedules');
  const began = performance.now();
  const start = await prepareKills();
  const played = await playMany(asked, async (seed, index) => {
    const one = await playSchedule(start, seed, index === 0 ? { stopAfter: 2 } : {});
    for (const problem of one.problems)
      process.stdout.write(
        `schedule --seed ${asked.seed} --from ${index}, ${one.backend}, ${one.processes} processes${one.isWoken ? ', one woken' : ''}: ${problem}\n`,
      );
    return one;
  });
  start.end();
  const sum = (of: (one: Played) => number): number => played.reduce((all, one) => all + of(one), 0);
  const woken = sum(({ isWoken }) => (isWoken ? 1 : 0));
  const bad = sum(({ problems }) => (problems.length > 0 ? 1 : 0));
  process.stdout.write(
    `${asked.count} schedules of ${sum(({ processes }) => processes)} processes from seed ${asked.seed}: ${woken} stopped and woken, ` +
      `${sum(({ late }) => late)} writes of the woken after another had the lock; ${sum(({ refused }) => refused)} refused; at most ` +
      `${Math.max(...played.map(({ runs }) => runs))} runs to the end; ${bad} with problems; ${((performance.now() - began) / 1000).toFixed(0)} s\n`,
  );
  const lacksWoken = woken === 0 && asked.from === 0;
  if (lacksWoken) process.stdout.write('no process was stopped and woken\n');
  process.exitCode = bad > 0 || lacksWoken ? 1 : 0;
};

await main();
