/** Grants of permissions on tables, fields and data sources in a world, and the log of what was granted (BEHAVIOUR 3.11). */
import {
  entriesOf,
  idText,
  list,
  nullable,
  number,
  oneOf,
  optional,
  type Reader,
  record,
  text,
  type WorldOf,
} from '../world-reader.ts';
import { empty, LONG_AGO, newId, times } from './fields.ts';

export const ACCOUNT_TYPES = ['PERSONAL', 'PRODUCE', 'USER_GROUP'] as const;
export type AccountType = (typeof ACCOUNT_TYPES)[number];

const EAST_8_MS = 8 * 3_600_000;

/**
 * The end of a grant as milliseconds since the epoch; NaN for what is no moment in the form `yyyy-MM-dd HH:mm:ss`.
 *
 * @param end a time in +08:00
 */
export const endMs = (end: string): number => {
  const ms = Date.parse(`${end.replace(' ', 'T')}+08:00`);
  // Date.parse takes 30 February and other forms too; what comes back must be what was said.
  return Number.isNaN(ms) || endText(ms) !== end ? Number.NaN : ms;
};
/** Such a text; what is less than a second is cut off. */
export const endText = (ms: number): string => new Date(ms + EAST_8_MS).toISOString().slice(0, 19).replace('T', ' ');

const end: Reader<string> = (value, place) => {
  if (typeof value !== 'string' || Number.isNaN(endMs(value)))
    throw new Error(`${place}: expected a time in the form yyyy-MM-dd HH:mm:ss`);
  return value;
};
const ends = optional(entriesOf(end), {});

/**
 * One record of the service: all operations that one account has on one resource.
 *
 * ResourceId: a table's GUID, a field's id, the id of a data source's production half; with the scope `projectAllTable` a
 *   project's id, with `bizUnitAllLogicTable` a biz unit's, which only the console grants
 * AccountId, AccountType: a user, the production account of a project, or a user group
 * Operations: what works, with the end of each in +08:00: `{ SELECT: '3025-12-31 23:59:59' }`
 * Pending: what waits for an approval, in the same form; no read shows it (assumed)
 */
export const readResourceGrant = record({
  RecordId: newId,
  ResourceType: text,
  ResourceId: text,
  AccountId: idText,
  AccountType: oneOf(ACCOUNT_TYPES),
  AuthScope: optional(oneOf(['selectTable', 'projectAllTable', 'bizUnitAllLogicTable']), 'selectTable'),
  Operations: ends,
  Pending: ends,
  ...times,
});

/** One line of the log: an operator, what was done, and to whom. */
export const readGrantLogEntry = record({
  OperateId: newId,
  OperateTime: optional(number, LONG_AGO),
  /** `APPLY` is the one that the service's documentation names; the others are assumed. */
  OperateType: oneOf(['APPLY', 'GRANT', 'REVOKE']),
  OperatorId: idText,
  ResourceType: text,
  ResourceId: text,
  AccountId: idText,
  AccountType: oneOf(ACCOUNT_TYPES),
  Operations: optional(list(text), []),
  EffectiveEnd: optional(nullable(end), null),
  Reason: empty,
});

export type ResourceGrant = WorldOf<typeof readResourceGrant>;
export type GrantLogEntry = WorldOf<typeof readGrantLogEntry>;

type Approvable = { Operations: { [operation: string]: string }; Pending: { [operation: string]: string } };

/**
 * Approves what is asked for, as somebody does in the console: `service.change(approveGrants)`.
 *
 * @param world a draft; all its grants that wait are approved
 */
export const approveGrants = (world: { readonly resourceGrants: readonly Approvable[] }): void => {
  for (const grant of world.resourceGrants) {
    grant.Operations = { ...grant.Operations, ...grant.Pending };
    grant.Pending = {};
  }
};
