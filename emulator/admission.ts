/** Who is let in before a handler runs: actions that this server has, callers of this tenant, operations of this edition. */
import { type OperationFacts, type OperationName, operationFacts } from '../engine/operations/index.ts';
import { type Handler, handlerOf } from './handlers/index.ts';
import type { JsonObject } from './json.ts';
import { badRequest, missingArgument, refuse, refuseAtGateway } from './refusal.ts';
import type { Switches } from './switches.ts';
import type { Edition } from './world.ts';

const RANKS: { readonly [E in Edition]: number } = { personal: 0, agile: 1, database: 1, bigdata: 1, basic: 2, intelligent: 3 };
const NEEDED_RANKS: { readonly [edition: string]: number } = { Agile: 1, Basic: 2, Intelligent: 3 };

/** An action that this server has: known, and not newer than its version (BEHAVIOUR 1.9). */
export const lookUp = (
  action: string,
  serverVersion: string | null,
): { readonly facts: OperationFacts; readonly handler: Handler } => {
  const handler =
    action === 'GetServerVersion' && serverVersion !== null ? serverVersionHandler(serverVersion) : handlerOf(action);
  if (!handler) return unknownAction(action);
  if (action === 'GetServerVersion') return { facts: SERVER_VERSION_FACTS, handler };
  const facts = operationFacts(action as OperationName);
  if (serverVersion !== null && facts.minServerVersion !== null && isOlder(serverVersion, facts.minServerVersion))
    return unknownAction(action);
  return { facts, handler };
};
const unknownAction = (action: string): never =>
  refuseAtGateway('InvalidAction.NotFound', `Specified api is not found: ${action.slice(0, 100)}. Unknown API.`, 404);
const isOlder = (version: string, needed: string): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [neededMajor = 0, neededMinor = 0] = needed.split('.').map(Number);
  return major < neededMajor || (major === neededMajor && minor < neededMinor);
};

/** Not in the official client and in no quota table; counted as a read of level 1 (assumed). */
const SERVER_VERSION_FACTS: OperationFacts = {
  level: 1,
  kind: 'read',
  edition: null,
  minServerVersion: null,
  query: ['OpTenantId'],
  body: [],
  result: 'Data',
  ids: [],
  page: null,
};
const serverVersionHandler =
  (version: string): Handler =>
  () => ({ Data: `v${version}${version.split('.').length === 2 ? '.0.964601' : ''}` });

export const noMember = (): never => refuse('DPN.Filter.NoPermission', 'the caller is not a member of the tenant');

/** A caller has no rights in another tenant; a project's id is not known there (BEHAVIOUR 1.5). */
export const checkTenant = (action: OperationName, parameters: JsonObject, tenant: string): void => {
  const given = parameters.OpTenantId;
  if (given === undefined || given === null || String(given) === tenant) return;
  if (given === '') missingArgument('OpTenantId');
  if (!/^\d+$/.test(String(given))) badRequest(`java.lang.NumberFormatException: For input string: "${given}"`);
  if (action.includes('Project') && ('Id' in parameters || 'ProjectId' in parameters))
    refuse('DPN.Filter.ProjectNotFound', 'the project does not exist');
  noMember();
};

/** The code of an action above the edition is not public; this one is ours (assumed), HTTP 400. */
export const checkEdition = (action: OperationName, facts: OperationFacts, edition: Edition, switches: Switches): void => {
  if (edition === 'personal' && switches.personal === 'none' && action !== 'GetProjectByName')
    refuse('DPN.Commons.EditionNotSupport', 'the personal edition has no OpenAPI');
  const needed = facts.edition === null ? 0 : (NEEDED_RANKS[facts.edition] ?? 0);
  if (Math.max(RANKS[edition], 1) < needed)
    refuse('DPN.Commons.EditionNotSupport', `${action} needs the ${facts.edition} edition`);
};
