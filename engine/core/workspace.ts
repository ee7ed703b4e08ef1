/** What `phinfra.yaml` says, for one chosen environment, with every default filled in (DESIGN 2, 7). */
import type { Level } from '../operations/index.ts';
import type { Diagnostic, Source } from './diagnostic.ts';
import type { LoadedResource } from './model.ts';
import type { JsonObject } from './ports.ts';

export type Edition = 'personal' | 'agile' | 'database' | 'bigdata' | 'basic' | 'intelligent';

/** What the service allows over a set of levels (BEHAVIOUR 2.1). `perDay` null: no limit a day. */
export type Quota = { readonly levels: readonly Level[]; readonly perSecond: number; readonly perDay: number | null };

export type ConnectionConfig = {
  readonly region: string | null;
  readonly endpoint: string | null;
  /** An emulator started for the command; paths relative to the workspace, null: the default data file, the default world. */
  readonly emulator: { readonly data: string | null; readonly world: string | null } | null;
  readonly caller: string | null;
  readonly signature: 'v3' | 'v1';
  readonly parameters: 'body' | 'query';
  readonly caFile: string | null;
};

export type EnvironmentConfig = {
  readonly name: string;
  /** Null only where the connection is an emulator: then the emulator's tenant. */
  readonly tenant: string | null;
  readonly connection: ConnectionConfig;
  /** Null: unknown, so the smallest quota and all kinds are tried. */
  readonly edition: Edition | null;
  readonly serverVersion: string | null;
  readonly drift: 'revert' | 'report';
  readonly overlays: readonly string[];
  /** An apply needs a reviewed plan. */
  readonly isProtected: boolean;
  /** Globs of what is live and may be adopted where it is protected. */
  readonly adopt: readonly string[];
  /** Globs of addresses whose grants take effect only once somebody approves them in Dataphin: no answer of the service tells. */
  readonly approvals: readonly string[];
  readonly state: StatePlace;
};

/** Where the record is kept. */
export type StatePlace =
  | { readonly backend: 'local' }
  | {
      readonly backend: 'http';
      readonly address: string;
      /** Method of a write. */
      readonly update: string;
      readonly lock: { readonly method: string; readonly address: string };
      readonly unlock: { readonly method: string; readonly address: string };
      /** Who reads and writes; `variable` of the environment holds the password, which is never kept here. */
      readonly user: { readonly name: string; readonly variable: string } | null;
    }
  | {
      readonly backend: 'oss';
      readonly bucket: string;
      /** Signed with each request: `cn-shanghai`. */
      readonly region: string;
      /** Of the service, without the bucket: `https://oss-cn-shanghai.aliyuncs.com`. */
      readonly endpoint: string;
      /** What the names of all objects of this record begin with; without a slash at its end. */
      readonly prefix: string;
    };

/** Resources that are no longer ours, and nothing is deleted: a glob of addresses, to whom, and why. */
export type Released = { readonly address: string; readonly to: string; readonly reason: string };

export type BudgetConfig = {
  readonly perRun: Readonly<Record<'level1' | 'level2' | 'level3', number | null>> & { readonly all: number | null };
  readonly reserve: Readonly<Record<'level1' | 'level2' | 'level3', number>>;
  readonly share: number;
  /** The share of what is left of a day that `drift` may use. */
  readonly review: number;
  readonly quotas: readonly Quota[] | null;
  readonly ledger: LedgerPlace;
};

/** Where the calls of the day are counted. */
export type LedgerPlace =
  | { readonly store: 'local' }
  /** On this machine, and what the applies of the record make of a day beside the record. */
  | { readonly store: 'state' }
  | {
      readonly store: 'redis';
      /** For people, and without a user. */
      readonly address: string;
      readonly host: string;
      readonly port: number;
      readonly database: number;
      /** TLS. */
      readonly isSecure: boolean;
      /** `variable` of the environment holds the password, or the address with it; name null: Redis knows passwords alone. */
      readonly user: { readonly name: string | null; readonly variable: string } | null;
    };

/** What a plan may not do unasked; null: anything. */
export type GuardsConfig = {
  /** Resources that are deleted or replaced, and their share of what is ours. */
  readonly deletes: { readonly count: number | null; readonly share: number | null };
  /** Who loses or gains anything. */
  readonly losses: { readonly people: number | null };
  readonly gains: { readonly people: number | null };
  /** Administrators that a group, a half of a project, an app or the tenant keeps. */
  readonly minAdmins: number | null;
  /** The caller keeps its own membership and administration. */
  readonly require: { readonly self: boolean };
  /** The environment is protected: an apply needs a reviewed plan. */
  readonly isProtected: boolean;
};

export type WorkspaceConfig = {
  /** The workspace folder's own name; shown in plans. */
  readonly name: string;
  readonly timezone: string;
  readonly environment: EnvironmentConfig;
  /** Names of all environments; `["default"]` without `environments`. */
  readonly environments: readonly string[];
  readonly budget: BudgetConfig;
  /** The only sources that a secret may name: globs of variables, globs of files. */
  readonly secrets: { readonly env: readonly string[]; readonly files: readonly string[] };
  /** Globs of addresses whose lists are complete from the start. */
  readonly exclusive: readonly string[];
  readonly guards: GuardsConfig;
  readonly released: readonly Released[];
};

/** The same workspace for a run that may use the reserve of the day for all that it does. */
export const usingReserve = (config: WorkspaceConfig): WorkspaceConfig => ({
  ...config,
  budget: { ...config.budget, reserve: { level1: 0, level2: 0, level3: 0 } },
});

/** A set of people as written; `people` holds principals as RESOURCES 3 allows them. */
export type LoadedSet = {
  readonly name: string;
  readonly raw: JsonObject;
  readonly source: Source;
  readonly sourceOf: (pointer: string) => Source;
};

export type LoadedWorkspace = {
  readonly config: WorkspaceConfig;
  readonly resources: readonly LoadedResource[];
  readonly sets: readonly LoadedSet[];
  readonly diagnostics: readonly Diagnostic[];
};
