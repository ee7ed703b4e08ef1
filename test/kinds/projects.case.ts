/** Projects of both modes, on the edition that has business units. */
import { projects } from '../../engine/kinds/projects.ts';
import type { KindCase, Variant } from './case.ts';

const [OWNER, ALICE, BOB, CAROL] = ['owner@example.com', 'alice@example.com', 'bob@example.com', 'carol@example.com'];
const WORLD = {
  computeSources: ['mc_a', 'mc_b', 'mc_c', 'fl_a', 'fl_b'].map((Name) => ({ Name, Config: { 'maxcompute.project': Name } })),
  bizUnits: [{ Name: 'retail' }, { Name: 'wholesale' }],
};
const LIFECYCLE = { allow: ['delete'] };
const COMMON = {
  displayName: 'Finance',
  bizUnit: 'retail',
  namespaceTag: 'APPLICATION',
  whiteList: [{ ip: '10.0.0.0/8', port: '3306', description: 'warehouse' }],
  lifecycle: LIFECYCLE,
};
const BASIC = {
  ...COMMON,
  mode: 'basic',
  type: 'GENERAL',
  description: 'Marts',
  computeSource: 'mc_a',
  members: { prod: { admin: [ALICE], analyst: [BOB] } },
};
const PAIR = {
  ...COMMON,
  mode: 'dev-prod',
  description: { prod: 'Marts', dev: 'Marts, under work' },
  computeSource: { prod: 'mc_a' },
  members: { prod: { admin: [ALICE] }, dev: { admin: [ALICE], developer: [BOB] } },
};

/** What both modes share. */
const shared = (start: typeof BASIC | typeof PAIR, update: 'UpdateBasicProject' | 'UpdateDevProdProject'): readonly Variant[] => [
  { name: 'another display name', to: { ...start, displayName: 'Money' }, pointers: ['/displayName'], operations: [update] },
  { name: 'another business unit', to: { ...start, bizUnit: 'wholesale' }, pointers: ['/bizUnit'], operations: [update] },
  { name: 'another namespace tag', to: { ...start, namespaceTag: 'BASE' }, pointers: ['/namespaceTag'], operations: [update] },
  {
    name: 'a line more in the white list',
    to: { ...start, whiteList: [...COMMON.whiteList, { ip: '10.1.1.1', port: '80' }] },
    pointers: ['/whiteList/10.1.1.1:80'],
    operations: ['ReplaceProjectWhiteLists'],
  },
  {
    name: 'another description in the white list',
    to: { ...start, whiteList: [{ ip: '10.0.0.0/8', port: '3306', description: 'lake' }] },
    pointers: ['/whiteList/10.0.0.0~18:3306'],
    operations: ['ReplaceProjectWhiteLists'],
  },
  {
    name: 'an empty white list together with another display name: one call',
    to: { ...start, whiteList: [], displayName: 'Money' },
    pointers: ['/displayName', '/whiteList/10.0.0.0~18:3306'],
    operations: [update],
  },
  {
    name: 'a member more',
    to: { ...start, members: { ...start.members, prod: { ...start.members.prod, visitor: [CAROL] } } },
    pointers: [`/members/prod/${CAROL}`],
    operations: ['AddProjectMember'],
  },
  {
    name: 'another role',
    to: { ...start, members: { ...start.members, prod: { ...start.members.prod, admin: [], developer: [ALICE] } } },
    pointers: [`/members/prod/${ALICE}`],
    operations: ['UpdateProjectMember'],
  },
  {
    name: 'a second role, by number',
    to: { ...start, members: { ...start.members, prod: { ...start.members.prod, '17': [ALICE] } } },
    pointers: [`/members/prod/${ALICE}`],
    operations: ['UpdateProjectMember'],
  },
  {
    name: 'the creator with another role than the service gave him',
    to: { ...start, members: { ...start.members, prod: { ...start.members.prod, developer: [OWNER] } } },
    pointers: [`/members/prod/${OWNER}`],
    operations: ['UpdateProjectMember'],
  },
  {
    name: 'no members at all: only the creator stays',
    to: { ...start, members: { ...start.members, prod: {} } },
    pointers: Object.values(start.members.prod)
      .flat()
      .map((account) => `/members/prod/${account}`)
      .sort(),
    operations: ['RemoveProjectMember'],
  },
  {
    name: 'nothing but the mode declared',
    to: { mode: start.mode, lifecycle: LIFECYCLE },
    pointers: [],
    operations: [],
  },
];

