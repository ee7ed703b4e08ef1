/** What the bundle of the sweep starts with: does a part of the work, or replays a line, and sends what came of it. */
import { machineHere, processHere } from './machine/machine.ts';
import { replay, runPart, type Work } from './work.ts';

export type Order = { readonly work: Work } | { readonly replay: string };

/** The bundle writes these names in place of `process.pid` and `process.kill` of the engine. */
Object.assign(globalThis, {
  simulated: {
    get pid() {
      return processHere().pid;
    },
    kill: (pid: number) => {
      if (!machineHere().processes.get(pid)?.isAlive) throw Object.assign(new Error('kill ESRCH'), { code: 'ESRCH' });
      return true;
    },
  },
});

process.once('message', async (order: Order) => {
  const answer =
    'work' in order ? await runPart(order.work, (done) => void process.send?.({ done })) : await replay(order.replay);
  process.send?.(answer, () => process.disconnect());
});
