/** Promise 7 of DESIGN 1: a secret appears in nothing that phinfra prints, writes or sends to anybody but the service. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Engine } from '../../cli/engine.ts';
import { createProgram } from '../../cli/program.ts';
import { type Emulator, type SwitchSettings, startEmulator } from '../../emulator/index.ts';
import { KINDS } from '../../engine/kinds/index.ts';
import { type Ran, runCli } from '../cli/hosts.ts';
import { createQuickClock } from '../support/quick-clock.ts';
import { formsIn } from './encodings.ts';

/** Every character that some form writes otherwise; the secret of an app has the service's alphabet. */
const canary = (name: string, turn: number): string => `c4n@ry ${name} "7/Zß+&=?%财_${turn}q`;
const NAMES = ['CANARY_MC', 'CANARY_PROD', 'CANARY_DEV', 'CANARY_OTHER', 'CANARY_USER'];
const APP = 'CANARY_APP';
const valuesOf = (turn: number): Record<string, string> => ({
  ...Object.fromEntries(NAMES.map((name) => [name, canary(name, turn)])),
  [APP]: `c4nary-App_Secret-7f3k9QZ0-${turn}`,
});

/** In PHINFRA_LEDGER, whose address nobody answers. */
const LEDGER = 'c4nary-Ledger_Password-8d2k';

const SAFE = 'allowUrlInLocalInfile=false&autoDeserialize=false&allowLocalInfile=false&allowLoadLocalInfile=false';
const mysql = (name: string) => ({
  version: 'MYSQL_8_X',
  'deploy.type': 'PUBLIC',
  'access.type': 'PUBLIC',
  'jdbc.url': `jdbc:mysql://orders.example.com:3306/orders?${SAFE}`,
  'jdbc.username': '${env:CANARY_USER}',
  'jdbc.password': `\${env:${name}}`,
});

/** A resource of every kind that takes a secret; others beside them as far as they are needed. */
const RESOURCES = (turn: number): Record<string, unknown> => ({
  computeSources: {
    mc: {
      type: 'MAX_COMPUTE',
      description: `turn ${turn}`,
      lifecycle: { allow: ['delete'] },
      config: {
        'maxcompute.endpoint': 'http://service.example.com/api',
        'maxcompute.project': 'finance',
        'maxcompute.access.id': 'reader',
        'maxcompute.access.key': 'begin ${env:CANARY_MC} end',
      },
    },
  },
  dataSources: {
    orders: {
      type: 'MYSQL',
      lifecycle: { allow: ['delete'] },
      prod: { description: `turn ${turn}`, config: mysql('CANARY_PROD') },
      dev: { name: 'orders_dev', config: mysql('CANARY_DEV') },
    },
    other: {
      type: 'HOLOGRES',
      prod: { config: { host: 'holo.example.com', 'custom.pass.phrase': '${env:CANARY_OTHER}' } },
      secretKeys: ['custom.pass.phrase'],
    },
  },
  dataServiceAppGroups: { finance: {} },
  dataServiceApps: {
    finance: {
      portal: {
        scenarios: `turn ${turn}`,
        owners: ['owner@example.com'],
        secret: '${env:CANARY_APP}',
        lifecycle: { allow: ['delete'] },
      },
    },
  },
});

type Scene = {
  readonly emulator: Emulator;
  readonly folder: string;
  readonly write: (resources: unknown) => void;
  /** Runs a command line and keeps what came out. */
  readonly cli: (turn: number, ...argv: readonly string[]) => Promise<Ran>;
  readonly outputs: { readonly what: string; readonly text: string }[];
};

