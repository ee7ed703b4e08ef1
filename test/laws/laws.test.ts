/** The laws over the first seeds; `npm run laws` plays thousands and prints what they exercised. */
import { describe, expect, it } from 'vitest';
import { EDIT_NAMES } from './edits.ts';
import { newExercised, play } from './laws.ts';

const SHARDS = 4;
const SEEDS_A_SHARD = 60;
/** Seeds that once broke a law. */
const FOUND: Readonly<Record<number, string>> = {
  5014: 'the first write of the bill was another one than that of the apply',
  5309: 'an app got an owner while it held a right for longer than before or after',
};

describe('laws over random worlds', () => {
  const exercised = newExercised();
  for (let shard = 0; shard < SHARDS; shard++) {
    const from = shard * SEEDS_A_SHARD;
    it(`hold for seeds ${from} to ${from + SEEDS_A_SHARD - 1}`, async () => {
      const reports: string[] = [];
      for (let seed = from; seed < from + SEEDS_A_SHARD; seed++) {
        const { report } = await play(seed, exercised);
        if (report !== '') reports.push(report);
      }
      expect(reports.join('\n\n')).toBe('');
    }, 120_000);
  }

  it.each(Object.entries(FOUND))('hold for seed %s: %s', async (seed) => {
    expect((await play(Number(seed), exercised)).report).toBe('');
  });

  it('have exercised every sort of edit and every writing operation of the kinds', () => {
    expect(EDIT_NAMES.filter((name) => !exercised.edits[name])).toEqual([]);
    const writes = [
      'AddTenantMembers',
      'AddTenantMembersBySourceUser',
      'UpdateTenantMember',
      'RemoveTenantMember',
      'CreateUserGroup',
      'UpdateUserGroup',
      'UpdateUserGroupSwitch',
      'DeleteUserGroup',
      'AddUserGroupMember',
      'RemoveUserGroupMember',
      'CreateComputeSource',
      'UpdateComputeSource',
      'DeleteComputeSource',
      'CreateBasicProject',
      'CreateDevProdProject',
      'UpdateBasicProject',
      'UpdateDevProdProject',
      'DeleteProject',
      'ReplaceProjectWhiteLists',
      'AddProjectMember',
      'UpdateProjectMember',
      'RemoveProjectMember',
      'CreateDataSource',
      'UpdateDataSourceBasicInfo',
      'UpdateDataSourceConfig',
      'DeleteDataSource',
      'CreateRowPermission',
      'UpdateRowPermission',
      'DeleteRowPermission',
      'CreateDataServiceAppGroup',
      'DeleteDataServiceAppGroup',
      'CreateDataServiceApp',
      'UpdateDataServiceApp',
      'DeleteDataServiceApp',
      'ResetDataServiceAppSecret',
      'AddDataServiceAppMember',
      'UpdateDataServiceAppMember',
      'RemoveDataServiceAppMember',
      'AddDataServiceProjectMember',
      'GrantDataServiceApi',
      'RevokeDataServiceApi',
      'GrantResourcePermission',
      'RevokeResourcePermission',
    ];
    expect(writes.filter((name) => !exercised.operations[name])).toEqual([]);
  });
});
