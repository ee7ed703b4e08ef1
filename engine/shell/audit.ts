/** `audit/YYYY-MM.jsonl` beside the record: appended durably, never compacted, never rewritten (DESIGN 6). */
import { type FileHandle, open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ApplyResult } from '../core/apply.ts';
import {
  type AuditBegin,
  type AuditChange,
  type AuditedRun,
  type AuditLine,
  about,
  changeLines,
  commitApplied,
  lastCommit,
  lineOf,
  runsOf,
  type StartedIn,
} from '../core/audit.ts';
import { CODES, type Diagnostic, EngineError } from '../core/diagnostic.ts';
import type { Address, Plan, RecordedResource } from '../core/model.ts';
import type { Answers } from '../core/protect.ts';
import type { WorkspaceConfig } from '../core/workspace.ts';
import type { StepEnd } from './attempt.ts';
import { appendDurably, makeFolder, openForAppend } from './durable.ts';
import { diagnosticOf, exitOf, exitOfErrors, recordFolder, SHAPES } from './offline.ts';
import { type Invocation, loadWorkspace } from './workspace.ts';

export type Audit = {
  /** Before the first call. @throws EngineError JOURNAL_WRITE; nothing may be sent then */
  readonly begin: (run: string, plan: Plan, command: string, at: string) => Promise<void>;
  /** Before the run's end event. @throws EngineError JOURNAL_WRITE */
  readonly end: (
    run: string,
    plan: Plan,
    of: {
      readonly ends: ReadonlyMap<string, StepEnd>;
      readonly result: ApplyResult;
      /** The record as it was before the run. */
      readonly recorded: Readonly<Record<Address, RecordedResource>>;
      /** An earlier run has done a part of the plan: what it told already is not told again; a killed one told nothing. */
      readonly isGoingOn: boolean;
    },
    at: string,
  ) => Promise<void>;
};

const NAME = /^\d{4}-\d{2}\.jsonl$/;
const folderOf = (folder: string): string => join(folder, 'audit');

/** The audit of an environment's record; a line that a crash has torn is ended before the next one. */
export const openAudit = (
  folder: string,
  env: Invocation['env'],
  who: { readonly keyId: string },
  answers: Answers = {},
): Audit => ({
  begin: (run, plan, command, at) =>
    appendLines(folder, at, [
      {
        type: 'begin',
        format: 'phinfra.audit/1',
        run,
        at,
        command,
        environment: plan.environment,
        tenant: plan.tenant,
        deployment: plan.deployment,
        caller: plan.caller,
        key: who.keyId.slice(-4),
        changesDigest: plan.changesDigest,
        planDigest: plan.planDigest,
        ...(commitApplied(plan) === null ? {} : { planCommit: commitApplied(plan) as string }),
        guards: [...new Set(plan.guards.map(({ code }) => code))].sort(),
        ...(answers.reviewed === undefined ? {} : { reviewed: answers.reviewed }),
        ...(answers.breakGlass === undefined ? {} : { breakGlass: answers.breakGlass }),
        ...(answers.useReserve === undefined ? {} : { useReserve: answers.useReserve }),
        ...confirmedBy(plan, answers),
        ...startedIn(env),
      },
    ]),
  end: async (run, plan, { ends, result, isGoingOn, recorded }, at) => {
    const told = isGoingOn ? await stepsTold(folder, plan.planDigest) : new Set<string>();
    await appendLines(folder, at, [
      ...changeLines(run, at, plan, ends, told, recorded),
      { type: 'end', run, at, exit: result.exit },
    ]);
  },
});

/** No apply begins before each of them is confirmed. */
const confirmedBy = ({ beyond = [] }: Plan, { confirmed }: Answers): Pick<AuditBegin, 'confirmed'> => {
  const behind = confirmed?.behind === undefined ? [] : [`behind=${confirmed.behind}`];
  const all = [...beyond.map(({ guard, count }) => `${guard}=${count}`), ...behind];
  return all.length > 0 ? { confirmed: all } : {};
};

/** A command that changes the record alone: all its lines at once, before the record is written. */
export const auditEdit = (
  folder: string,
  env: Invocation['env'],
  of: Pick<AuditBegin, 'run' | 'at' | 'command' | 'environment' | 'tenant' | 'deployment' | 'caller' | 'changesDigest'>,
  changes: readonly AuditChange[],
): Promise<void> =>
  appendLines(folder, of.at, [
    { type: 'begin', format: 'phinfra.audit/1', ...of, key: null, planDigest: null, guards: [], ...startedIn(env) },
    ...changes,
    { type: 'end', run: of.run, at: of.at, exit: 0 },
  ]);

const appendLines = async (folder: string, at: string, lines: readonly AuditLine[]): Promise<void> => {
  await makeFolder(folderOf(folder));
  const path = join(folderOf(folder), `${at.slice(0, 7)}.jsonl`);
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  const isTorn = await isTornAt(path);
  const file = await openForAppend(path);
  try {
    await appendDurably(file, Buffer.from(isTorn ? `\n${text}` : text, 'utf8'), path);
  } finally {
    await file.close();
  }
};

