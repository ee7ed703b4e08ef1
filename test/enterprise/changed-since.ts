/** Edits of the enterprise, one after the other: `--changed-since` plans the same as a plan of everything, in fewer calls. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseWorld } from '../../emulator/index.ts';
import type { Plan } from '../../engine/index.ts';
import { generateEnterprise } from '../../scripts/enterprise/index.ts';
import { createRandom } from '../laws/random.ts';
import { type Sim, startSim } from '../support/sim.ts';
import { drawEdits, EDITS } from './edits.ts';
import { filesOf, modelOf } from './model.ts';

export type Compared = {
  readonly title: string;
  /** Resources looked at, and calls of the plan of these and of the plan of everything. */
  readonly looked: number;
  readonly calls: number;
  readonly fullCalls: number;
  /** What differs, in words; empty where nothing does. */
  readonly wrong: readonly string[];
};

/** Commits everything in a folder; the first time it becomes a repository. */
export const commitAll = (folder: string, message: string): void => {
  const git = (...args: readonly string[]): void => {
    execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.com', ...args], { cwd: folder, stdio: 'pipe' });
  };
  git('init', '--quiet', '--initial-branch=main');
  writeFileSync(join(folder, '.git/info/exclude'), '.phinfra\n');
  git('add', '--all');
  git('commit', '--quiet', '--allow-empty', '--message', message);
};

/**
 * Draws edits by a seed; plans each both ways, compares, applies it and commits it, so that the next begins there.
 *
 */
export async function* compareEdits(count: number, seed: number, resources = 400): AsyncGenerator<Compared> {
  const enterprise = generateEnterprise({ seed: 1, resources });
  const random = createRandom(seed);
  const edits = count < EDITS.length ? random.shuffled(EDITS).slice(0, count) : drawEdits(count, random);
  const model = modelOf(enterprise);
  const sim = startSim({
    world: parseWorld(enterprise.worlds.prod),
    env: { PHINFRA_ENV: 'prod', PATH: process.env['PATH'] ?? '' },
  });
  try {
    sim.write(filesOf(model, enterprise));
    await applied(sim, await planned(sim));
    commitAll(sim.folder, 'the beginning');
    for (const [at, edit] of edits.entries()) {
      const title = `seed ${seed}, edit ${at + 1}: ${edit.kind}, ${edit.name}`;
      if (!edit.run(model, random)) throw new Error(`${title}: there is nothing of the sort`);
      sim.write(filesOf(model, enterprise));
      sim.calls();
      const full = await planned(sim);
      const fullCalls = callsOf(sim);
      const part = await planned(sim, 'HEAD');
      yield {
        title,
        looked: part.selection?.addresses.length ?? 0,
        calls: callsOf(sim),
        fullCalls,
        wrong: differences(full, part),
      };
      if (at + 1 === edits.length) break;
      await applied(sim, full);
      commitAll(sim.folder, title);
    }
  } finally {
    sim.end();
  }
}

const callsOf = (sim: Sim): number => Object.values(sim.calls()).reduce((sum, one) => sum + one, 0);

const planned = async (sim: Sim, changedSince?: string): Promise<Plan> => {
  const { plan, diagnostics } = await sim.plan(changedSince === undefined ? {} : { changedSince });
  if (!plan) throw new Error(JSON.stringify(diagnostics.filter(({ severity }) => severity === 'error')));
  return plan;
};

const applied = async (sim: Sim, plan: Plan): Promise<void> => {
  const { exit, failed, unknown, diagnostics } = await sim.apply(plan);
  if (exit !== 0 || failed + unknown > 0) throw new Error(JSON.stringify(diagnostics));
};

/** Of what was chosen both say the same, byte for byte; and nothing that would be done was left out. */
const differences = (full: Plan, part: Plan): readonly string[] => {
  const looked = new Set(part.selection?.addresses);
  const textOf = ({ changes }: Plan): string =>
    JSON.stringify(
      changes.filter(({ address }) => looked.has(address)),
      null,
      1,
    );
  const lines = textOf(full).split('\n');
  const others = textOf(part).split('\n');
  const at = lines.findIndex((line, index) => line !== others[index]);
  const missed = full.changes.filter(({ action, address }) => action !== 'none' && !looked.has(address));
  return [
    ...(at === -1 && lines.length === others.length ? [] : [`${lines[at]} in full, ${others[at]} in part`]),
    ...missed.map(({ address }) => `${address} was left out`),
    ...(JSON.stringify(full.steps) === JSON.stringify(part.steps) ? [] : ['the steps differ']),
    ...(full.changesDigest === part.changesDigest ? [] : ['the digests differ']),
  ];
};
