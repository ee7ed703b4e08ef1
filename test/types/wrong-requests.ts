/**
 * Requests and answers that must not compile. `wrong-requests.test.ts` compiles a copy without the markers and expects an
 * error at each of these lines, so that no marker outlives its reason. Left out of tsconfig.json.
 */
import type { AnswerOf, Id, OperationName, ReadName, RequestOf, WriteName } from '../../engine/operations/index.ts';

const request = <N extends OperationName>(name: N, value: RequestOf<N>): readonly [N, RequestOf<N>] => [name, value];
const read = <N extends ReadName>(name: N): N => name;
const write = <N extends WriteName>(name: N): N => name;
declare const answer: <N extends OperationName>(name: N) => AnswerOf<N>;

// What is right compiles.
export const right = [
  request('UpdateUserGroupSwitch', { UserGroupId: '7', Active: true }),
  request('AddProjectMember', { Id: '7155117168639360', AddCommand: { Env: 'DEV', UserList: [{ UserId: '1', RoleList: [1] }] } }),
  request('ListUserGroups', { ListQuery: { PageNo: 1, PageSize: 50 } }),
  read('ListUserGroups'),
  write('CreateUserGroup'),
];
export const rightId: Id | null | undefined = answer('CreateDataSource').CreateResult?.ProdDataSourceId;

// @ts-expect-error a misspelled parameter
export const w1 = request('UpdateUserGroupSwitch', { UserGroupID: '7', Active: true });
// @ts-expect-error a misspelled field inside a command
export const w2 = request('CreateUserGroup', { CreateCommand: { Nmae: 'x' } });
// @ts-expect-error an id as a number in the query
export const w3 = request('GetProject', { Id: 7155117168639360, Env: 'DEV' });
// @ts-expect-error an id as a number inside a command
export const w4 = request('AddDataServiceAppMember', { AddCommand: { AppId: 1, MemberList: [] } });
// @ts-expect-error ids as numbers in a list
export const w5 = request('SubmitQualityWatchTasks', { SubmitCommand: { WatchIdList: [1] } });
// @ts-expect-error a required parameter is missing
export const w6 = request('ListUserGroups', {});
// @ts-expect-error a required field of a command is missing
export const w7 = request('ListUserGroups', { ListQuery: { PageNo: 1 } });
// @ts-expect-error the tenant is the client's
export const w8 = request('GetProject', { Id: '1', Env: 'DEV', OpTenantId: '300001413' });
// @ts-expect-error a parameter of another operation
export const w9 = request('DeleteUserGroup', { UserGroupId: '7', DeleteCommand: {} });
// @ts-expect-error text where a flag is due
export const w10 = request('UpdateUserGroupSwitch', { UserGroupId: '7', Active: 'true' });
// @ts-expect-error one object where a list is due
export const w11 = request('AddTenantMembers', { AddCommand: { UserList: { Id: '1' } } });
// @ts-expect-error a write where a read is due
export const w12 = read('CreateUserGroup');
// @ts-expect-error a read where a write is due
export const w13 = write('ListUserGroups');
// @ts-expect-error an operation that the service does not have
export const w14 = request('ListUserGroup', {});
// @ts-expect-error an answer's field that does not exist
export const w15 = answer('CreateUserGroup').GroupId;
// @ts-expect-error an answer's id as a number
export const w16: number | null | undefined = answer('CreateDataSource').CreateResult?.ProdDataSourceId;
// @ts-expect-error an answer's field without a check for its absence
export const w17: string = answer('CreateUserGroup').UserGroupId;
// @ts-expect-error the envelope, which is the client's
export const w18 = answer('CreateUserGroup').Success;
