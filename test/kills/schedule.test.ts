/** The built program as several processes on one record (RELIABILITY 3.4, G9); `npm run schedules` plays many more. */
import { expect, it } from 'vitest';
import { prepareKills } from './kill.ts';
import { type Options, playSchedule } from './schedule.ts';

const SCHEDULES: readonly (Options & { readonly seed: number })[] = [
  { seed: 4, backend: 'local', stopAfter: 0 },
  { seed: 3, backend: 'oss', stopAfter: null },
  { seed: 6, backend: 'http', stopAfter: null },
];

it('applies of one record side by side never write at the same time, and one that is woken too late writes nothing', async () => {
  const start = await prepareKills();
  const played = await Promise.all(SCHEDULES.map(({ seed, ...options }) => playSchedule(start, seed, options)));
  start.end();
  expect(played.flatMap(({ seed, problems }) => problems.map((problem) => `schedule ${seed}: ${problem}`))).toEqual([]);
  expect(played.map(({ isWoken, late }) => [isWoken, late])).toEqual([
    [true, 0],
    [false, 0],
    [false, 0],
  ]);
});
