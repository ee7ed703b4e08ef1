/** The engine as the CLI sees it: types of its door, and nothing that loads it. */
export type * from '../engine/index.ts';

/** The door's functions; `Host.loadEngine` gives them when a command first needs them. */
export type Engine = Pick<
  typeof import('../engine/index.ts'),
  | 'CODES'
  | 'adopt'
  | 'apply'
  | 'begunPlan'
  | 'budget'
  | 'config'
  | 'detailedExit'
  | 'drift'
  | 'explain'
  | 'forget'
  | 'history'
  | 'inverse'
  | 'move'
  | 'objectionsTo'
  | 'parsePlan'
  | 'parseSnapshot'
  | 'plan'
  | 'pull'
  | 'push'
  | 'readConfig'
  | 'readState'
  | 'rebuild'
  | 'simulateBudget'
  | 'takeSnapshot'
  | 'unlock'
  | 'validate'
>;
