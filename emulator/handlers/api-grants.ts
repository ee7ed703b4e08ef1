/** Grants of published APIs to apps and users (BEHAVIOUR 3.10). */
import { badRequest, refuse } from '../refusal.ts';
import { type Api, type ApiGrant, type DataServiceProject, rightOf } from '../worlds/data-service.ts';
import type { Context, Handlers } from './context.ts';
import { findApi, findApp, findProject, needDay, needProjectAdmin, needTenantMember, paramError } from './data-service-access.ts';

type Grantee = Pick<ApiGrant, 'GranteeType' | 'GranteeId'>;
type Command = {
  readonly AppId?: string | undefined;
  readonly UserId?: string | undefined;
  readonly GranteeType?: string | undefined;
};

const readOne = <const T extends string>(enumName: string, values: readonly T[], given: string): T =>
  values.find((value) => value === given) ??
  badRequest(`java.lang.IllegalArgumentException: No enum constant com.example.dataphin.${enumName}.${given}`);

/** An app unless told otherwise (assumed: the parameter is optional). */
const readGrantee = (context: Context, command: Command): Grantee => {
  const type = readOne('GranteeTypeEnum', ['APP', 'USER'], command.GranteeType ?? 'APP');
  if (type === 'USER') {
    const id = command.UserId ?? paramError('UserId is needed for the grantee type USER');
    needTenantMember(context, id);
    return { GranteeType: type, GranteeId: id };
  }
  return {
    GranteeType: type,
    GranteeId: findApp(context, command.AppId ?? paramError('AppId is needed for the grantee type APP')).AppId,
  };
};

/** `USE` unless told; `DELEGATION` is for apps, and only together with `USE`. */
const readAuthTypes = (grantee: Grantee, given: readonly string[] | undefined): readonly ApiGrant['AuthType'][] => {
  const types = new Set((given?.length ? given : ['USE']).map((type) => readOne('AuthTypeEnum', ['USE', 'DELEGATION'], type)));
  if (types.has('DELEGATION') && grantee.GranteeType === 'USER') paramError('DELEGATION can be granted to apps only');
  if (!types.has('USE')) paramError('DELEGATION can be granted together with USE only');
  return [...types];
};

type Halves = { readonly PROD?: readonly string[]; readonly DEV?: readonly string[] };
type FieldList = readonly { readonly Id?: string | undefined }[] | undefined;
type Wanted = {
  readonly ProdFieldList?: FieldList;
  readonly DevFieldList?: FieldList;
  readonly ApplyProd?: boolean | undefined;
  readonly ApplyDev?: boolean | undefined;
};

const readFields = (api: Api, list: FieldList): readonly string[] => {
  const known = new Set(api.Fields.map((field) => field.Id));
  const ids = (list ?? []).map((field) => field.Id ?? paramError('a field needs its Id'));
  for (const id of ids) if (!known.has(id)) paramError(`the API has no field ${id}`);
  return [...new Set(ids)];
};

/**
 * The halves that a call grants, with the fields of each.
 *
 * | API       | to an app                                                    | to a user (assumed) |
 * |-----------|--------------------------------------------------------------|---------------------|
 * | query     | by field lists; basic mode needs PROD's, dev-prod mode DEV's | whole halves unless fields are listed |
 * | operation | by `ApplyProd`, `ApplyDev`                                   | both unless told    |
 *
 * In basic mode there is no half DEV, and what is said of it has no effect (assumed).
 */