/** The last byte ends no line: a crash has torn it. */
const isTornAt = async (path: string): Promise<boolean> => {
  let file: FileHandle | null = null;
  try {
    file = await open(path, 'r');
    const { size } = await file.stat();
    if (size === 0) return false;
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
    return buffer[0] !== 0x0a;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw new EngineError('JOURNAL_WRITE', `The audit cannot be read: ${path}: ${(error as Error).message}.`);
  } finally {
    await file?.close();
  }
};

/** Steps of which earlier runs of the plan have told. */
const stepsTold = async (folder: string, planDigest: string): Promise<ReadonlySet<string>> => {
  const { lines } = await readLines(folderOf(folder));
  const runs = runsOf(lines).filter(({ begin }) => begin.planDigest === planDigest);
  return new Set(runs.flatMap(({ changes }) => changes.flatMap(({ steps }) => steps.map(({ id }) => id))));
};

/** Variables of CI systems: where the commit, the person who started the job and its address stand. None of them tells who approved. */
export const startedIn = (env: Invocation['env']): StartedIn => {
  const at = (name: string): string | null => env[name] || null;
  if (at('GITLAB_CI'))
    return { ci: 'gitlab', commit: at('CI_COMMIT_SHA'), startedBy: at('GITLAB_USER_LOGIN'), job: at('CI_JOB_URL') };
  if (at('GITHUB_ACTIONS')) {
    const parts = [at('GITHUB_SERVER_URL'), at('GITHUB_REPOSITORY'), 'actions/runs', at('GITHUB_RUN_ID')];
    return {
      ci: 'github',
      commit: at('GITHUB_SHA'),
      startedBy: at('GITHUB_TRIGGERING_ACTOR') ?? at('GITHUB_ACTOR'),
      job: parts.includes(null) ? null : parts.join('/'),
    };
  }
  if (at('TF_BUILD'))
    return { ci: 'azure', commit: at('BUILD_SOURCEVERSION'), startedBy: at('BUILD_REQUESTEDFOR'), job: at('BUILD_BUILDURI') };
  if (at('JENKINS_URL')) return { ci: 'jenkins', commit: at('GIT_COMMIT'), startedBy: at('BUILD_USER_ID'), job: at('BUILD_URL') };
  return { ci: null, commit: null, startedBy: null, job: null };
};

export type HistoryResult = {
  readonly exit: number;
  readonly diagnostics: readonly Diagnostic[];
  readonly config: WorkspaceConfig | null;
  /** The newest first. */
  readonly runs: readonly AuditedRun[];
};

/**
 * The audit of the chosen environment.
 *
 * @param of an address, a glob over addresses, or a person; null: all of it
 * @returns a warning AUDIT_DAMAGED for lines that cannot be read; the others are told
 */
export const history = async (invocation: Invocation, of: string | null): Promise<HistoryResult> => {
  const { config, diagnostics } = await loadWorkspace(invocation, SHAPES, { configOnly: true });
  if (config === null || exitOf(diagnostics) !== 0) return { exit: exitOfErrors(diagnostics), diagnostics, config, runs: [] };
  try {
    const { lines, warnings } = await readLines(folderOf(recordFolder(invocation, config)));
    const runs = runsOf(lines);
    return { exit: 0, diagnostics: [...diagnostics, ...warnings], config, runs: of === null ? runs : about(runs, of) };
  } catch (error) {
    const told = diagnosticOf(error);
    return { exit: CODES[told.code], diagnostics: [...diagnostics, told], config, runs: [] };
  }
};

/** The commit from which `--changed-since last-apply` counts; null where no run tells one. */
export const lastApplied = async (folder: string): Promise<string | null> =>
  lastCommit(runsOf((await readLines(folderOf(folder))).lines));

const readLines = async (
  folder: string,
): Promise<{ readonly lines: readonly AuditLine[]; readonly warnings: readonly Diagnostic[] }> => {
  const unreadable = (error: NodeJS.ErrnoException): EngineError =>
    new EngineError(
      'STATE_UNREADABLE',
      `The audit cannot be read: ${folder}: ${error.message}.`,
      'Give back the rights to the folder.',
    );
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw unreadable(error);
  });
  const lines: AuditLine[] = [];
  const warnings: Diagnostic[] = [];
  for (const name of names.filter((one) => NAME.test(one)).sort()) {
    const whole = await readFile(join(folder, name), 'utf8').catch((error: NodeJS.ErrnoException) => {
      throw unreadable(error);
    });
    const texts = whole.split('\n').filter((text) => text !== '');
    const bad = texts.flatMap((text, index) => {
      const line = lineOf(text);
      if (line) lines.push(line);
      return line ? [] : [index + 1];
    });
    if (bad.length > 0)
      warnings.push({
        code: 'AUDIT_DAMAGED',
        severity: 'warning',
        message: `${join(folder, name)}: ${bad.length === 1 ? 'line' : 'lines'} ${bad.slice(0, 5).join(', ')}${bad.length > 5 ? ', …' : ''} cannot be read and ${bad.length === 1 ? 'is' : 'are'} left out.`,
        hint: 'A line that a crash has torn is harmless; of others there may be a copy.',
      });
  }
  return { lines, warnings };
};
