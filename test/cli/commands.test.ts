import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ApplyResult, Engine, Invocation, Plan, PlanResult, State, WorkspaceConfig } from '../../cli/engine.ts';
import { EngineError } from '../../engine/core/diagnostic.ts';
import { aChange, aPlan, sketchPlan } from './builders.ts';
import { runCli } from './hosts.ts';

const folder = (): string => mkdtempSync(join(tmpdir(), 'phinfra-cli-'));
const planned =
  (plan: Plan | null, over: Partial<PlanResult> = {}): Engine['plan'] =>
  async () => ({ exit: 0, diagnostics: [], plan, config: null, ...over });
const applied =
  (over: Partial<ApplyResult> = {}): Engine['apply'] =>
  async () => ({
    exit: 0,
    reason: 'done',
    applied: 4,
    failed: 0,
    unknown: 0,
    waiting: 0,
    left: 0,
    notBefore: null,
    skipped: [],
    steps: [],
    diagnostics: [],
    ...over,
  });

describe('plan', () => {
  it('prints the plan to stdout and nothing else', async () => {
    const ran = await runCli(['plan'], { engine: { plan: planned(sketchPlan()) } });
    expect(ran).toMatchObject({ exit: 0, stderr: '' });
    expect(ran.stdout).toMatch(/^plan · prod · tenant 300001413 · cn-shanghai/);
  });

  it('hands the engine what the options say, before the command as well as after it', async () => {
    const seen: unknown[] = [];
    const engine: Partial<Engine> = {
      plan: async (invocation, options) => {
        seen.push({ ...invocation, home: '', env: {} }, options);
        return { exit: 0, diagnostics: [], plan: sketchPlan(), config: null };
      },
    };
    const at = folder();
    await runCli(
      [
        '-C',
        'a',
        '--var',
        'x=1',
        'plan',
        '--env',
        'prod',
        '--var',
        'y=a=b',
        '--now',
        '2026-12-01',
        '--push-secrets',
        'p/*',
        '--push-secrets',
        'q/*',
        '--destroy',
      ],
      { folder: at, engine },
    );
    expect(seen).toEqual([
      { folder: join(at, 'a'), environment: 'prod', variables: { x: '1', y: 'a=b' }, now: '2026-12-01', home: '', env: {} },
      { destroy: true, pushSecrets: ['p/*', 'q/*'] },
    ]);
  });

  it('saves what it prints, relative to the folder of -C', async () => {
    const at = folder();
    const ran = await runCli(['-C', at, 'plan', '-o', 'plan.json'], { engine: { plan: planned(sketchPlan()) } });
    expect(JSON.parse(readFileSync(join(at, 'plan.json'), 'utf8'))).toEqual(sketchPlan());
    expect(ran.stdout).toContain(`Saved to plan.json, changes 4f1c9a…; phinfra apply plan.json -C ${at} applies exactly this.`);
  });

  it('ends with 3 where the plan cannot be saved', async () => {
    const ran = await runCli(['plan', '-o', 'no/such/folder/plan.json'], {
      folder: folder(),
      engine: { plan: planned(sketchPlan()) },
    });
    expect(ran.exit).toBe(3);
    expect(ran.stderr).toContain('ENOENT');
  });

  it('ends with 2 for differences only when asked to', async () => {
    const engine: Partial<Engine> = { plan: planned(sketchPlan()), detailedExit: () => 2 };
    expect((await runCli(['plan'], { engine })).exit).toBe(0);
    expect((await runCli(['plan', '--detailed-exitcode'], { engine })).exit).toBe(2);
  });

  it('is one object with keys in one order as JSON, the plan as its data', async () => {
    const at = folder();
    const ran = await runCli(['plan', '--format', 'json', '--env', 'prod', '--summary', 'result.json'], {
      folder: at,
      engine: { plan: planned(sketchPlan()) },
    });
    const result = JSON.parse(ran.stdout);
    expect(Object.keys(result)).toEqual(
      'format command environment tenant exit reason changesDigest applied failed unknown waiting left next diagnostics data'.split(
        ' ',
      ),
    );
    expect(result.data).toEqual(sketchPlan());
    expect(Object.keys(result.data).slice(0, 4)).toEqual(['format', 'access', 'bill', 'caller']);
    expect(result.next).toEqual({ command: 'phinfra apply --env prod', notBefore: null });
    expect(readFileSync(join(at, 'result.json'), 'utf8')).toBe(ran.stdout);
  });

  it('writes the summary also when it fails, and beside text for people', async () => {
    const at = folder();
    const diagnostics = [{ code: 'UNREACHABLE', severity: 'error', message: 'It is unreachable.' }] as const;
    const ran = await runCli(['plan', '--summary', 'result.json'], {
      folder: at,
      engine: { plan: planned(null, { exit: 11, diagnostics }) },
    });
    expect(ran.exit).toBe(11);
    expect(JSON.parse(readFileSync(join(at, 'result.json'), 'utf8'))).toMatchObject({
      command: 'plan',
      exit: 11,
      reason: 'unreachable or throttled',
      diagnostics,
    });
  });

  it('tells an error with its excerpt, relative to the workspace', async () => {
    const at = folder();
    writeFileSync(join(at, 'a.yaml'), 'userGroups:\n  jdbc.password: hunter2\n');
    const diagnostics = [
      { code: 'KEY_UNKNOWN', severity: 'error', message: 'No such key.', source: { file: 'a.yaml', line: 2, column: 3 } },
    ] as const;
    const ran = await runCli(['plan', '-C', at], { engine: { plan: planned(null, { exit: 3, diagnostics }) } });
    expect(ran.stderr).toBe('error KEY_UNKNOWN   a.yaml:2:3\n  2 │   jdbc.password: (hidden)\n    │   ^\n  No such key.\n');
  });

  it('does not tell a warning twice that stands in the plan', async () => {
    const warning = { code: 'PERSON_GONE', severity: 'warning', message: 'Dan has left.' } as const;
    const ran = await runCli(['plan'], { engine: { plan: planned(aPlan({ warnings: [warning] }), { diagnostics: [warning] }) } });
    expect(ran.stderr).toBe('');
    expect(ran.stdout).toContain('Dan has left.');
  });

  it('starts no command of a CI runner by a name', async () => {
    const plan = aPlan({ guards: [{ code: 'IN_USE', address: 'a', message: '::error::x', hint: '##[error]y' }] });
    const ran = await runCli(['plan'], { env: { CI: 'true' }, engine: { plan: planned(plan) } });
    expect(ran.stdout).not.toMatch(/^\s*::|##\[/m);
  });
});

describe('apply', () => {
  it('without a terminal, a plan or --auto-approve ends with 3 before anything is read', async () => {
    for (const command of ['apply', 'destroy']) {
      const ran = await runCli([command]);
      expect(ran.exit).toBe(3);
      expect(ran.stderr).toContain('error CONFIRMATION_MISSING');
    }
    const json = await runCli(['apply', '--format', 'json'], { answer: 'yes' });
    expect(JSON.parse(json.stdout)).toMatchObject({ exit: 3, diagnostics: [{ code: 'CONFIRMATION_MISSING' }] });
  });

  it('prints the plan, asks, and applies on "yes" alone', async () => {
    const engine: Partial<Engine> = { plan: planned(sketchPlan()), apply: applied() };
    const yes = await runCli(['apply'], { answer: 'yes', engine });
    expect(yes.exit).toBe(0);
    expect(yes.asked).toEqual(['\nApply this in prod? Only "yes" does: ']);
    expect(yes.stdout).toMatch(/^apply · prod/);
    expect(yes.stdout.trimEnd().split('\n').at(-1)).toBe('applied 4, failed 0, unknown 0, left 0');
    for (const answer of ['y', 'no', '', null]) {
      const ran = await runCli(['apply'], { answer, engine: { plan: planned(sketchPlan()) } });
      expect(ran.exit).toBe(3);
      expect(ran.stderr).toContain('CONFIRMATION_MISSING');
    }
  });

  it('ends as interrupted where a signal comes instead of an answer', async () => {
    const ran = await runCli(['apply'], {
      answer: null,
      signal: AbortSignal.abort(),
      signalName: 'SIGINT',
      engine: { plan: planned(sketchPlan()) },
    });
    expect(ran.exit).toBe(130);
    expect(ran.stdout).toMatch(/Nothing was applied\.\n$/);
  });

  it('neither asks nor applies where nothing is to be done', async () => {
    const ran = await runCli(['apply'], { answer: 'yes', engine: { plan: planned(aPlan()) } });
    expect(ran).toMatchObject({ exit: 0, asked: [] });
  });

  it('asks nobody where something only waits for an approval, and says that it does', async () => {
    const waits = aChange({
      address: 'resourceGrants/tables/finance.orders',
      action: 'none',
      waitsSince: '2026-11-24T02:00:00.000Z',
    });
    const engine: Partial<Engine> = {
      plan: planned(aPlan({ changes: [waits] })),
      apply: applied({ exit: 13, reason: 'waiting', applied: 0, waiting: 1 }),
    };
    const ran = await runCli(['apply'], { answer: null, engine });
    expect(ran).toMatchObject({ exit: 13, asked: [] });
    expect(ran.stdout).toContain('1 waits for an approval in Dataphin');
    expect(ran.stdout.trimEnd().split('\n').at(-1)).toBe(
      'applied 0, failed 0, unknown 0, waiting 1, left 0; next: phinfra apply',
    );
  });

  it('applies a saved plan in its own environment, without asking', async () => {
    const at = folder();
    writeFileSync(join(at, 'p.json'), 'text');
    const seen: Invocation[] = [];
    const engine: Partial<Engine> = {
      parsePlan: (text) => (text === 'text' ? { plan: sketchPlan() } : { diagnostics: [] }),
      apply: async (invocation, plan, ports) => {
        seen.push(invocation);
        return applied()(invocation, plan, ports);
      },
    };
    expect((await runCli(['apply', 'p.json'], { folder: at, engine })).exit).toBe(0);
    expect(seen.map((invocation) => invocation.environment)).toEqual(['prod']);
    const other = await runCli(['apply', 'p.json', '--env', 'dev'], { folder: at, engine });
    expect(other.exit).toBe(3);
    expect(other.stderr).toContain('"p.json" is a plan for "prod", not for "dev".');
  });

  it('goes on with the plan that was begun, without its file and without asking, and says so', async () => {
    const seen: unknown[] = [];
    const engine: Partial<Engine> = {
      begunPlan: planned(sketchPlan()),
      apply: async (invocation, plan, ports) => {
        seen.push(ports?.isSaved, ports?.lockWaitMs);
        return applied({ exit: 6, reason: 'stopped', left: 1 })(invocation, plan, ports);
      },
    };
    const ran = await runCli(['apply', '--resume', '--lock-wait', '10m'], { engine });
    expect(ran.exit).toBe(6);
    expect(seen).toEqual([true, 600_000]);
    expect(ran.stdout).toContain('\nBegun before, changes 4f1c9a…; --full shows all of it.\n');
    expect(ran.stdout).toContain('; next: phinfra apply --resume\n');
    const diagnostics = [{ code: 'RESUME_NOTHING', severity: 'error', message: 'Nothing was begun.' }] as const;
    const none = await runCli(['apply', '--resume'], { engine: { begunPlan: planned(null, { exit: 3, diagnostics }) } });
    expect([none.exit, none.stdout]).toEqual([3, '']);
    expect(none.stderr).toContain('error RESUME_NOTHING');
    for (const more of [['p.json'], ['--push-secrets', '*']]) {
      const both = await runCli(['apply', '--resume', ...more]);
      expect([both.exit, both.stderr]).toEqual([
        3,
        expect.stringContaining('--resume goes on with the plan that was begun last'),
      ]);
    }
  });

  it('tells who holds the lock while it waits to plan', async () => {
    const engine: Partial<Engine> = {
      plan: async (_invocation, _options, ports) => {
        ports?.onPause?.('"apply" holds the lock.', ports.lockWaitMs ?? 0);
        return { exit: 0, diagnostics: [], plan: sketchPlan(), config: null };
      },
      apply: applied(),
    };
    const ran = await runCli(['apply', '--auto-approve', '--lock-wait', '90s'], { engine });
    expect(ran.stderr).toContain('"apply" holds the lock.\n');
  });

  it('ends with 3 for a plan that is missing or edited', async () => {
    const at = folder();
    writeFileSync(join(at, 'p.json'), '{}');
    const missing = await runCli(['apply', 'none.json'], { folder: at });
    expect(missing).toMatchObject({ exit: 3 });
    expect(missing.stderr).toContain('error PLAN_UNREADABLE');
    const diagnostics = [{ code: 'PLAN_EDITED', severity: 'error', message: 'It was edited.' }] as const;
    const edited = await runCli(['show', 'p.json'], { folder: at, engine: { parsePlan: () => ({ diagnostics }) } });
    expect(edited).toMatchObject({ exit: 3, stdout: '' });
  });

  it.each([
    [5, 'phinfra plan'],
    [6, 'phinfra apply p.json'],
    [8, 'phinfra apply p.json'],
    [7, 'phinfra plan'],
    [9, 'phinfra plan'],
    [12, 'phinfra plan'],
    [11, 'phinfra apply p.json'],
    [13, 'phinfra apply p.json'],
    [130, 'phinfra apply p.json'],
  ])('that ends with %i says how to go on', async (exit, next) => {
    const at = folder();
    writeFileSync(join(at, 'p.json'), '');
    const result = applied({
      exit,
      reason: 'x',
      applied: 1,
      failed: 1,
      unknown: 1,
      waiting: 1,
      left: 2,
      skipped: [{ address: 'a/b', because: 'a/c#create' }],
    });
    const engine: Partial<Engine> = { parsePlan: () => ({ plan: sketchPlan() }), apply: result };
    const ran = await runCli(['apply', 'p.json'], { folder: at, engine });
    expect(ran.exit).toBe(exit);
    expect(ran.stdout.trimEnd().split('\n').slice(-2)).toEqual([
      'skipped a/b, because of a/c#create',
      `applied 1, failed 1, unknown 1, waiting 1, left 2; next: ${next}`,
    ]);
  });

  it('that stops because the day is spent says when it may go on, in the plan\u2019s zone', async () => {
    const at = folder();
    writeFileSync(join(at, 'p.json'), '');
    const notBefore = '2026-11-24T16:00:00.000Z';
    const engine: Partial<Engine> = {
      parsePlan: () => ({ plan: sketchPlan() }),
      apply: applied({ exit: 6, reason: 'stopped', applied: 2, left: 3, notBefore }),
    };
    const text = await runCli(['apply', 'p.json'], { folder: at, engine });
    expect(text.stdout.trimEnd().split('\n').at(-1)).toBe(
      'applied 2, failed 0, unknown 0, left 3; next: phinfra apply p.json, not before 2026-11-25 00:00 (Asia/Shanghai)',
    );
    const json = await runCli(['apply', 'p.json', '--format', 'json'], { folder: at, engine });
    expect(JSON.parse(json.stdout).next).toEqual({ command: 'phinfra apply p.json', notBefore });
  });

  it('of a saved plan prints what it counts and what waits, and all of it with --full', async () => {
    const at = folder();
    writeFileSync(join(at, 'p.json'), '');
    const guard = { code: 'IN_USE', address: 'computeSources/mc', message: 'It is bound.', hint: 'Delete the project first.' };
    const plan = { ...sketchPlan(), guards: [guard] };
    const engine: Partial<Engine> = { parsePlan: () => ({ plan }), apply: applied() };
    const ran = await runCli(['apply', 'p.json', '-C', at], { engine });
    expect(ran.stdout).toBe(
      [
        'apply · prod · tenant 300001413 · cn-shanghai · basic · as ci-dataphin@example.com (…7Q2a)',
        '',
        'Waits for you',
        '  IN_USE   computeSources/mc',
        '      It is bound.',
        '      Delete the project first.',
        '',
        '= 1 resource is live as declared, and the next apply records it without a call: projects/sandbox',
        '3 changes: 1 to create, 2 to update · 212 unchanged',
        `Read from p.json, changes 4f1c9a…; phinfra show p.json -C ${at} has all of it.`,
        'applied 4, failed 0, unknown 0, left 0',
        '',
      ].join('\n'),
    );
    const full = await runCli(['apply', 'p.json', '--full', '-C', at], { engine });
    expect(full.stdout).toContain('finance_analysts');
    expect(full.stdout).not.toContain('Read from');
  });

  it('beyond the guards asks nobody and applies nothing, until the number is confirmed', async () => {
    const at = folder();
    writeFileSync(join(at, 'p.json'), '');
    const message = '12 resources would be deleted, and 10 may be.';
    const plan = { ...sketchPlan(), beyond: [{ guard: 'deletes' as const, count: 12, message, names: ['userGroups/a'] }] };
    const parsePlan = () => ({ plan });
    const ran = await runCli(['apply', 'p.json', '-C', at], { engine: { parsePlan } });
    expect(ran.exit).toBe(12);
    expect(ran.stdout).toContain('Beyond the guards · nothing is applied without --confirm deletes=12\n  deletes\n');
    expect(ran.stderr).toContain('--confirm deletes=12');
    const asking = await runCli(['apply', '-C', at], {
      engine: { plan: async () => ({ exit: 0, diagnostics: [], plan, config: null }) },
      answer: 'yes',
    });
    expect([asking.exit, asking.asked]).toEqual([12, []]);
    const confirmed = await runCli(['apply', 'p.json', '--confirm', 'deletes=12'], {
      folder: at,
      engine: {
        parsePlan,
        apply: async (_invocation, _plan, ports) => {
          expect(ports?.answers).toEqual({ confirmed: { deletes: 12 } });
          return (await applied()(_invocation, _plan, ports)) as never;
        },
      },
    });
    expect(confirmed.exit).toBe(0);
    for (const wrong of ['deletes', 'deletes=x', 'rows=1', 'deletes=1,deletes=2'])
      expect((await runCli(['apply', 'p.json', '--confirm', wrong, '-C', at], { engine: { parsePlan } })).exit).toBe(3);
  });

  it('opens the reserve of the day to its plan and itself for a reason, and says so in what goes on', async () => {
    const at = folder();
    const plan = { ...sketchPlan(), steps: [aStep()] };
    const given: unknown[] = [];
    const engine: Partial<Engine> = {
      plan: async (_invocation, _options, ports) => {
        given.push(ports?.useReserve);
        return { exit: 0, diagnostics: [], plan, config: null };
      },
      apply: async (invocation, saved, ports) => {
        given.push(ports?.answers);
        return applied({ exit: 6, reason: 'stopped' })(invocation, saved, ports);
      },
    };
    const run = (...more: readonly string[]) =>
      runCli(['apply', '--auto-approve', ...more, '--format', 'json', '-C', at], { engine });
    const ran = await run('--use-reserve', ' INC-1 now ');
    expect([ran.exit, given]).toEqual([6, [true, { useReserve: 'INC-1 now' }]]);
    expect(ran.stdout).toContain("phinfra apply --resume --use-reserve ' INC-1 now '");
    expect((await run('--use-reserve', ' ')).exit).toBe(3);
    expect(given.length).toBe(2);
  });

  it('of a protected environment takes a review by digest or by file, and breaks glass for who knows the tenant', async () => {
    const at = folder();
    writeFileSync(join(at, 'p.json'), '');
    const plan = { ...sketchPlan(), isProtected: true as const, steps: [aStep()] };
    const parsePlan = () => ({ plan });
    const given: unknown[] = [];
    const engine: Partial<Engine> = {
      parsePlan,
      plan: async () => ({ exit: 0, diagnostics: [], plan, config: null }),
      apply: async (invocation, saved, ports) => {
        given.push(ports?.answers);
        return (await applied()(invocation, saved, ports)) as never;
      },
    };
    const ask = (argv: readonly string[], answer?: string) =>
      runCli(['apply', ...argv, '-C', at], { engine, ...(answer === undefined ? {} : { answer }) });
    const unreviewed = await ask(['p.json']);
    expect(unreviewed.exit).toBe(12);
    expect(unreviewed.stdout).toContain(`--reviewed ${plan.changesDigest}`);
    expect((await ask(['--reviewed', plan.changesDigest])).exit).toBe(0);
    expect((await ask(['p.json', '--reviewed', 'p.json'])).exit).toBe(0);
    expect((await ask(['p.json', '--break-glass', ' INC-1 '])).exit).toBe(3);
    expect((await ask(['p.json', '--break-glass', 'INC-1'], 'yes')).exit).toBe(3);
    expect((await ask(['--break-glass', 'INC-1'], plan.tenant)).exit).toBe(0);
    expect((await ask(['p.json', '--break-glass', ' '], plan.tenant)).exit).toBe(3);
    const reviewed = { reviewed: plan.changesDigest };
    expect(given).toEqual([reviewed, reviewed, { breakGlass: 'INC-1' }]);
  });

  it('goes on with the answers that were about the plan that was begun', async () => {
    const at = folder();
    writeFileSync(join(at, 'p.json'), '');
    const plan = { ...sketchPlan(), isProtected: true as const, steps: [aStep()] };
    const engine: Partial<Engine> = {
      parsePlan: () => ({ plan }),
      plan: async () => ({ exit: 0, diagnostics: [], plan, config: null }),
      apply: applied({ exit: 6, reason: 'stopped', left: 1 }),
    };
    const next = async (...argv: readonly string[]): Promise<string> => {
      const { stdout } = await runCli(['apply', ...argv, '--format', 'json'], { folder: at, engine });
      return JSON.parse(stdout).next.command;
    };
    const reviewed = `--reviewed ${plan.changesDigest}`;
    expect(await next('p.json', ...reviewed.split(' '))).toBe(`phinfra apply p.json ${reviewed}`);
    expect(await next(...reviewed.split(' '))).toBe(`phinfra apply --resume ${reviewed}`);
  });

  it('ends with 143 where it was SIGTERM that interrupted it', async () => {
    const engine: Partial<Engine> = { plan: planned(sketchPlan()), apply: applied({ exit: 130, reason: 'interrupted' }) };
    expect((await runCli(['apply', '--auto-approve'], { engine, signalName: 'SIGTERM' })).exit).toBe(143);
    expect((await runCli(['apply', '--auto-approve'], { engine, signalName: 'SIGINT' })).exit).toBe(130);
  });

  it('streams the events as JSON lines, the result last', async () => {
    const engine: Partial<Engine> = {
      plan: planned(sketchPlan()),
      apply: async (invocation, plan, ports) => {
        ports?.onEvent?.({
          type: 'start',
          steps: 1,
          levels: { '1': 1, '2': 0, '3': 0 },
          seconds: 1,
          day: 1,
          days: 1,
          today: { calls: 1, seconds: 1 },
          goesOnAt: null,
        });
        ports?.onEvent?.({ type: 'end' });
        return applied()(invocation, plan, ports);
      },
    };
    const ran = await runCli(['apply', '--auto-approve', '--format', 'jsonl'], { engine });
    const lines = ran.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map((line) => line.type ?? line.format)).toEqual(['start', 'end', 'phinfra.result/1']);
    expect(ran.stderr).toBe('applied 4, failed 0, unknown 0, left 0\n');
  });

  it('destroys by a plan that says so', async () => {
    const seen: unknown[] = [];
    const engine: Partial<Engine> = {
      plan: async (_invocation, options) => {
        seen.push(options);
        return { exit: 0, diagnostics: [], plan: { ...sketchPlan(), destroy: true }, config: null };
      },
      apply: applied(),
    };
    const ran = await runCli(['destroy'], { answer: 'yes', engine });
    expect(seen).toEqual([{ destroy: true }]);
    expect(ran.asked).toEqual(['\nDestroy this in prod? Only "yes" does: ']);
    expect(ran.exit).toBe(0);
  });
});