const started = async (switches: SwitchSettings, env: Readonly<Record<string, string>> = {}): Promise<Scene> => {
  const clock = createQuickClock();
  const emulator = await startEmulator({ edition: 'basic', switches, clock: { nowMs: clock.wallMs } });
  const folder = mkdtempSync(join(tmpdir(), 'phinfra-canary-'));
  onTestFinished(async () => {
    await emulator.close();
    rmSync(folder, { recursive: true, force: true });
  });
  writeFileSync(
    join(folder, 'phinfra.yaml'),
    JSON.stringify({
      phinfra: 1,
      tenant: emulator.tenant,
      edition: 'basic',
      connection: { endpoint: emulator.endpoint, caller: emulator.caller },
      resources: ['tenant.yaml'],
      secrets: { env: ['CANARY_*'] },
    }),
  );
  const doors = (await import('../../engine/index.ts')) as unknown as Engine;
  const engine: Engine = {
    ...doors,
    plan: (invocation, options, ports) => doors.plan(invocation, options, { ...ports, clock }),
    apply: (invocation, plan, options) => doors.apply(invocation, plan, { ...options, clock }),
    drift: (invocation, options, ports) => doors.drift(invocation, options, { ...ports, clock }),
    takeSnapshot: (invocation, options, ports) => doors.takeSnapshot(invocation, options, { ...ports, clock }),
    budget: (invocation, ports) => doors.budget(invocation, { ...ports, clock }),
    adopt: (invocation, options, ports) => doors.adopt(invocation, options, { ...ports, clock }),
  };
  const outputs: Scene['outputs'] = [];
  return {
    emulator,
    folder,
    outputs,
    write: (resources) => writeFileSync(join(folder, 'tenant.yaml'), JSON.stringify(resources)),
    cli: async (turn, ...argv) => {
      const ran = await runCli(['-C', folder, ...argv], {
        engine,
        folder,
        env: {
          ...valuesOf(turn),
          ALIBABA_CLOUD_ACCESS_KEY_ID: emulator.accessKeyId,
          ALIBABA_CLOUD_ACCESS_KEY_SECRET: emulator.accessKeySecret,
          XDG_STATE_HOME: join(folder, 'xdg'),
          CI: 'true',
          ...env,
        },
      });
      outputs.push({ what: `phinfra ${argv.join(' ')}`, text: ran.stdout + ran.stderr });
      return ran;
    },
  };
};

const filesBelow = (folder: string): { readonly what: string; readonly text: string }[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !['tenant.yaml', 'phinfra.yaml'].includes(relative(folder, path)))
    .map((path) => ({ what: relative(folder, path), text: readFileSync(path, 'utf8') }));

const expectClean = ({ outputs, folder, emulator }: Scene, turns: readonly number[]): void => {
  const secrets = [...turns.flatMap((turn) => Object.values(valuesOf(turn))), emulator.accessKeySecret, LEDGER];
  const generated = emulator.service.world().apps.flatMap((app) => [app.AppSecret, app.AppKey]);
  const leaks = [...outputs, ...filesBelow(folder)].flatMap(({ what, text }) =>
    [...secrets, ...generated.filter((value) => value !== '')].flatMap((secret) =>
      formsIn(text, secret).map((form) => `${what}: ${secret} as ${form}`),
    ),
  );
  expect(leaks).toEqual([]);
};

const FORMATS: readonly (readonly string[])[] = [[], ['--format', 'json']];

