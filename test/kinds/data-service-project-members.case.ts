/** Members of a data-service project: added and remembered. */
import { dataServiceProjectMembers } from '../../engine/kinds/data-service-project-members.ts';
import type { KindCase } from './case.ts';

const [ALICE, BOB, CAROL] = ['alice@example.com', 'bob@example.com', 'carol@example.com'];
const START = { developer: [ALICE], admin: [BOB] };

export const dataServiceProjectMemberCases: readonly KindCase[] = [
  {
    title: 'dataServiceProjectMembers',
    kind: dataServiceProjectMembers,
    key: 'finance_ds',
    start: START,
    creates: ['AddDataServiceProjectMember'],
    deletes: [],
    actions: { first: 'update', gone: 'forget' },
    variants: [
      {
        name: 'a member more',
        to: { ...START, operator: [CAROL] },
        pointers: [`/members/${CAROL}`],
        operations: ['AddDataServiceProjectMember'],
      },
      {
        name: 'another role, which waits for somebody',
        to: { developer: [ALICE], operator: [BOB] },
        pointers: [`/members/${BOB}`],
        operations: [],
        byHand: [`/members/${BOB}`],
      },
      {
        name: 'a member less, which waits for somebody',
        to: { developer: [ALICE] },
        pointers: [`/members/${BOB}`],
        operations: [],
        byHand: [`/members/${BOB}`],
      },
      {
        name: 'nobody any more, which waits for somebody',
        to: {},
        pointers: [`/members/${ALICE}`, `/members/${BOB}`],
        operations: [],
        byHand: [`/members/${ALICE}`, `/members/${BOB}`],
      },
      {
        name: 'one more, one less, one changed: what can be done is done, the rest waits',
        to: { member: [ALICE, CAROL] },
        pointers: [`/members/${ALICE}`, `/members/${BOB}`, `/members/${CAROL}`],
        operations: ['AddDataServiceProjectMember'],
        byHand: [`/members/${ALICE}`, `/members/${BOB}`],
      },
    ],
    switches: [
      { businessErrors: 'http200' },
      { memberTwice: 'ignored' },
      { batch: 'partial' },
      { notFound: 'null' },
      { lagMs: 1500 },
    ],
  },
];
