/** Tenant members: somebody who can be added, and somebody whom the instance does not know yet. */
import { tenantMembers } from '../../engine/kinds/tenant-members.ts';
import type { KindCase, Variant } from './case.ts';

const START = { roles: ['BUSINESS_MEMBER'], mail: 'dave@example.com', mobile: '13800000000', ding: 'dave@dingding' };

const variants: readonly Variant[] = [
  {
    name: 'a role more',
    to: { ...START, roles: ['BUSINESS_MEMBER', 'QUALITY_MANAGER'] },
    pointers: ['/roles/QUALITY_MANAGER'],
    operations: ['UpdateTenantMember'],
  },
  {
    name: 'other roles',
    to: { ...START, roles: ['QUALITY_MANAGER'] },
    pointers: ['/roles/BUSINESS_MEMBER', '/roles/QUALITY_MANAGER'],
    operations: ['UpdateTenantMember'],
  },
  { name: 'no roles', to: { ...START, roles: [] }, pointers: ['/roles/BUSINESS_MEMBER'], operations: ['UpdateTenantMember'] },
  {
    name: 'COMMON_USER written out',
    to: { ...START, roles: ['COMMON_USER', 'BUSINESS_MEMBER'] },
    pointers: [],
    operations: [],
  },
  {
    name: 'another mail',
    to: { ...START, mail: 'd@example.com' },
    pointers: ['/mail'],
    operations: ['UpdateTenantMember'],
  },
  { name: 'no mail', to: { ...START, mail: '' }, pointers: ['/mail'], operations: ['UpdateTenantMember'] },
  {
    name: 'another mobile',
    to: { ...START, mobile: '13900000000' },
    pointers: ['/mobile'],
    operations: ['UpdateTenantMember'],
  },
  {
    name: 'another ding',
    to: { ...START, ding: 'd@dingding' },
    pointers: ['/ding'],
    operations: ['UpdateTenantMember'],
  },
  {
    name: 'contacts no longer declared',
    to: { roles: ['BUSINESS_MEMBER'] },
    pointers: [],
    operations: [],
  },
];

const switches = [
  { businessErrors: 'http200' },
  { absentOnUpdate: 'cleared' },
  { memberTwice: 'ignored' },
  { batch: 'partial' },
  { notFound: 'null' },
  { lagMs: 1500 },
] as const;

export const tenantMemberCases: readonly KindCase[] = [
  {
    title: 'tenantMembers: somebody who can be added',
    kind: tenantMembers,
    key: 'dave@example.com',
    start: START,
    creates: ['AddTenantMembers', 'UpdateTenantMember'],
    deletes: ['RemoveTenantMember'],
    variants,
    switches,
  },
  {
    title: 'tenantMembers: somebody whom the instance does not know',
    kind: tenantMembers,
    key: 'zoe@example.com',
    start: { ...START, source: { type: 'aliyun', id: '204800000000000099', displayName: 'Zoe' } },
    creates: ['AddTenantMembersBySourceUser', 'ListTenantMembers', 'UpdateTenantMember'],
    deletes: ['RemoveTenantMember'],
    variants,
    switches,
  },
];