describe('faults', () => {
  it('of phinfra end with 1, one line, no stack, no secret of the environment', async () => {
    const engine: Partial<Engine> = {
      plan: async () => {
        throw new TypeError('hunter2-canary is\nnot a function');
      },
    };
    const env = { ORDERS_PASSWORD: 'hunter2-canary' };
    const ran = await runCli(['plan'], { engine, env });
    expect(ran.exit).toBe(1);
    expect(ran.stderr).toContain('error INTERNAL\n  phinfra 1.2.3 failed at "plan": TypeError: (hidden) is not a function\n');
    expect(ran.stderr).not.toContain('    at ');
    const debug = await runCli(['plan', '--log-level', 'debug'], { engine, env });
    expect(debug.stderr).toContain('    at ');
    expect(debug.stderr).not.toContain('hunter2');
    expect(JSON.parse((await runCli(['plan', '--format', 'json'], { engine, env })).stdout)).toMatchObject({
      exit: 1,
      diagnostics: [{ code: 'INTERNAL' }],
    });
  });

  it('that the engine throws on purpose end with the exit code of their code', async () => {
    const engine: Partial<Engine> = {
      plan: async () => {
        throw new EngineError('LOCKED', 'Somebody else applies.', 'Wait.');
      },
    };
    const ran = await runCli(['plan'], { engine });
    expect(ran).toMatchObject({ exit: 8, stderr: 'error LOCKED\n  Somebody else applies.\n  Wait.\n' });
  });

  it('of an interrupted plan are no faults', async () => {
    const controller = new AbortController();
    const engine: Partial<Engine> = {
      plan: async (_invocation, _options, ports) => {
        controller.abort();
        ports?.signal?.throwIfAborted();
        throw new Error('not reached');
      },
    };
    expect((await runCli(['plan'], { engine, signal: controller.signal, signalName: 'SIGINT' })).exit).toBe(130);
  });
});

