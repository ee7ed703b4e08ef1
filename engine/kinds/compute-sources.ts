/** Compute sources (BEHAVIOUR 3.6): the config can be written and never read. */
import { addressOf, pointerOf, textOf } from '../core/json.ts';
import { type Demand, type Kind, type KindChange, objectAt, rowsAt, type StepDraft, step } from '../core/kind.ts';
import type { JsonObject } from '../core/ports.ts';
import { ENGINES, engineOf } from './tables.ts';

const MAX_COMPUTE_KEYS = ['maxcompute.endpoint', 'maxcompute.project', 'maxcompute.access.id', 'maxcompute.access.key'];

/** Lists show `MaxCompute` where the service wants and other reads show `MAX_COMPUTE` (BEHAVIOUR 3.6). */
const typeOf = (text: string): string => (/^max_?compute$/i.test(text) ? 'MAX_COMPUTE' : text);

const configList = (spec: JsonObject | null): { readonly Key: string; readonly Value: string }[] =>
  Object.entries(objectAt(spec, 'config')).map(([Key, Value]) => ({ Key, Value: Value as string }));

const UNREACHABLE: NonNullable<StepDraft['fails']> = {
  pointer: '/Data',
  equals: false,
  code: 'UNREACHABLE',
  message: 'The service could not connect with this configuration.',
};
const wantsCheck = (change: KindChange): boolean => change.desired?.spec['check'] === 'connectivity';