describe('a canary in every secret field', () => {
  it('is in the workspace for every kind that takes one', () => {
    const takes = KINDS.filter(
      ({ fields, schema }) =>
        JSON.stringify(schema).includes('x-phinfra-secret') || fields.some((rule) => rule.rule === 'writeOnly' || rule.hides),
    ).map(({ collection }) => collection);
    expect(Object.keys(RESOURCES(1))).toEqual(expect.arrayContaining(takes));
    for (const collection of takes)
      expect([collection, JSON.stringify(RESOURCES(1)[collection]).includes('${env:CANARY_')]).toEqual([collection, true]);
  });

  for (const secretsInReads of ['plain', 'masked'] as const)
    it(`shows in nothing that any command prints or writes, with secrets ${secretsInReads} in the service's answers`, async () => {
      const scene = await started({ secretsInReads });
      const { cli, emulator } = scene;
      const ok = async (turn: number, ...argv: readonly string[]): Promise<void> => {
        const ran = await cli(turn, ...argv);
        expect([argv, ran.exit, ran.exit === 0 ? '' : ran.stdout + ran.stderr]).toEqual([argv, 0, '']);
      };
      scene.write(RESOURCES(1));
      for (const format of FORMATS) {
        await ok(1, 'validate', ...format);
        await ok(1, 'config', ...format);
        await ok(1, 'explain', 'computeSources.config', ...format);
        await ok(1, 'plan', '-o', 'plan.json', ...format);
        await ok(1, 'show', 'plan.json', ...format);
      }
      await ok(1, 'snapshot', '-o', 'before.json');
      await ok(1, 'apply', 'plan.json');
      for (const format of FORMATS) {
        await ok(1, 'snapshot', '-o', 'snapshot.json', ...format);
        await ok(1, 'show', 'snapshot.json', ...format);
        await ok(1, 'plan', '--from', 'snapshot.json', '-o', 'from.json', ...format);
      }
      for (const format of FORMATS) {
        await ok(1, 'drift', ...format);
        await ok(1, 'history', ...format);
        await ok(1, 'budget', 'simulate', 'plan.json', ...format);
      }
      // What nobody declares any more is a secret all the same.
      scene.write({});
      await ok(1, 'snapshot', '-o', 'undeclared.json');
      await ok(1, 'plan', '--from', 'undeclared.json', '--format', 'json');
      for (const format of FORMATS) {
        await ok(1, 'state', 'list', ...format);
        for (const address of ['computeSources/mc', 'dataSources/orders', 'dataServiceApps/finance/portal'])
          await ok(1, 'state', 'show', address, ...format);
      }
      await cli(1, 'state', 'adopt', 'computeSources/mc', '--dry-run');
      // A rotation: another value behind the same name.
      scene.write(RESOURCES(2));
      for (const format of FORMATS) await ok(2, 'plan', '--log-level', 'debug', ...format);
      emulator.service.faults.add([
        { match: { action: 'UpdateComputeSource' }, when: 'before', do: 'fail' },
        { match: { action: 'UpdateDataSourceConfig' }, when: 'after', do: 'status', status: 502 },
        { match: { action: 'ResetDataServiceAppSecret' }, when: 'after', do: 'reset' },
      ]);
      for (const format of FORMATS) await cli(2, 'apply', '--auto-approve', '--log-level', 'debug', ...format);
      await ok(2, 'apply', '--auto-approve', '--format', 'json');
      await ok(2, 'plan', '--push-secrets', '**', '--format', 'json');
      // They were sent: the service holds every one of them.
      const held = JSON.stringify(emulator.service.world());
      for (const value of Object.values(valuesOf(2))) expect(held).toContain(JSON.stringify(value).slice(1, -1));
      // A source that is not set, a literal where a secret belongs, and the end of it all.
      await cli(1, 'plan', '--var', 'x=1');
      await ok(2, 'destroy', '--auto-approve', '--format', 'json');
      expectClean(scene, [1, 2]);
      const ran = new Set(scene.outputs.map(({ what }) => what.split(' ')[1]));
      // The emulator prints keys by design: it is the service's side.
      expect(
        createProgram('0', () => undefined)
          .commands.map((one) => one.name())
          .filter((name) => name !== 'emulator' && !ran.has(name)),
      ).toEqual([]);
    }, 120_000);

  it('is not repeated where the password of a ledger that does not answer is one', async () => {
    const scene = await started({}, { PHINFRA_LEDGER: `redis://ci:${LEDGER}@127.0.0.1:1/0` });
    scene.write(RESOURCES(1));
    for (const format of FORMATS)
      for (const [exit, ...argv] of [
        [0, 'config'],
        [0, 'budget'],
        [0, 'plan', '--log-level', 'debug', '-o', 'plan.json'],
        [11, 'apply', 'plan.json', '--log-level', 'debug'],
      ] as const)
        expect([argv, (await scene.cli(1, ...argv, ...format)).exit]).toEqual([argv, exit]);
    expect(scene.outputs.filter(({ text }) => text.includes('LEDGER_UNREACHABLE'))).toHaveLength(6);
    expectClean(scene, [1]);
  });

  it('is not repeated where it stands in the files as a literal', async () => {
    const scene = await started({});
    const { computeSources } = RESOURCES(1) as { computeSources: { mc: { config: Record<string, string> } } };
    computeSources.mc.config['maxcompute.access.key'] = canary('CANARY_MC', 1);
    scene.write({ computeSources });
    for (const format of FORMATS) {
      const ran = await scene.cli(1, 'validate', ...format);
      expect([ran.exit, (ran.stdout + ran.stderr).includes('SECRET_LITERAL')]).toEqual([3, true]);
    }
    expectClean(scene, [1]);
  });
});
