/**
 * The closed list of codes that say "it did not happen", each with its source. Every code that is not here leaves the
 * outcome of a call unknown, whatever the HTTP status (RELIABILITY 6.1). Codes that nobody has published are not here.
 */

/**
 * always           refused before anything was done
 * unless-creating  "already there": after a create it may be this very object, made by a call whose answer was lost
 * unless-deleting  "not there": after a delete it may be gone already, which is what was asked for
 */
type Refusal = 'always' | 'unless-creating' | 'unless-deleting';

const REFUSALS: Readonly<Record<string, Refusal>> = {
  // BEHAVIOUR 2.2, the gateway: refused before the request reached the service.
  // Not here: SignatureNonceUsed. Our nonces are used once, so a used one means that a copy of this request came first.
  'InvalidTimeStamp.Expired': 'always', // BEHAVIOUR 2.2: clock more than 15 min off
  'InvalidTimeStamp.Format': 'always', // BEHAVIOUR 2.2
  SignatureDoesNotMatch: 'always', // BEHAVIOUR 2.2
  IncompleteSignature: 'always', // BEHAVIOUR 2.2
  InvalidAccessKeyId: 'always', // BEHAVIOUR 2.2
  'InvalidAccessKeyId.NotFound': 'always', // BEHAVIOUR 2.2
  'InvalidAccessKeyId.Inactive': 'always', // BEHAVIOUR 2.2
  'Forbidden.RAM': 'always', // BEHAVIOUR 2.2, 1.4
  NoPermission: 'always', // BEHAVIOUR 2.2
  Forbidden: 'always', // BEHAVIOUR 2.2
  InvalidParameter: 'always', // BEHAVIOUR 2.2
  'InvalidAction.NotFound': 'always', // BEHAVIOUR 2.2
  InvalidVersion: 'always', // BEHAVIOUR 2.2
  'InvalidApi.NotFound': 'always', // BEHAVIOUR 2.2
  'InvalidProduct.NotFound': 'always', // BEHAVIOUR 2.2
  'InvalidProtocol.NeedSsl': 'always', // BEHAVIOUR 2.2, 1.1
  'Unknown API': 'always', // BEHAVIOUR 2.2, 1.9: a private gateway that lacks the action

  // BEHAVIOUR 2.3, Dataphin: arguments
  'Dataphin.OpenAPI.BadRequest': 'always', // missing or malformed argument; also 1.2
  'DPN.Commons.InvalidParam': 'always', // bad value
  'DPN.Bus.ParamsValidateError': 'always', // bean validation
  'DPN.Oltp.MgmtSys.ParamError': 'always', // data service parameter
  'DPN.Project.ParameterError': 'always', // 2021
  'DPN.DataSecurity.LevelIndexOutOfRange': 'always',
  'DPN.DataStandard.Standard.RequiredAttributeValueIsBlank': 'always',
  'DPN.DataStandard.Standard.RequiredAttributeNotFoundConstraintType': 'always',
  'DPN.DataProcess.DataSourceNotProd': 'always',
  'DPN.DataProcess.NodeWithoutUpstream': 'always',
  'DPN.DataProcess.NodeWithoutDownstream': 'always',
  'DPN.DataProcess.NodeUpstreamNotExist': 'always',
  DATASOURCE_CONNECT_URL_NOT_SAFE_V2: 'always',
  'DPN.DataSource.UrlSsrfCheckFailed': 'always', // 2021
  'DPN.Project.ProjectComputeEngineValidateFailed': 'always', // 2021
  'DPN.ComputeEngine.MaxComputeAkNotMatchCurrentTenant': 'always', // 2021
  'DPN.ComputeEngine.MaxComputeAkQueryMainAccountError': 'always', // 2021
  'DPN.TaskScheduler.NodeToDeleteContainsDownstreams': 'always', // 2021
  'DPN.TaskScheduler.NodeOutputNameOccupied': 'always', // 2021
  'DPN.TaskScheduler.NodeOutputNameEmpty': 'always', // 2021
  'DPN.TaskScheduler.NodeDependencyCycleDetected': 'always', // 2021
  'DPN.TaskScheduler.Tenant.InvalidTenantId': 'always', // 2021

  // BEHAVIOUR 2.3: rights
  'DPN.Filter.NoPermission': 'always', // the caller lacks the project role; measured
  'DPN.OP.NoPermission': 'always', // neither super nor system admin
  'DPN.Project.NoPermission': 'always', // 2021
  'DPN.Oltp.MgmtSys.NoAuthorized': 'always', // data service: neither member nor owner
  'DPN.Security.NotSupport': 'always', // not grantable over OpenAPI
  DATA_SOURCE_AUTH_NO_PERMISSION: 'always', // at submit and publish
  'DPN.Pipeline.Validate.DsRead': 'always', // at submit and publish
  'DPN.Pipeline.Validate.DsWrite': 'always', // at submit and publish

  // BEHAVIOUR 2.3: something that must be there is not
  'DPN.Filter.ProjectNotFound': 'unless-deleting',
  'DPN.OP.NodeNotExist': 'unless-deleting',
  'DPN.OP.NodeNotFound': 'unless-deleting',
  'DPN.OP.FlowNotExist': 'unless-deleting',
  'DPN.OP.ProjectNotExist': 'unless-deleting',
  'DPN.Resource.DirectoryNotFound': 'unless-deleting',
  'DPN.UniversalQuality.watchTableNotExists': 'unless-deleting',
  'DPN.Os.TableNotFound': 'unless-deleting',
  NodeNotFoundByIdAndTenantId: 'unless-deleting',

  // BEHAVIOUR 2.3: something of that name or place is there already
  'DPN.Resource.DuplicateFileName': 'unless-creating', // also the answer to a create that is repeated blindly
  'DPN.UniversalQuality.RuleDuplicateName': 'unless-creating',
  'DPN.Project.DisplayNameDuplicated': 'unless-creating', // 2021
  'DPN.ComputeEngine.ConfigRepeat': 'unless-creating', // 2021
};