const aStep = (): Plan['steps'][number] => ({
  id: 'userGroups/finance_analysts#update',
  operation: 'UpdateUserGroup',
  level: 3,
  phase: 'update',
  request: {},
  serves: ['userGroups/finance_analysts'],
  after: [],
  gives: null,
  covers: [],
});

const environment = (over: Partial<WorkspaceConfig['environment']['connection']>): WorkspaceConfig => ({
  name: 'company',
  released: [],
  timezone: 'Asia/Shanghai',
  guards: {
    deletes: { count: null, share: null },
    losses: { people: null },
    gains: { people: null },
    minAdmins: null,
    require: { self: false },
    isProtected: false,
  },
  environment: {
    name: 'dev',
    tenant: null,
    connection: {
      region: null,
      endpoint: null,
      emulator: null,
      caller: null,
      signature: 'v3',
      parameters: 'body',
      caFile: null,
      ...over,
    },
    edition: 'agile',
    state: { backend: 'local' },
    serverVersion: null,
    isProtected: false,
    adopt: [],
    drift: 'revert',
    overlays: [],
    approvals: [],
  },
  environments: ['dev'],
  budget: {
    perRun: { level1: null, level2: null, level3: null, all: null },
    reserve: { level1: 0, level2: 0, level3: 0 },
    share: 0.9,
    review: 0.3,
    quotas: null,
    ledger: { store: 'local' },
  },
  secrets: { env: [], files: [] },
  exclusive: [],
});

