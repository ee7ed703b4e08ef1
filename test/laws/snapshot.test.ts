/** A plan from a snapshot is the live plan of that moment, over random worlds (DESIGN 4). */
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../engine/index.ts';
import { type Sim, startSim } from '../support/sim.ts';
import { driftsOf, edit } from './edits.ts';
import { EDITIONS, filesOf, type Model, randomScene } from './model.ts';
import { switchesOf } from './pairwise.ts';
import { createRandom } from './random.ts';

const ENV = { MC_ID: 'id', MC_KEY: 'key', MC_SECRET: 'portal-secret-1' };
const SHARDS = 3;
const SEEDS_A_SHARD = 24;

const partsOf = ({ changes, steps, access, summary }: Plan) => ({ changes, steps, access, summary });

/** The files without contact data. */
const withoutContacts = (model: Model): Model => {
  for (const member of Object.values(model.tenantMembers)) {
    delete member.mail;
    delete member.mobile;
    delete member.ding;
  }
  return model;
};

/** What differs between the live plan and the plan from a snapshot of the same moment; empty: nothing. */
const compared = async (sim: Sim, seed: number, part: string): Promise<readonly string[]> => {
  const live = await sim.plan();
  sim.calls();
  const taken = await sim.snapshot();
  if (taken.exit !== 0) return [`${seed} ${part}: no snapshot: ${JSON.stringify(taken.diagnostics)}`];
  const reads = sim.calls();
  const spent = taken.snapshot?.spent.operations;
  const again = await sim.plan({ from: 'latest' });
  const calls = sim.calls();
  const failures: string[] = [];
  if (JSON.stringify(reads) !== JSON.stringify(spent)) failures.push('the snapshot does not say what it took');
  if (Object.keys(calls).length > 0) failures.push(`the plan called ${JSON.stringify(calls)}`);
  if (!live.plan !== !again.plan)
    failures.push(`one plan of two: ${JSON.stringify([live.diagnostics, again.diagnostics]).slice(0, 1500)}`);
  if (live.plan && again.plan) {
    const [a, b] = [JSON.stringify(partsOf(live.plan)), JSON.stringify(partsOf(again.plan))];
    if (a !== b) {
      const at = [...a].findIndex((char, index) => char !== b[index]);
      failures.push(`they differ at ${at}:\n  ${a.slice(at - 300, at + 200)}\n  ${b.slice(at - 300, at + 200)}`);
    }
    if (live.plan.changesDigest !== again.plan.changesDigest) failures.push('the digests of the changes differ');
  }
  return failures.map((one) => `seed ${seed}, ${part}: ${one}`);
};

describe('a plan from a snapshot', () => {
  for (let shard = 0; shard < SHARDS; shard++) {
    const from = shard * SEEDS_A_SHARD;
    it(`is the live plan for seeds ${from} to ${from + SEEDS_A_SHARD - 1}, before and after an apply, edits and drift`, async () => {
      const failures: string[] = [];
      for (let seed = from; seed < from + SEEDS_A_SHARD; seed++) {
        const random = createRandom(seed);
        const edition = EDITIONS[seed % EDITIONS.length] ?? 'basic';
        const switches = { ...switchesOf(seed), personal: 'agile' as const };
        const scene = randomScene(random, edition, switches);
        const sim = startSim({ world: scene.world, env: ENV, seed: 1, switches });
        try {
          const model = withoutContacts(structuredClone(scene.model) as Model);
          sim.write(filesOf(model, edition, random));
          failures.push(...(await compared(sim, seed, 'new')));
          const { plan } = await sim.plan();
          if (!plan) continue;
          sim.clock.advance(86_400_000);
          await sim.apply(plan);
          sim.clock.advance(86_400_000);
          edit(model, scene, random, 3);
          sim.write(filesOf(withoutContacts(model), edition, random));
          for (const drift of driftsOf(model, sim.service.world(), random).slice(0, 2)) sim.service.change(drift.change);
          failures.push(...(await compared(sim, seed, 'edited')));
        } finally {
          sim.end();
        }
      }
      expect(failures.join('\n\n')).toBe('');
    }, 120_000);
  }
});
