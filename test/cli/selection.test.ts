/** What the command line says of a selection, and what it passes on. */
import { describe, expect, it } from 'vitest';
import { selectionFlags } from '../../cli/selection.ts';
import type { PlanOptions } from '../../engine/index.ts';
import { runCli } from './hosts.ts';

describe('a selection on the command line', () => {
  it('is passed on by plan and apply, every glob of it', async () => {
    const given: PlanOptions[] = [];
    const plan = async (_invocation: unknown, options: PlanOptions = {}) => {
      given.push(options);
      return { exit: 3, diagnostics: [], plan: null, config: null };
    };
    const flags = ['--target', 'userGroups/*', '--target', 'projects/a', '--exclude', 'userGroups/b'];
    await runCli(['plan', ...flags], { engine: { plan } });
    await runCli(['apply', '--auto-approve', ...flags], { engine: { plan } });
    const options = { target: ['userGroups/*', 'projects/a'], exclude: ['userGroups/b'] };
    expect(given).toEqual([options, options]);
  });

  it('does not fit a saved plan, which names all that it does', async () => {
    const ran = await runCli(['apply', 'plan.json', '--target', 'userGroups/*']);
    expect(ran.exit).toBe(3);
    expect(ran.stderr).toContain(
      `"plan.json" is a saved plan, and names all that it does: --target 'userGroups/*' would change it.`,
    );
    expect(ran.stderr).toContain(`phinfra plan --target 'userGroups/*' -o FILE`);
  });

  it('is written as a shell reads it', () => {
    expect(selectionFlags({ target: ['userGroups/*', 'projects/a'], exclude: ["x'y"] })).toBe(
      ` --target 'userGroups/*' --target projects/a --exclude 'x'\\''y'`,
    );
  });
});
