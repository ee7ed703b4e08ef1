/**
 * Golden folders: one situation each, with its claim in one line.
 *
 *   claim.txt       what is claimed
 *   world.json      the tenant as it is (a merge patch over the default world)
 *   before/         a workspace that is applied first, so that there is a record (optional)
 *   live.json       what somebody then changes behind the files' back, as RFC 6902 over the world (optional)
 *   workspace/      the files that are planned
 *   options.json    { "now", "env", "beforeEnv", "beforeNow", "pushSecrets", "switches" } (optional); "approve" lets somebody
 *                   approve what waits, after before/
 *
 * Without a `phinfra.yaml` of its own a workspace takes the one beside this file.
 *
 *   plan.txt plan.json calls.txt    what comes out; written anew by `npm run golden`
 *
 * `calls.txt` ends with the exit of the apply and with what the plan after it holds.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fjp from 'fast-json-patch';
import { describe, expect, it } from 'vitest';
import { renderDiagnostics } from '../../cli/render/diagnostic.ts';
import { narrowWidth } from '../../cli/render/lines.ts';
import { renderPlan } from '../../cli/render/plan.ts';
import { approveAll, defaultWorld, parseWorld, type SwitchSettings } from '../../emulator/index.ts';
import type { Plan, PlanResult } from '../../engine/index.ts';
import { type OperationName, operationFacts } from '../../engine/operations/index.ts';
import { type Files, type Sent, type Sim, startSim } from '../support/sim.ts';

const HERE = import.meta.dirname;
const WRITES = process.env['GOLDEN'] === 'write';
const folders = readdirSync(HERE, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

const readJson = (path: string): unknown => (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {});

const filesIn = (folder: string): Files =>
  existsSync(folder)
    ? Object.fromEntries(
        readdirSync(folder, { withFileTypes: true, recursive: true })
          .filter((entry) => entry.isFile())
          .map((entry) => {
            const path = join(entry.parentPath, entry.name);
            return [path.slice(folder.length + 1), readFileSync(path, 'utf8')];
          }),
      )
    : {};

/** The files of a workspace; null where the folder has none. */
const workspaceIn = (folder: string): Files | null => {
  const files = filesIn(folder);
  return Object.keys(files).length === 0 ? null : { 'phinfra.yaml': readFileSync(join(HERE, 'phinfra.yaml'), 'utf8'), ...files };
};

type Options = {
  readonly now?: string;
  readonly beforeNow?: string;
  readonly env?: Record<string, string>;
  readonly beforeEnv?: Record<string, string>;
  readonly pushSecrets?: string[];
  readonly switches?: SwitchSettings;
  readonly approve?: true;
};

const play = async (folder: string): Promise<Readonly<Record<string, string>>> => {
  const options = readJson(join(folder, 'options.json')) as Options;
  const files = workspaceIn(join(folder, 'workspace'));
  const before = workspaceIn(join(folder, 'before'));
  if (!files) throw new Error('workspace/ is empty');
  const base = defaultWorld('basic') as unknown as Record<string, unknown>;
  const world = { ...base, ...(readJson(join(folder, 'world.json')) as object) };
  const env: Record<string, string> = { ...(options.beforeEnv ?? options.env) };
  const sim = startSim({ world: parseWorld(world), env, seed: 1, switches: options.switches ?? {} });
  try {
    if (before) await applyFirst(sim, before, options.beforeNow);
    if (options.approve) sim.service.change(approveAll);
    const patch = readJson(join(folder, 'live.json'));
    if (Array.isArray(patch)) sim.service.change((draft) => void fjp.applyPatch(draft, patch, true));
    for (const key of Object.keys(env)) delete env[key];
    Object.assign(env, options.env);
    sim.write(files);
    sim.clock.advance(1000);
    const now = options.now === undefined ? {} : { now: options.now };
    const sentBefore = sim.sent().length;
    const { plan, diagnostics } = await sim.plan({
      ...now,
      ...(options.pushSecrets ? { pushSecrets: options.pushSecrets } : {}),
    });
    if (!plan) {
      expect(sim.sent().slice(sentBefore).filter(isWrite)).toEqual([]);
      return {
        'plan.txt': renderDiagnostics(diagnostics, { color: false, width: WIDTH, text: (file: string) => files[file] ?? null }),
      };
    }
    const text = renderPlan(plan, { color: false, width: WIDTH, widthOf: narrowWidth, unmanaged: true });
    const at = sim.sent().length;
    const result = await sim.apply(plan);
    const calls = sim
      .sent()
      .slice(at)
      .map((call) => `${call.operation} ${masked(JSON.stringify(call.request), env)} ${call.outcome}`);
    const after = await sim.plan(now);
    expect(sim.service.violations()).toEqual([]);
    for (const secret of Object.values(env)) expect(`${text}${JSON.stringify(plan)}`).not.toContain(secret);
    return {
      'plan.txt': text,
      'plan.json': `${JSON.stringify(still(plan), null, 2)}\n`,
      'calls.txt': `${[...calls, `exit ${result.exit} ${result.reason}`, ...leftOver(after)].join('\n')}\n`,
    };
  } finally {
    sim.end();
  }
};

