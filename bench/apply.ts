/**
 * What the engine itself takes for a call of an apply (DESIGN 10): from the answer of one call to the moment at which the next
 * one leaves, with everything that is written in between. The record lies in memory, where a sync costs nothing; what a sync
 * takes on a disk, and how many a call needs, is measured by the same apply on one.
 *
 * Nobody sleeps: the clock jumps. The service answers in this process, and its own time is left out.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createService, parseWorld } from '../emulator/index.ts';
import type { Client, Clock } from '../engine/core/ports.ts';
import { apply, plan } from '../engine/index.ts';
import { generateEnterprise } from '../scripts/enterprise/index.ts';
import { inProcessClient } from '../test/support/in-process.ts';
import { type Line, median } from './line.ts';

const MOST_MS = 1;
const MOST_SYNCS = 2;
const RUNS = 5;
const ENVIRONMENT = 'prod';

type Measured = {
  /** Between two calls, in milliseconds of the real clock. */
  readonly gapsMs: readonly number[];
  readonly calls: number;
  /** How long each sync took, in milliseconds. */
  readonly syncsMs: readonly number[];
};

/** A clock that jumps to the end of every sleep. */
const jumping = (): Clock => {
  const wallMs = Date.parse('2026-11-24T02:00:00Z');
  let nowMs = 0;
  return {
    nowMs: () => nowMs,
    wallMs: () => wallMs + nowMs,
    sleep: async (ms) => {
      nowMs += Math.max(0, ms);
    },
  };
};

/** Times every sync of every file until `end`. */
const watchSyncs = async (folder: string): Promise<{ readonly syncsMs: readonly number[]; readonly end: () => void }> => {
  const file = await open(join(folder, 'probe'), 'w');
  const handles = Object.getPrototypeOf(file) as Pick<FileHandle, 'sync' | 'datasync'>;
  await file.close();
  const { sync, datasync } = handles;
  const syncsMs: number[] = [];
  const timed = (work: () => Promise<void>) =>
    async function (this: FileHandle): Promise<void> {
      const from = performance.now();
      await work.call(this);
      syncsMs.push(performance.now() - from);
    };
  handles.sync = timed(sync);
  handles.datasync = timed(datasync);
  return { syncsMs, end: () => Object.assign(handles, { sync, datasync }) };
};

/** examples/enterprise, applied to its empty tenant with the record in a folder of this one. */
const measureIn = async (place: string): Promise<Measured> => {
  const { files, worlds } = generateEnterprise({ seed: 1, resources: 400 });
  const folder = mkdtempSync(join(place, 'phinfra-bench-'));
  const workspace = join(folder, 'workspace');
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(workspace, path)), { recursive: true });
    writeFileSync(join(workspace, path), text);
  }
  const clock = jumping();
  const inner = inProcessClient(
    createService({ seed: 1, world: parseWorld(worlds[ENVIRONMENT]), clock: { nowMs: clock.wallMs } }),
  );
  const gapsMs: number[] = [];
  let calls = 0;
  let endedMs: number | null = null;
  const client: Client = {
    ...inner,
    call: async (operation, request) => {
      if (endedMs !== null) gapsMs.push(performance.now() - endedMs);
      calls++;
      const result = await inner.call(operation, request);
      endedMs = performance.now();
      return result;
    },
  };
  const env = { PHINFRA_ENV: ENVIRONMENT, XDG_STATE_HOME: join(folder, 'state') };
  const invocation = { folder: workspace, variables: {}, env, home: folder, endpoint: 'http://127.0.0.1:1' };
  const ports = { client, clock, random: () => 0.5, fingerprints };
  try {
    const made = await plan(invocation, {}, { ...ports, client: inner });
    if (!made.plan) throw new Error(`there is no plan: ${JSON.stringify(made.diagnostics)}`);
    const { syncsMs, end } = await watchSyncs(folder);
    try {
      const { exit } = await apply(invocation, made.plan, ports);
      if (exit !== 0) throw new Error(`the apply ended with ${exit}`);
    } finally {
      end();
    }
    return { gapsMs, calls, syncsMs };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** The derivation of a state's key is slow by design, once a run, and not what is measured. */
const fingerprints =
  (salt: string) =>
  (value: string): string =>
    createHash('sha256').update(`${salt}\0${value}`).digest('base64url');

export const applyLines = async (): Promise<readonly Line[]> => {
  const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
  const gaps: number[] = [];
  for (let run = 0; run < RUNS; run++) gaps.push(...(await measureIn(memory)).gapsMs);
  const onDisk = await measureIn(tmpdir());
  const mean = gaps.reduce((sum, ms) => sum + ms, 0) / gaps.length;
  const perCall = onDisk.syncsMs.length / onDisk.calls;
  return [
    {
      what: 'apply: engine time for a call, median',
      value: `${median(gaps).toFixed(3)} ms`,
      goal: `<= ${MOST_MS} ms`,
      yardstick: `mean ${mean.toFixed(3)} ms, ${gaps.length + RUNS} calls; without waiting for a sync, which takes ${median(onDisk.syncsMs).toFixed(3)} ms on this disk`,
      isReached: median(gaps) <= MOST_MS,
    },
    {
      what: 'apply: syncs for a call',
      value: perCall.toFixed(2),
      goal: `<= ${MOST_SYNCS}`,
      yardstick: `${onDisk.syncsMs.length} syncs, ${onDisk.calls} calls, those of the run's begin and end among them`,
      isReached: perCall <= MOST_SYNCS,
    },
  ];
};
