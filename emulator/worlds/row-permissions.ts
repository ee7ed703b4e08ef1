/** Row-level permissions in a world, in the service's spelling (BEHAVIOUR 3.7). */
import { flag, idText, list, oneOf, optional, type Reader, record, text, type WorldOf } from '../world-reader.ts';
import { empty, newId, times } from './fields.ts';

/** A node of a rule's condition; a `RELATION` has no column and no values, an `EXPRESSION` no sub-conditions. */
export type Expression = {
  readonly Type: 'RELATION' | 'EXPRESSION';
  readonly Operator: string;
  readonly MappingColumnName: string;
  readonly SubConditions: readonly Expression[];
  readonly Values: readonly string[];
};

const readExpression: Reader<Expression> = (value, place) =>
  record({
    Type: oneOf(['RELATION', 'EXPRESSION']),
    Operator: text,
    MappingColumnName: empty,
    SubConditions: optional(list(readExpression), []),
    Values: optional(list(text), []),
  })(value, place);

const readRule = record({
  Id: newId,
  RuleName: text,
  ScopeType: optional(oneOf(['ALL_COLUMN', 'SELECT_COLUMN']), 'SELECT_COLUMN'),
  /** 1 enabled, 0 disabled (assumed). */
  Status: optional(oneOf([0, 1]), 1),
  IsDelete: optional(flag, false),
  Expressions: optional(list(readExpression), []),
  UserMappingList: optional(
    list(
      record({
        AccountType: oneOf(['PERSONAL', 'PRODUCE', 'USER_GROUP']),
        Accounts: optional(list(record({ AccountId: idText })), []),
      }),
    ),
    [],
  ),
});

export const readRowPermission = record({
  RowPermissionId: newId,
  RowPermissionName: text,
  RowPermissionDesc: empty,
  MappingColumns: optional(list(record({ ColumnName: text, ColumnType: optional(text, 'STRING'), ColumnDesc: empty })), []),
  Rules: optional(list(readRule), []),
  Tables: optional(list(record({ ResourceId: text, ColumnName: text, MappingColumnName: text })), []),
  CreatorId: optional(idText, ''),
  ModifierId: optional(idText, ''),
  ...times,
});

export type RowPermission = WorldOf<typeof readRowPermission>;
export type Rule = RowPermission['Rules'][number];
