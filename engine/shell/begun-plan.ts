/** The plan that an apply carries out, beside the record: `apply --resume` goes on with it without its file. */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError } from '../core/diagnostic.ts';
import type { Plan, State } from '../core/model.ts';
import { readPlan } from '../core/plan-file.ts';
import { makeFolder, writeDurably } from './durable.ts';
import { sha256 } from './sign.ts';

const NAME = /^plan-[0-9a-f]{16}\.json$/;
const nameOf = (planDigest: string): string => `plan-${planDigest.slice(0, 16)}.json`;

/**
 * Puts a plan beside the record before its first call, and takes away what can never be gone on with. Its name holds its
 * digest: where the run dies before the journal knows of it, the plan that the record goes on with still has its file.
 *
 * @param left the plan that the record goes on with until this one has begun
 * @throws EngineError JOURNAL_WRITE
 */
export const keepPlan = async (folder: string, plan: Plan, left: State['position']): Promise<void> => {
  await makeFolder(folder);
  await writeDurably(join(folder, nameOf(plan.planDigest)), `${JSON.stringify(plan)}\n`);
  const stay = new Set([plan.planDigest, ...(left ? [left.planDigest] : [])].map(nameOf));
  try {
    for (const name of await readdir(folder)) if (NAME.test(name) && !stay.has(name)) await rm(join(folder, name));
  } catch (error) {
    throw new EngineError('JOURNAL_WRITE', `An old plan cannot be removed: ${folder}: ${(error as Error).message}.`);
  }
};

/**
 * The plan that was begun last and not carried out to its end.
 *
 * @throws EngineError RESUME_NOTHING where there is none, or its file is not here; PLAN_UNREADABLE, PLAN_FORMAT, PLAN_EDITED
 */
export const readBegunPlan = async (folder: string, state: State | null): Promise<Plan> => {
  const digest = state?.position?.planDigest;
  if (digest === undefined)
    throw new EngineError(
      'RESUME_NOTHING',
      state === null ? 'Nothing was ever applied here.' : 'The plan that was applied last was carried out to its end.',
      'phinfra plan shows what differs now.',
    );
  let text: string;
  try {
    text = await readFile(join(folder, nameOf(digest)), 'utf8');
  } catch (error) {
    throw new EngineError(
      'RESUME_NOTHING',
      `The plan that was begun is not beside the record: ${(error as Error).message}.`,
      'Apply it from the file that it was saved in, or plan again: what was done shows as done.',
    );
  }
  const read = readPlan(text, sha256);
  if ('problem' in read) throw new EngineError(read.problem.code, read.problem.message, read.problem.hint ?? null);
  return read.plan;
};
