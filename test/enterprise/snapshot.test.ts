/** examples/enterprise planned from a snapshot: the live plan of that moment, before and after it is applied. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseWorld } from '../../emulator/index.ts';
import type { Plan, PlanResult } from '../../engine/index.ts';
import { generateEnterprise } from '../../scripts/enterprise/index.ts';
import { startSim } from '../support/sim.ts';

const enterprise = generateEnterprise({ seed: 1, resources: 400 });
/** The files without contact data, which no snapshot holds. */
const files = Object.fromEntries(
  Object.entries(enterprise.files).map(([path, text]) => [
    path,
    text.replace(/,?\s*\b(mail|mobile|ding): [^,}\n]+(?=[,}])/g, '').replace(/^\s+(mail|mobile|ding): .*\n/gm, ''),
  ]),
);

const textOf = ({ plan, diagnostics }: PlanResult): string => {
  if (!plan) throw new Error(JSON.stringify(diagnostics));
  const { changes, steps, access, summary }: Plan = plan;
  return JSON.stringify({ changes, steps, access, summary });
};

describe('examples/enterprise without contacts', () => {
  for (const environment of ['dev', 'prod'] as const)
    it(`is planned from a snapshot of ${environment} as from the live tenant`, async () => {
      expect(Object.values(files).filter((text) => /\b(mail|mobile|ding):/.test(text))).toEqual([]);
      const sim = startSim({ world: parseWorld(enterprise.worlds[environment]), env: { PHINFRA_ENV: environment } });
      onTestFinished(sim.end);
      sim.write(files);
      for (const part of ['before', 'after']) {
        const live = await sim.plan();
        expect((await sim.snapshot()).exit).toBe(0);
        sim.calls();
        const held = await sim.plan({ from: 'latest' });
        expect([part, sim.calls(), textOf(held) === textOf(live)]).toEqual([part, {}, true]);
        if (part === 'before' && live.plan) expect((await sim.apply(live.plan)).failed).toBe(0);
        sim.clock.advance(86_400_000);
      }
    }, 60_000);
});
