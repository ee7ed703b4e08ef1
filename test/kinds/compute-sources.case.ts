/** Compute sources: a config that can be written and never read. */
import { computeSources } from '../../engine/kinds/compute-sources.ts';
import type { KindCase } from './case.ts';

const CONFIG = {
  'maxcompute.endpoint': 'http://service.cn-shanghai.maxcompute.aliyun.com/api',
  'maxcompute.project': 'finance',
  'maxcompute.access.id': 'reader',
  'maxcompute.access.key': '${env:MC_KEY}',
};
const START = {
  type: 'MAX_COMPUTE',
  description: 'Finance',
  secretsVersion: '2026-11',
  config: CONFIG,
  lifecycle: { allow: ['delete'], onRemove: 'delete' },
};

export const computeSourceCases: readonly KindCase[] = [
  {
    title: 'computeSources',
    kind: computeSources,
    key: 'mc_finance',
    start: START,
    creates: ['CreateComputeSource'],
    deletes: ['DeleteComputeSource'],
    variants: [
      {
        name: 'another description',
        to: { ...START, description: 'Finance and risk' },
        pointers: ['/description'],
        operations: ['UpdateComputeSource'],
      },
      {
        name: 'another value of the config',
        to: { ...START, config: { ...CONFIG, 'maxcompute.access.id': 'writer' } },
        pointers: ['/config/maxcompute.access.id'],
        operations: ['UpdateComputeSource'],
      },
      {
        name: 'a key more in the config',
        to: { ...START, config: { ...CONFIG, 'maxcompute.tunnel': 'http://tunnel.example.com' } },
        pointers: ['/config/maxcompute.tunnel'],
        operations: ['UpdateComputeSource'],
      },
      {
        name: 'a rotation',
        to: { ...START, secretsVersion: '2026-12' },
        pointers: ['/secretsVersion'],
        operations: ['UpdateComputeSource'],
      },
      { name: 'a check, which is no difference', to: { ...START, check: 'connectivity' }, pointers: [], operations: [] },
      {
        name: 'a check before and after a change',
        to: { ...START, description: 'Checked', check: 'connectivity' },
        pointers: ['/description'],
        operations: ['CheckComputeSourceConnectivity', 'UpdateComputeSource', 'CheckComputeSourceConnectivityById'],
      },
      {
        name: 'the type in the spelling of lists',
        to: { ...START, type: 'MaxCompute' },
        pointers: [],
        operations: [],
      },
      {
        name: 'another type, which waits',
        to: { ...START, type: 'HADOOP' },
        pointers: [],
        operations: [],
        guard: 'REPLACE_PREVENTED',
      },
      {
        name: 'another type, with leave to replace',
        to: { ...START, type: 'HADOOP', lifecycle: { allow: ['delete', 'replace'], onRemove: 'delete' } },
        pointers: ['/type'],
        operations: ['DeleteComputeSource', 'CreateComputeSource'],
      },
      {
        name: 'another name',
        key: 'mc_finance_prod',
        to: { ...START, renamedFrom: 'mc_finance' },
        pointers: [''],
        operations: ['UpdateComputeSource'],
      },
    ],
    switches: [
      { businessErrors: 'http200' },
      { absentOnUpdate: 'cleared' },
      { computeSourceType: 'both' },
      { duplicates: 'allowed' },
      { secretsInReads: 'omitted' },
      { secretsInReads: 'plain' },
      { notFound: 'null' },
      { lagMs: 1500 },
    ],
  },
];