const switches = [
  { businessErrors: 'http200' },
  { absentOnUpdate: 'cleared' },
  { memberTwice: 'ignored' },
  { batch: 'partial' },
  { boundComputeSource: 'changeable' },
  { notFound: 'null' },
  { lagMs: 1500 },
] as const;

export const projectCases: readonly KindCase[] = [
  {
    title: 'projects: basic',
    kind: projects,
    edition: 'intelligent',
    world: WORLD,
    key: 'finance',
    start: BASIC,
    creates: ['CreateBasicProject', 'AddProjectMember'],
    deletes: ['DeleteProject'],
    variants: [
      ...shared(BASIC, 'UpdateBasicProject'),
      {
        name: 'another description',
        to: { ...BASIC, description: 'All marts' },
        pointers: ['/description/prod'],
        operations: ['UpdateBasicProject'],
      },
      {
        name: 'a real-time compute source where there was none',
        to: { ...BASIC, streamComputeSource: 'fl_a' },
        pointers: ['/streamComputeSource/prod'],
        operations: ['UpdateBasicProject'],
      },
      {
        name: 'another compute source, which waits',
        to: { ...BASIC, computeSource: 'mc_b' },
        pointers: [],
        operations: [],
        guard: 'REBIND_REFUSED',
      },
      {
        name: 'the other mode, which waits',
        to: { ...PAIR },
        pointers: [],
        operations: [],
        guard: 'REPLACE_REFUSED',
      },
      {
        name: 'another type, which waits',
        to: { ...BASIC, type: 'DISTILL' },
        pointers: [],
        operations: [],
        guard: 'REPLACE_REFUSED',
      },
    ],
    switches,
  },
  {
    title: 'projects: dev-prod',
    kind: projects,
    edition: 'intelligent',
    world: WORLD,
    key: 'finance',
    start: PAIR,
    creates: ['CreateDevProdProject', 'AddProjectMember', 'AddProjectMember'],
    deletes: ['DeleteProject'],
    variants: [
      ...shared(PAIR, 'UpdateDevProdProject'),
      {
        name: 'other descriptions of both halves: one call',
        to: { ...PAIR, description: { prod: 'All marts', dev: 'All marts, under work' } },
        pointers: ['/description/dev', '/description/prod'],
        operations: ['UpdateDevProdProject'],
      },
      {
        name: 'compute sources of the halves where there was none',
        to: {
          ...PAIR,
          computeSource: { prod: 'mc_a', dev: 'mc_b' },
          streamComputeSource: { prod: 'fl_a', dev: 'fl_b' },
        },
        pointers: ['/computeSource/dev', '/streamComputeSource/dev', '/streamComputeSource/prod'],
        operations: ['UpdateDevProdProject'],
      },
      {
        name: 'a member more in the development half only',
        to: { ...PAIR, members: { ...PAIR.members, dev: { ...PAIR.members.dev, operator: [CAROL] } } },
        pointers: [`/members/dev/${CAROL}`],
        operations: ['AddProjectMember'],
      },
      {
        name: 'another role in the development half only',
        to: { ...PAIR, members: { ...PAIR.members, dev: { ...PAIR.members.dev, developer: [], operator: [BOB] } } },
        pointers: [`/members/dev/${BOB}`],
        operations: ['UpdateProjectMember'],
      },
      {
        name: 'a member less in the development half only',
        to: { ...PAIR, members: { ...PAIR.members, dev: { admin: [ALICE] } } },
        pointers: [`/members/dev/${BOB}`],
        operations: ['RemoveProjectMember'],
      },
      {
        name: 'another compute source of a half, which waits',
        to: { ...PAIR, computeSource: { prod: 'mc_c' } },
        pointers: [],
        operations: [],
        guard: 'REBIND_REFUSED',
      },
      { name: 'the other mode, which waits', to: BASIC, pointers: [], operations: [], guard: 'REPLACE_REFUSED' },
    ],
    switches,
  },
];