describe('a workspace that asks for an emulator', () => {
  it('gets one in this process, which keeps its world beside the record', async () => {
    const at = folder();
    const endpoints: string[] = [];
    const engine: Partial<Engine> = {
      readConfig: async () => ({ exit: 0, config: environment({ emulator: { data: null, world: null } }), diagnostics: [] }),
      plan: async (_invocation, _options, ports) => {
        const { connection } = ports ?? {};
        if (connection) endpoints.push(connection.endpoint);
        const answer = await fetch(`${connection?.endpoint}/_emulator/world`);
        const world = (await answer.json()) as { edition: string };
        return {
          exit: 0,
          diagnostics: [],
          plan: aPlan({ region: null, deployment: 'loopback', edition: world.edition }),
          config: null,
        };
      },
    };
    const ran = await runCli(['plan'], { folder: at, engine });
    expect(ran.exit).toBe(0);
    expect(ran.stdout).toMatch(/^plan · prod · tenant 300001413 · emulator · agile · /);
    expect(JSON.parse(readFileSync(join(at, '.phinfra/dev/emulator.json'), 'utf8'))).toMatchObject({
      format: 'phinfra.world/1',
      edition: 'agile',
    });
    // It ended with the command.
    await expect(fetch(`${endpoints[0]}/_emulator/world`)).rejects.toThrow();
  });

  it('says why it cannot start', async () => {
    const at = folder();
    writeFileSync(join(at, 'world.json'), 'no json');
    const engine: Partial<Engine> = {
      readConfig: async () => ({
        exit: 0,
        config: environment({ emulator: { data: null, world: 'world.json' } }),
        diagnostics: [],
      }),
    };
    const ran = await runCli(['plan'], { folder: at, engine });
    expect(ran.exit).toBe(3);
    expect(ran.stderr).toContain('The emulator cannot start: ');
  });

  it('is reset by deleting its world, and nothing but a world', async () => {
    const at = folder();
    const engine: Partial<Engine> = {
      readConfig: async () => ({ exit: 0, config: environment({ emulator: { data: 'w.json', world: null } }), diagnostics: [] }),
    };
    const file = join(at, 'w.json');
    writeFileSync(file, '{"format":"something else"}');
    expect((await runCli(['emulator', 'reset'], { folder: at, engine })).exit).toBe(3);
    expect(existsSync(file)).toBe(true);
    writeFileSync(file, '{"format":"phinfra.world/1"}');
    expect((await runCli(['emulator', 'reset'], { folder: at, engine })).exit).toBe(0);
    expect(existsSync(file)).toBe(false);
    writeFileSync(join(at, 'x.json'), '{"format":"phinfra.world/1"}');
    expect((await runCli(['emulator', 'reset', '--data', 'x.json'], { folder: at })).exit).toBe(0);
    expect(existsSync(join(at, 'x.json'))).toBe(false);
    expect(await runCli(['emulator', 'reset'], { folder: at, engine })).toMatchObject({
      exit: 0,
      stdout: `There is no ${file}.\n`,
    });
  });
});

