/** Who may do what in a project, and which half of it is meant (BEHAVIOUR 3.3, 3.4). */
import { badRequest, refuse } from '../refusal.ts';
import type { Half, Project } from '../world.ts';
import { type Context, isTenantAdmin } from './context.ts';

export type Env = 'PROD' | 'DEV';

const PROJECT_ADMIN = 1;

export const notFound = (): never => refuse('DPN.Filter.ProjectNotFound', 'the project does not exist');
export const findProject = (context: Context, id: string): Project => context.view.projects.get(id) ?? notFound();

const rolesIn = (project: Project, userId: string): readonly number[] =>
  [project.Halves.PROD, project.Halves.DEV].flatMap((half) => half?.Members[userId] ?? []);

/** Super and system administrators act on projects without being members. */
export const needRole = (context: Context, project: Project): void => {
  if (!isTenantAdmin(context.caller) && rolesIn(project, context.caller.UserId).length === 0)
    refuse('DPN.Filter.NoPermission', 'the caller has no role in the project');
};
export const needProjectAdmin = (context: Context, project: Project): void => {
  if (!isTenantAdmin(context.caller) && !rolesIn(project, context.caller.UserId).includes(PROJECT_ADMIN))
    refuse('DPN.Filter.NoPermission', 'the caller is no administrator of the project');
};

/**
 * The half that a call means. A basic project has one, whatever is asked for; a pair's is the production half unless
 * told, which for members is not what the caller can rely on (measured: leaving it out may reach either).
 */
export const readEnv = (project: Project, env: string | undefined): Env => {
  if (env !== undefined && env !== 'PROD' && env !== 'DEV')
    badRequest(`java.lang.IllegalArgumentException: No enum constant com.example.dataphin.EnvEnum.${env}`);
  return project.Mode === 'DEV_PROD' && env === 'DEV' ? 'DEV' : 'PROD';
};

export const halfOf = (project: Project, env: Env): Half => (env === 'DEV' && project.Halves.DEV) || project.Halves.PROD;

/** The project with one of its halves changed. */
export const withHalf = (project: Project, env: Env, half: Half): Project => ({
  ...project,
  Halves: env === 'DEV' ? { PROD: project.Halves.PROD, DEV: half } : { PROD: half, DEV: project.Halves.DEV },
});