/** BEHAVIOUR 2.2: `Missing<Param>`, `MissingParameter` and `InvalidSecurityToken.…`. */
const REFUSAL_FAMILIES = [/^Missing[A-Z][A-Za-z]*$/, /^InvalidSecurityToken(\.|$)/] as const;

const CREATES = /^(BatchCreate|Create|Add|Register|Upsert)/;
const DELETES = /^(Delete|Remove|Revoke)/;

/** Whether a code is known to mean that this call did nothing. */
export const isRefusal = (code: string, operation: string): boolean => {
  if (REFUSAL_FAMILIES.some((family) => family.test(code))) return true;
  const refusal = Object.hasOwn(REFUSALS, code) ? REFUSALS[code] : undefined;
  switch (refusal) {
    case undefined:
      return false;
    case 'always':
      return true;
    case 'unless-creating':
      return !CREATES.test(operation);
    case 'unless-deleting':
      return !DELETES.test(operation);
    default:
      return refusal satisfies never;
  }
};

/** Codes that no call with these keys can get past: they end a run (DESIGN 4, exit 4). */
const STOPPING = [
  /^InvalidAccessKeyId(\.|$)/,
  /^InvalidSecurityToken(\.|$)/,
  /^InvalidTimeStamp\./,
  /^(SignatureDoesNotMatch|IncompleteSignature|Forbidden\.RAM)$/,
] as const;

/** Codes that refuse one call for want of a right; other calls may pass. */
const DENYING: ReadonlySet<string> = new Set([
  'NoPermission',
  'Forbidden',
  'DPN.Filter.NoPermission',
  'DPN.OP.NoPermission',
  'DPN.Project.NoPermission',
  'DPN.Oltp.MgmtSys.NoAuthorized',
]);

/** Whether a refusal is about the keys, their signature, the clock they are bound to, or RAM: nothing else will pass either. */
export const isStoppingCode = (code: string): boolean => STOPPING.some((pattern) => pattern.test(code));

/** Whether a refusal is about credentials or permission (exit 4). */
export const isAuthCode = (code: string): boolean => isStoppingCode(code) || DENYING.has(code);

/** Throttled by its code; the spent day looks the same (BEHAVIOUR 2.2, 1.6). */
export const isThrottlingCode = (code: string): boolean => code.includes('Throttling');
