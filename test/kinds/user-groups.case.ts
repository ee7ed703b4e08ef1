/** User groups with an administrator and members. */
import { userGroups } from '../../engine/kinds/user-groups.ts';
import type { KindCase } from './case.ts';

const [ALICE, BOB, CAROL] = ['alice@example.com', 'bob@example.com', 'carol@example.com'];
const START = { description: 'Reads marts', active: true, admins: [ALICE], members: [BOB] };

export const userGroupCases: readonly KindCase[] = [
  {
    title: 'userGroups',
    kind: userGroups,
    key: 'analysts',
    start: START,
    creates: ['CreateUserGroup', 'AddUserGroupMember'],
    deletes: ['DeleteUserGroup'],
    variants: [
      {
        name: 'another description',
        to: { ...START, description: 'Reads the finance marts' },
        pointers: ['/description'],
        operations: ['UpdateUserGroup'],
      },
      { name: 'no description', to: { ...START, description: '' }, pointers: ['/description'], operations: ['UpdateUserGroup'] },
      { name: 'disabled', to: { ...START, active: false }, pointers: ['/active'], operations: ['UpdateUserGroupSwitch'] },
      {
        name: 'an administrator more',
        to: { ...START, admins: [ALICE, CAROL] },
        pointers: [`/admins/${CAROL}`],
        operations: ['UpdateUserGroup'],
      },
      {
        name: 'a member who becomes administrator',
        to: { ...START, admins: [ALICE, BOB] },
        pointers: [`/admins/${BOB}`],
        operations: ['UpdateUserGroup'],
      },
      {
        name: 'no administrators: nobody of them stays a member',
        to: { ...START, admins: [] },
        pointers: [`/admins/${ALICE}`, `/members/${ALICE}`],
        operations: ['UpdateUserGroup', 'RemoveUserGroupMember'],
      },
      {
        name: 'an administrator who becomes a mere member',
        to: { ...START, admins: [], members: [ALICE, BOB] },
        pointers: [`/admins/${ALICE}`],
        operations: ['UpdateUserGroup'],
      },
      {
        name: 'a member more',
        to: { ...START, members: [BOB, CAROL] },
        pointers: [`/members/${CAROL}`],
        operations: ['AddUserGroupMember'],
      },
      {
        name: 'another member',
        to: { ...START, members: [CAROL] },
        pointers: [`/members/${BOB}`, `/members/${CAROL}`],
        operations: ['RemoveUserGroupMember', 'AddUserGroupMember'],
      },
      { name: 'no members', to: { ...START, members: [] }, pointers: [`/members/${BOB}`], operations: ['RemoveUserGroupMember'] },
      {
        name: 'another name',
        key: 'finance_analysts',
        to: { ...START, renamedFrom: 'analysts' },
        pointers: [''],
        operations: ['UpdateUserGroup'],
      },
      {
        name: 'lists no longer declared',
        to: { description: 'Reads marts' },
        pointers: [],
        operations: [],
      },
    ],
    switches: [
      { businessErrors: 'http200' },
      { absentOnUpdate: 'cleared' },
      { memberTwice: 'ignored' },
      { batch: 'partial' },
      { notFound: 'null' },
      { lagMs: 1500 },
    ],
  },
];
