/** The data service in a world, in the service's spelling (BEHAVIOUR 3.8 to 3.10). */
import { createHash } from 'node:crypto';
import type { Draft, IdSort } from '../world.ts';
import { entriesOf, flag, idText, list, number, oneOf, optional, record, text, type WorldOf } from '../world-reader.ts';
import { empty, newId } from './fields.ts';

export const readAppGroup = record({ Id: newId, Name: text });

export const readApp = record({
  AppId: newId,
  AppName: text,
  /** May be the id of no group: the app then is in one that nobody sees (BEHAVIOUR 3.9). */
  AppGroupId: idText,
  AppKey: empty,
  AppSecret: empty,
  Scenarios: empty,
  OwnerIds: optional(list(idText), []),
  Members: optional(list(record({ UserId: idText, EffectiveEnd: text })), []),
  IpWhitelist: empty,
  IpWhitelistStatus: optional(flag, false),
});

/** One half of one sort of right of one grantee: what a call grants may be up to four of these. */
const readGrant = record({
  GranteeType: oneOf(['APP', 'USER']),
  /** An app's id or a user's. */
  GranteeId: idText,
  AuthType: optional(oneOf(['USE', 'DELEGATION']), 'USE'),
  Env: optional(oneOf(['PROD', 'DEV']), 'PROD'),
  /** yyyy-MM-dd, inclusive. */
  ExpireDate: text,
  Fields: optional(list(idText), []),
  /** Waits for an approval: no read shows it. It is approved by setting this to false. */
  Pending: optional(flag, false),
});

const readApi = record({
  ApiId: newId,
  ApiName: text,
  /** A query has fields that are granted one by one; an operation (false) is granted by halves. */
  Query: optional(flag, true),
  Description: empty,
  GroupId: optional(idText, '1'),
  GroupName: optional(text, 'default'),
  OwnerId: optional(idText, ''),
  Version: optional(text, 'V1.0.0'),
  Fields: optional(list(record({ Id: idText, ParameterName: text, ParameterDescription: empty, ExampleValue: empty })), []),
  Grants: optional(list(readGrant), []),
  /** Row permissions that the API obeys: they cannot be deleted while it does (BEHAVIOUR 3.7). */
  RowPermissionIds: optional(list(idText), []),
});

export const readDataServiceProject = record({
  ProjectId: newId,
  ProjectName: text,
  /** BASIC: its APIs have the production half only. */
  Mode: optional(oneOf(['BASIC', 'DEV_PROD']), 'BASIC'),
  /** Roles by user id: 2 developer, 3 application member, 4 administrator, 5 O&M. */
  Members: optional(entriesOf(number), {}),
  Apis: optional(list(readApi), []),
});

export type AppGroup = WorldOf<typeof readAppGroup>;
export type App = WorldOf<typeof readApp>;
export type DataServiceProject = WorldOf<typeof readDataServiceProject>;
export type Api = DataServiceProject['Apis'][number];
export type ApiGrant = Api['Grants'][number];

type DataService = {
  readonly appGroups: readonly AppGroup[];
  readonly apps: readonly App[];
  readonly dataServiceProjects: readonly DataServiceProject[];
};

/** Every id and key that a new one must not be. */
export const idsOfDataService = (world: DataService): readonly string[] => [
  ...world.appGroups.map((row) => row.Id),
  ...world.apps.flatMap((row) => [row.AppId, row.AppKey]),
  ...world.dataServiceProjects.flatMap((row) => [row.ProjectId, ...row.Apis.map((api) => api.ApiId)]),
];

/** A secret that looks like one, the same for the same seed: worlds have no randomness. */
export const makeSecret = (seed: string): string =>
  `emulator-only-${createHash('sha256').update(`secret of an app ${seed}`).digest('hex').slice(0, 32)}`;

/** Grants as they count: of two of the same right the later one, which an approval may have made. */
const settleGrants = <G extends ApiGrant>(grants: readonly G[]): G[] => [
  ...new Map(grants.map((grant) => [`${rightOf(grant)} ${grant.Pending}`, grant])).values(),
];
/** What tells two grants of one API apart. */
export const rightOf = (grant: Pick<ApiGrant, 'GranteeType' | 'GranteeId' | 'AuthType' | 'Env'>): string =>
  `${grant.GranteeType} ${grant.GranteeId} ${grant.AuthType} ${grant.Env}`;

/**
 * Ids, keys and secrets for what has none; approved grants take the place of those before them.
 *
 * @param give an id: the given one, or a new one of that sort
 * @param owner of APIs that name none
 */
export const fillDataService = (
  world: Draft<DataService>,
  give: (sort: IdSort, given: string) => string,
  owner: string,
): void => {
  for (const row of world.appGroups) row.Id = give('appGroup', row.Id);
  for (const row of world.apps) {
    row.AppId = give('app', row.AppId);
    row.AppKey = give('appKey', row.AppKey);
    row.AppSecret ||= makeSecret(give('appSecret', ''));
  }
  for (const row of world.dataServiceProjects) {
    row.ProjectId = give('dataServiceProject', row.ProjectId);
    for (const api of row.Apis) {
      api.ApiId = give('dataServiceApi', api.ApiId);
      api.OwnerId ||= owner;
      api.Grants = settleGrants(api.Grants);
    }
  }
};

type Check = (collection: string, field: string, values: readonly string[]) => void;

/** @param check throws an Error when a value is there twice */
export const checkUniqueDataService = (world: DataService, check: Check): void => {
  const apis = world.dataServiceProjects.flatMap((row) => row.Apis);
  check(
    'appGroups',
    'Id',
    world.appGroups.map((row) => row.Id),
  );
  check(
    'apps',
    'AppId',
    world.apps.map((row) => row.AppId),
  );
  check(
    'apps',
    'AppKey',
    world.apps.map((row) => row.AppKey),
  );
  check(
    'dataServiceProjects',
    'ProjectId',
    world.dataServiceProjects.map((row) => row.ProjectId),
  );
  check(
    'dataServiceProjects[].Apis',
    'ApiId',
    apis.map((api) => api.ApiId),
  );
};

/** @throws Error that names the place: a person, app or field that is not there, a half that the project has not */
export const checkDataServiceReferences = (world: DataService, users: ReadonlySet<string>): void => {
  const needUser = (place: string, id: string): void => {
    if (!users.has(id)) throw new Error(`${place}: no user has the id ${id}`);
  };
  const apps = new Set(world.apps.map((app) => app.AppId));
  for (const [at, app] of world.apps.entries()) {
    for (const id of app.OwnerIds) needUser(`world.apps[${at}].OwnerIds`, id);
    for (const member of app.Members) needUser(`world.apps[${at}].Members`, member.UserId);
  }
  for (const [at, project] of world.dataServiceProjects.entries()) {
    const place = `world.dataServiceProjects[${at}]`;
    for (const id of Object.keys(project.Members)) needUser(`${place}.Members`, id);
    for (const [nth, api] of project.Apis.entries()) {
      const fields = new Set(api.Fields.map((field) => field.Id));
      for (const grant of api.Grants) {
        const where = `${place}.Apis[${nth}].Grants`;
        if (grant.GranteeType === 'USER') needUser(where, grant.GranteeId);
        else if (!apps.has(grant.GranteeId)) throw new Error(`${where}: no app has the id ${grant.GranteeId}`);
        for (const id of grant.Fields) if (!fields.has(id)) throw new Error(`${where}: the API has no field ${id}`);
        if (grant.Env === 'DEV' && project.Mode === 'BASIC') throw new Error(`${where}: a BASIC project has no half DEV`);
      }
    }
  }
};
