/** Faults of apps, their groups, and members of data-service projects: all of them are told offline. */
import type { Case } from './harness.ts';

const app = (name: string, lines: string): string => `dataServiceApps:\n  finance:\n    ${name}: { ${lines} }\n`;

export const DATA_SERVICE: readonly Case[] = [
  // groups
  {
    claim: 'an app group with a field',
    resources: 'dataServiceAppGroups:\n  finance: { description: x }\n',
    expected: ['r.yaml:2:14 KEY_UNKNOWN'],
  },
  {
    claim: 'an app group of 65 characters',
    resources: `dataServiceAppGroups:\n  ${'组'.repeat(65)}: {}\n`,
    expected: ['r.yaml:2:3 NAME_WRONG'],
    says: 'at most 64',
  },
  // apps
  { claim: 'an app of three characters', resources: app('abc', ''), expected: ['r.yaml:3:5 NAME_WRONG'], says: '4 to 26' },
  { claim: 'an app of 27 characters', resources: app('a'.repeat(27), ''), expected: ['r.yaml:3:5 NAME_WRONG'] },
  {
    claim: 'an app that begins with a digit',
    resources: app('1portal', ''),
    expected: ['r.yaml:3:5 NAME_WRONG'],
    says: 'Chinese',
  },
  {
    claim: 'an app without a group',
    resources: 'dataServiceApps:\n  portal:\n    scenarios: reporting\n',
    expected: ['r.yaml:3:16 TYPE_WRONG'],
  },
  {
    claim: 'a group by its id',
    resources: 'dataServiceApps:\n  "id:509":\n    portal: {}\n',
    expected: ['r.yaml:3:5 NAME_WRONG'],
    says: "group's name",
  },
  {
    claim: 'a key of seven characters',
    resources: app('portal', 'key: finance'),
    expected: ['r.yaml:3:20 VALUE_WRONG'],
    says: '8 to 128',
  },
  {
    claim: 'a key with a dot',
    resources: app('portal', 'key: finance.portal'),
    expected: ['r.yaml:3:20 VALUE_WRONG'],
    says: '8 to 128',
  },
  {
    claim: 'a secret in the file',
    resources: app('portal', 'secret: hunter2-hunter2'),
    expected: ['r.yaml:3:23 SECRET_LITERAL'],
  },
  {
    claim: 'a key from a secret source, which a plan would show',
    resources: app('portal', 'key: "${env:MC_KEY}"'),
    expected: ['r.yaml:3:20 SECRET_PLACE'],
  },
  {
    claim: 'a rotation of no secret',
    resources: app('portal', 'secretsVersion: "2026-11"'),
    expected: ['r.yaml:3:31 KEY_MISSING'],
    says: 'secret: ${env:NAME}',
  },
  { claim: 'an app that nobody owns', resources: app('portal', 'owners: []'), expected: ['r.yaml:3:23 VALUE_WRONG'] },
  {
    claim: 'a group as an owner',
    resources: app('portal', 'owners: [userGroups/analysts]'),
    expected: ['r.yaml:3:24 PRINCIPAL_UNSUPPORTED'],
  },
  {
    claim: 'a member until a day that does not exist',
    resources: app('portal', 'members: [{ who: bob@example.com, until: 2027-02-30 }]'),
    expected: ['r.yaml:3:25 UNTIL_WRONG'],
  },
  {
    claim: 'a member until a time',
    resources: app('portal', 'members: [{ who: bob@example.com, until: 2027-03-31 00:00:00 }]'),
    expected: ['r.yaml:3:56 VALUE_WRONG'],
    says: '2027-03-31',
  },
  {
    claim: 'an app renamed from a name without its group',
    resources: app('portal', 'renamedFrom: old'),
    expected: ['r.yaml:3:28 VALUE_WRONG'],
    says: 'GROUP/NAME',
  },
  // members of projects
  {
    claim: 'a data-service project by its id',
    resources: 'dataServiceProjectMembers:\n  "id:22": { admin: [bob@example.com] }\n',
    expected: ['r.yaml:2:3 NAME_WRONG'],
    says: "project's name",
  },
  {
    claim: 'a role that cannot be given',
    resources: 'dataServiceProjectMembers:\n  finance_ds: { owner: [bob@example.com] }\n',
    expected: ['r.yaml:2:17 KEY_UNKNOWN'],
  },
  {
    claim: 'a person with two roles',
    resources: 'dataServiceProjectMembers:\n  finance_ds:\n    admin: [bob@example.com]\n    member: [bob@example.com]\n',
    expected: ['r.yaml:4:13 VALUE_WRONG'],
    says: 'admin and member',
  },
  {
    claim: 'an app in a project',
    resources: 'dataServiceProjectMembers:\n  finance_ds: { member: [dataServiceApps/finance/portal] }\n',
    expected: ['r.yaml:2:26 PRINCIPAL_UNSUPPORTED'],
  },
  {
    claim: 'members of a project renamed',
    resources: 'dataServiceProjectMembers:\n  finance_ds: { renamedFrom: old_ds }\n',
    expected: ['r.yaml:2:30 RENAME_UNSUPPORTED'],
  },
];
