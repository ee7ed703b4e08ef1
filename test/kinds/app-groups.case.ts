/** App groups: nothing but a name. */
import { dataServiceAppGroups } from '../../engine/kinds/app-groups.ts';
import type { KindCase } from './case.ts';

export const appGroupCases: readonly KindCase[] = [
  {
    title: 'dataServiceAppGroups',
    kind: dataServiceAppGroups,
    key: 'finance',
    start: {},
    creates: ['CreateDataServiceAppGroup'],
    deletes: ['DeleteDataServiceAppGroup'],
    variants: [
      {
        name: 'another name',
        key: 'risk',
        to: { renamedFrom: 'finance' },
        pointers: [''],
        operations: ['UpdateDataServiceAppGroup'],
      },
    ],
    switches: [
      { businessErrors: 'http200' },
      { absentOnUpdate: 'cleared' },
      { duplicates: 'allowed' },
      { notFound: 'null' },
      { lagMs: 1500 },
    ],
  },
];