const WIDTH = 110;

const isWrite = (call: Sent): boolean => operationFacts(call.operation as OperationName).kind === 'write';

const applyFirst = async (sim: Sim, files: Files, now: string | undefined): Promise<void> => {
  sim.write(files);
  const { plan, diagnostics } = await sim.plan(now === undefined ? {} : { now });
  if (!plan) throw new Error(`before/: ${diagnostics.map((one) => `${one.code} ${one.message}`).join('\n')}`);
  const done = await sim.apply(plan);
  if (done.exit !== 0 && done.exit !== 12 && done.exit !== 13)
    throw new Error(`before/: apply ended with ${done.exit} ${done.reason}`);
};

/** Secrets as the service gets them are nobody else's business, not even a golden file's. */
const masked = (text: string, env: Readonly<Record<string, string>>): string =>
  Object.entries(env).reduce((left, [name, value]) => left.replaceAll(value, `(${name})`), text);

/** What a plan after the apply still holds. */
const leftOver = ({ plan, diagnostics }: PlanResult): readonly string[] => {
  if (!plan) return diagnostics.map((one) => `then ${one.code} ${one.message}`);
  const lines = plan.changes.map((change) => `then ${change.action} ${change.address} ${change.reason ?? ''}`.trim());
  return lines.length === 0 ? ['then nothing'] : lines;
};

/** Random names of the record and the digest over them stand still in a golden file. */
const still = (plan: Plan): unknown => ({
  ...plan,
  record: plan.record && { ...plan.record, lineage: 'LINEAGE' },
  planDigest: 'DIGEST',
  changes: plan.changes.map(withoutFingerprints),
});
const withoutFingerprints = (change: Plan['changes'][number]): unknown =>
  change.record
    ? {
        ...change,
        record: {
          ...change.record,
          fingerprints: Object.fromEntries(Object.keys(change.record.fingerprints).map((pointer) => [pointer, 'FINGERPRINT'])),
        },
      }
    : change;

describe('golden folders', () => {
  for (const name of folders) {
    const folder = join(HERE, name);
    const claim = readFileSync(join(folder, 'claim.txt'), 'utf8').trim();
    it(`${name}: ${claim}`, async () => {
      const found = await play(folder);
      for (const [file, text] of Object.entries(found)) {
        if (WRITES) writeFileSync(join(folder, file), text);
        expect(text, `${name}/${file}; npm run golden writes it anew`).toBe(readFileSync(join(folder, file), 'utf8'));
      }
      const stale = ['plan.json', 'calls.txt'].filter((file) => !(file in found) && existsSync(join(folder, file)));
      expect(stale).toEqual([]);
    });
  }
  it('has a claim of one line in every folder', () => {
    for (const name of folders)
      expect(
        readFileSync(join(HERE, name, 'claim.txt'), 'utf8')
          .trim()
          .split('\n'),
      ).toHaveLength(1);
  });
});