export const computeSources: Kind = {
  collection: 'computeSources',
  keyParts: ['name'],
  noun: 'compute source',
  edition: 'agile',
  writesSince: null,
  schema: {
    type: 'object',
    title: 'A compute source',
    description: 'What a project computes with: a MaxCompute project, or another engine, and the key for it.',
    additionalProperties: false,
    properties: {
      type: { type: 'string', minLength: 1, description: 'MAX_COMPUTE, or another type of the service; cannot change.' },
      description: { type: 'string', description: 'What it is for.' },
      check: {
        type: 'string',
        enum: ['connectivity'],
        description: 'Check the connection before and after a write: level 3 calls.',
      },
      config: {
        type: 'object',
        description: 'Connection settings; the service never shows them, so they are compared by fingerprint.',
        'x-phinfra-secrets': true,
        additionalProperties: true,
      },
      secretsVersion: {
        type: 'string',
        description: 'A new value sends the config once more: a rotation that a reviewer can see.',
        examples: ['2026-11'],
      },
    },
  },
  nested: [],
  born: ['delete', 'replace'],
  replaceRefused: null,
  renames: true,
  calls: { create: ['CreateComputeSource'], rename: ['UpdateComputeSource'], delete: ['DeleteComputeSource'] },
  example: {
    mc_finance: {
      type: 'MAX_COMPUTE',
      description: 'Finance, production',
      config: {
        'maxcompute.endpoint': 'http://service.cn-shanghai.maxcompute.aliyun.com/api',
        'maxcompute.project': 'finance_prod',
        'maxcompute.access.id': '${env:MC_ACCESS_ID}',
        'maxcompute.access.key': '${env:MC_ACCESS_KEY}',
      },
    },
  },
  fields: [
    {
      path: '/type',
      rule: 'immutable',
      why: 'the service cannot change the type of a compute source',
      calls: ['DeleteComputeSource', 'CreateComputeSource'],
    },
    { path: '/description', rule: 'update', calls: ['UpdateComputeSource'] },
    { path: '/config/*', rule: 'writeOnly', why: 'the service never shows the config', calls: ['UpdateComputeSource'] },
    { path: '/secretsVersion', rule: 'remembered', why: 'known to the record alone', calls: ['UpdateComputeSource'] },
    {
      path: '/check',
      rule: 'option',
      why: 'says how to write, not what',
      calls: ['CheckComputeSourceConnectivity', 'CheckComputeSourceConnectivityById'],
    },
  ],

  normalise: (raw, { report }) => {
    const spec: Record<string, JsonObject[string]> = {};
    if (raw['type'] !== undefined) spec['type'] = typeOf(textOf(raw['type']));
    if (raw['description'] !== undefined) spec['description'] = textOf(raw['description']);
    if (raw['check'] !== undefined) spec['check'] = textOf(raw['check']);
    if (raw['secretsVersion'] !== undefined) spec['secretsVersion'] = textOf(raw['secretsVersion']);
    if (raw['config'] !== undefined) {
      const config = objectAt(raw, 'config');
      for (const [key, value] of Object.entries(config))
        if (
          value === null ||
          Array.isArray(value) ||
          (typeof value === 'object' && !('$secret' in value) && !('$concat' in value))
        )
          report({ code: 'TYPE_WRONG', message: `"${key}" must be text.`, at: pointerOf('config', key) });
      if (spec['type'] === 'MAX_COMPUTE')
        for (const key of MAX_COMPUTE_KEYS)
          if (config[key] === undefined)
            report({ code: 'KEY_MISSING', message: `A MAX_COMPUTE compute source needs "${key}" in its config.`, at: '/config' });
      spec['config'] = Object.fromEntries(
        Object.entries(config).map(([key, value]) => [key, typeof value === 'object' ? value : textOf(value)]),
      );
    }
    return spec;
  },

  list: {
    operation: 'ListComputeSources',
    request: { ListQuery: {} },
    rows: (answer) => rowsAt(answer, 'PageResult', 'ComputeSourceList'),
    identity: (row) => textOf(row['Id']),
  },
  each: [],
  whenMissing: null,
  names: (row) => [
    ['computeSources', textOf(row['Name']), textOf(row['Id'])],
    [ENGINES, textOf(row['BindProjectName']).replace(/_dev$/, ''), engineOf(textOf(row['Type'])) ?? ''],
  ],
  live: ({ rows }) =>
    rows.map((row) => ({
      kind: 'computeSources',
      key: [textOf(row['Name'])],
      address: '',
      ids: { id: textOf(row['Id']) },
      spec: { type: typeOf(textOf(row['Type'])), description: textOf(row['Description']) },
      extra: { boundTo: row['BindProject'] === true ? textOf(row['BindProjectName']) : '' },
    })),
  told: (row) => [{ id: textOf(row['Id']), pointer: '', by: '', at: row['GmtModified'] ?? null }],
  letStand: () => [],
  deleteGuard: (live, leaves) => {
    const project = textOf(live.extra['boundTo']);
    return project === '' || leaves(addressOf('projects', project))
      ? null
      : {
          code: 'IN_USE',
          message: `The compute source is bound to the project "${project}", and the service refuses to delete it.`,
          hint: `Delete the project "${project}" first, or keep the compute source.`,
        };
  },
  demands: (change) => {
    const found: Demand[] = [];
    if (change.action === 'delete') return found;
    const { after, desired } = change;
    if (change.action !== 'update' && after?.['type'] === undefined)
      found.push({
        code: 'FIELD_REQUIRED',
        message: 'A compute source needs a type to be created.',
        hint: 'type: MAX_COMPUTE',
        at: '',
      });
    if (desired?.spec['config'] === undefined)
      found.push(
        change.action === 'update'
          ? {
              code: 'CONFIG_NEEDED',
              message:
                'An update replaces the config, which the service never shows: it must be declared to change anything else.',
              hint: 'Write the whole config, or take the change back.',
              at: '',
            }
          : {
              code: 'FIELD_REQUIRED',
              message: 'A compute source needs its config to be created.',
              hint: 'config: { … }',
              at: '',
            },
      );
    return found;
  },
  refers: () => [],
  holds: () => [],

  steps: (change, ids) => {
    const remove = () => step('delete', 'delete', 'DeleteComputeSource', { Id: ids.old() });
    if (change.action === 'delete') return [remove()];
    const { after } = change;
    const [name = ''] = change.key;
    const type = textOf(after?.['type']);
    const command = { Name: name, Type: type, Description: textOf(after?.['description']), ConfigList: configList(after) };
    const creates = change.action !== 'update';
    const check = wantsCheck(change);
    return [
      ...(check
        ? [
            step(
              'check',
              'check',
              'CheckComputeSourceConnectivity',
              { CheckCommand: { Type: type, ConfigList: command.ConfigList } },
              { covers: [], fails: UNREACHABLE },
            ),
          ]
        : []),
      ...(change.action === 'replace' ? [{ ...remove(), covers: [], after: check ? ['check'] : [] }] : []),
      creates
        ? step(
            'create',
            'create',
            'CreateComputeSource',
            { CreateCommand: command },
            {
              gives: { address: change.address, ids: { id: '/CreateResult/Id' } },
              after: change.action === 'replace' ? ['delete'] : check ? ['check'] : [],
            },
          )
        : step(
            'update',
            'update',
            'UpdateComputeSource',
            { UpdateCommand: { Id: ids.own(), ...command } },
            { after: check ? ['check'] : [] },
          ),
      ...(check
        ? [
            step(
              'checked',
              'find',
              'CheckComputeSourceConnectivityById',
              { Id: ids.own() },
              {
                covers: [],
                after: [creates ? 'create' : 'update'],
                fails: UNREACHABLE,
              },
            ),
          ]
        : []),
    ];
  },
  manual: () => [],
};