const readHalves = (project: DataServiceProject, api: Api, grantee: Grantee, command: Wanted): Halves => {
  const isPair = project.Mode === 'DEV_PROD';
  const every = api.Query ? api.Fields.map((field) => field.Id) : [];
  const whole: Halves = { PROD: every, ...(isPair ? { DEV: every } : {}) };
  const prod = readFields(api, api.Query ? command.ProdFieldList : []);
  const dev = readFields(api, api.Query && isPair ? command.DevFieldList : []);
  const halves: Halves = api.Query
    ? { ...(prod.length > 0 ? { PROD: prod } : {}), ...(dev.length > 0 ? { DEV: dev } : {}) }
    : { ...(command.ApplyProd ? { PROD: [] } : {}), ...(command.ApplyDev && isPair ? { DEV: [] } : {}) };
  if (grantee.GranteeType === 'USER') return Object.keys(halves).length === 0 ? whole : halves;
  if (!api.Query && Object.keys(halves).length === 0) paramError('ApplyDev or ApplyProd is needed for an operation API');
  const needed = isPair ? 'DEV' : 'PROD';
  if (api.Query && !halves[needed])
    paramError(`${needed === 'DEV' ? 'DevFieldList' : 'ProdFieldList'} is needed for a query API of this project`);
  return halves;
};

const needReason = (reason: string): void => {
  if (reason === '') paramError('Reason must not be empty');
};

const putGrants = (context: Context, project: DataServiceProject, api: Api, grants: readonly ApiGrant[]): void =>
  context.put('dataServiceProjects', {
    ...project,
    Apis: project.Apis.map((other) => (other === api ? { ...api, Grants: grants } : other)),
  });

export const apiGrants = {
  GrantDataServiceApi: (context, request) => {
    const project = findProject(context, request.ProjectId);
    needProjectAdmin(context, project);
    const command = request.GrantCommand;
    const api = findApi(project, command.ApiId);
    const grantee = readGrantee(context, command);
    const types = readAuthTypes(grantee, command.AuthTypes);
    const halves = readHalves(project, api, grantee, command);
    needDay('ExpireDate', command.ExpireDate);
    needReason(command.Reason);
    // A request that waits leaves what holds until then (BEHAVIOUR 4, Q40).
    const isPending = context.switches.approvals === 'on';
    const granted = types.flatMap((type) =>
      (['PROD', 'DEV'] as const).flatMap((env): readonly ApiGrant[] => {
        const fields = halves[env];
        if (!fields) return [];
        return [{ ...grantee, AuthType: type, Env: env, ExpireDate: command.ExpireDate, Fields: fields, Pending: isPending }];
      }),
    );
    // Granting again replaces fields and day of the halves that are named (assumed).
    const replaced = new Set(granted.map(rightOf));
    const kept = api.Grants.filter((grant) => !replaced.has(rightOf(grant)) || (isPending && !grant.Pending));
    putGrants(context, project, api, [...kept, ...granted]);
    return {};
  },

  RevokeDataServiceApi: (context, request) => {
    const project = findProject(context, request.ProjectId);
    needProjectAdmin(context, project);
    const command = request.RevokeCommand;
    const api = findApi(project, command.ApiId);
    const grantee = readGrantee(context, command);
    const type = command.AuthType === undefined ? null : readOne('AuthTypeEnum', ['USE', 'DELEGATION'], command.AuthType);
    const env = command.Env === undefined ? null : readOne('EnvEnum', ['DEV', 'PROD'], command.Env);
    needReason(command.Reason);
    const isRevoked = (grant: ApiGrant): boolean =>
      grant.GranteeType === grantee.GranteeType &&
      grant.GranteeId === grantee.GranteeId &&
      // Nothing is delegated that may not be used (assumed): without USE the other goes too.
      (type !== 'DELEGATION' || grant.AuthType === 'DELEGATION') &&
      (env === null || grant.Env === env);
    const isMeant = (grant: ApiGrant): boolean => isRevoked(grant) && (type === null || grant.AuthType === type);
    if (!api.Grants.some(isMeant)) refuse('DPN.ApiGrant.NotFound', 'nothing of this is granted');
    putGrants(
      context,
      project,
      api,
      api.Grants.filter((grant) => !isRevoked(grant)),
    );
    return {};
  },
} as const satisfies Handlers;