describe('emulator', () => {
  it('tells where it is in its first line and runs until a signal comes', async () => {
    const controller = new AbortController();
    const running = runCli(['emulator', '--edition', 'agile', '--switch', 'duplicates=allowed'], { signal: controller.signal });
    controller.abort();
    const ran = await running;
    expect(ran.exit).toBe(0);
    expect(Object.keys(JSON.parse(ran.stdout))).toEqual([
      'endpoint',
      'tenant',
      'accessKeyId',
      'accessKeySecret',
      'readOnlyAccessKeyId',
      'readOnlyAccessKeySecret',
      'caller',
    ]);
  });

  it('refuses a switch that it does not know', async () => {
    const ran = await runCli(['emulator', '--switch', 'weather=fine']);
    expect(ran.exit).toBe(3);
    expect(ran.stderr).toContain('unknown switch "weather"');
  });
});

describe('state', () => {
  const state: State = {
    format: 'phinfra.state/1',
    lineage: 'l',
    serial: 4,
    environment: 'dev',
    tenant: '300001413',
    deployment: 'loopback',
    salt: 'salt-canary',
    people: {},
    resources: {
      'userGroups/b': {
        ids: { id: '12' },
        origin: 'created',
        fields: { '/description': 'd1', '/active': 'd2' },
        lists: ['/members'],
        fingerprints: { '/config/key': 'fingerprint-canary' },
        assumed: [],
        prevent: [],
        onRemove: null,
        causes: {},
      },
      'projects/a': {
        ids: { prod: '1', dev: '2' },
        origin: 'adopted',
        fields: {},
        lists: [],
        fingerprints: {},
        assumed: [],
        prevent: ['delete'],
        onRemove: null,
        causes: {},
      },
    },
  };
  const engine: Partial<Engine> = { readState: async () => ({ exit: 0, diagnostics: [], state, file: 'f' }) };

  it('lists what is ours by address', async () => {
    expect((await runCli(['state', 'list'], { engine })).stdout).toBe(
      'projects/a    adopted   prod 1 · dev 2\nuserGroups/b  created   12\n',
    );
    expect(
      (
        await runCli(['state', 'list'], {
          engine: { readState: async () => ({ exit: 0, diagnostics: [], state: null, file: 'f' }) },
        })
      ).stdout,
    ).toBe('There is no record yet: the first apply makes one.\n');
  });

  it('lists what waits for an approval beside it', async () => {
    const asks = [{ since: '2026-11-24T02:00:00.000Z', step: 's', fields: { '/select/bob': 'd' } }];
    const [resource] = Object.values(state.resources);
    if (!resource) throw new Error('the record is empty');
    const waiting = { ...state, resources: {}, asked: { 'resourceGrants/tables/a.b': { resource, asks } } };
    const ran = { engine: { readState: async () => ({ exit: 0, diagnostics: [], state: waiting, file: 'f' }) } };
    expect((await runCli(['state', 'list'], ran)).stdout).toBe(
      'resourceGrants/tables/a.b  waits     for an approval in Dataphin since 2026-11-24T02:00:00.000Z\n',
    );
    expect(JSON.parse((await runCli(['state', 'list', '--format', 'json'], ran)).stdout).data.waiting).toEqual({
      'resourceGrants/tables/a.b': { since: '2026-11-24T02:00:00.000Z' },
    });
  });

  it('shows one, and never a fingerprint or the salt', async () => {
    const text = await runCli(['state', 'show', 'userGroups/b'], { engine });
    expect(text.stdout).toBe(
      [
        'userGroups/b',
        '  ids       12',
        '  origin    created',
        '  fields    active, description',
        '  lists     members',
        '  secrets   config key',
        '  on trust  none',
        '  prevent   none',
        '  onRemove  delete',
        '',
      ].join('\n'),
    );
    for (const argv of [
      ['state', 'show', 'userGroups/b'],
      ['state', 'list'],
    ])
      for (const format of ['human', 'json'])
        expect((await runCli([...argv, '--format', format], { engine })).stdout).not.toContain('canary');
  });

  it('ends with 3 for an address that the record does not hold', async () => {
    expect(await runCli(['state', 'show', 'toString'], { engine })).toMatchObject({ exit: 3, stdout: '' });
  });
});

describe('show', () => {
  it('unfolds the plan and cuts it at the end of a line', async () => {
    const at = folder();
    writeFileSync(join(at, 'p.json'), '');
    const many = Array.from({ length: 40 }, (_, index) =>
      aChange({ address: `userGroups/g${index}`, action: 'delete', before: {} }),
    );
    const engine: Partial<Engine> = { parsePlan: () => ({ plan: aPlan({ changes: many }) }) };
    const whole = await runCli(['show', 'p.json'], { folder: at, engine });
    const cut = await runCli(['show', 'p.json', '--max', '500'], { folder: at, engine });
    expect(cut.stdout.length).toBeLessThanOrEqual(500);
    const lines = cut.stdout.trimEnd().split('\n');
    expect(whole.stdout.startsWith(`${lines.slice(0, -1).join('\n')}\n`)).toBe(true);
    expect(lines.at(-1)).toMatch(/^… \d+ of \d+ characters are shown\.$/);
  });
});
