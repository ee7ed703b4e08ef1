/** The engine as the CLI sees it: types of its door, and nothing that loads it. */
import type { Diagnostic, DiagnosticCode, Source } from '../engine/core/diagnostic.ts';
import type { Plan, State, Step, StepOutcome } from '../engine/core/model.ts';
import type { JsonObject } from '../engine/core/ports.ts';
import type { LoadedWorkspace, WorkspaceConfig } from '../engine/core/workspace.ts';

export type { Diagnostic, Source } from '../engine/core/diagnostic.ts';
export type {
  Bill,
  Calls,
  Change,
  Coverage,
  FieldChange,
  FieldReason,
  Guard,
  Plan,
  RecordedResource,
  State,
} from '../engine/core/model.ts';
export type { Json, JsonObject } from '../engine/core/ports.ts';
export type { WorkspaceConfig } from '../engine/core/workspace.ts';

export type Invocation = {
  readonly folder: string;
  readonly environment?: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly now?: string;
  readonly tenant?: string;
  readonly endpoint?: string;
  readonly caller?: string;
};

export type ConnectionOverride = {
  readonly endpoint: string;
  readonly tenant: string;
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly caller: string;
};

export type EnginePorts = { readonly connection?: ConnectionOverride; readonly signal?: AbortSignal };

export type ApplyEvent =
  | {
      readonly type: 'start';
      readonly steps: number;
      readonly levels: Readonly<Record<'1' | '2' | '3', number>>;
      readonly seconds: number;
    }
  | {
      readonly type: 'step';
      readonly step: Step;
      readonly outcome: StepOutcome;
      readonly code: string | null;
      readonly requestId: string | null;
    }
  | {
      readonly type: 'progress';
      readonly done: number;
      readonly failed: number;
      readonly unknown: number;
      readonly running: number;
      readonly left: number;
      readonly secondsLeft: number;
      readonly byKind: Readonly<Record<string, { readonly done: number; readonly total: number }>>;
    }
  | { readonly type: 'pause'; readonly reason: string; readonly seconds: number }
  | { readonly type: 'end' };

export type ApplyResult = {
  readonly exit: number;
  readonly reason: string;
  readonly applied: number;
  readonly failed: number;
  readonly unknown: number;
  readonly waiting: number;
  readonly left: number;
  readonly skipped: readonly { readonly address: string; readonly because: string }[];
  readonly steps: readonly {
    readonly id: string;
    readonly outcome: StepOutcome;
    readonly code: string | null;
    readonly requestId: string | null;
  }[];
  readonly diagnostics: readonly Diagnostic[];
};

export type ValidateResult = {
  readonly exit: number;
  readonly diagnostics: readonly Diagnostic[];
  readonly config: WorkspaceConfig | null;
  readonly counts: Readonly<Record<string, number>>;
  readonly lookUps: readonly { readonly kind: string; readonly name: string; readonly places: readonly Source[] }[];
};

export type PlanResult = {
  readonly exit: number;
  readonly diagnostics: readonly Diagnostic[];
  readonly plan: Plan | null;
  readonly config: WorkspaceConfig | null;
};

export type ConfigResult = {
  readonly exit: number;
  readonly diagnostics: readonly Diagnostic[];
  readonly rendered: JsonObject | null;
  readonly origins: Readonly<Record<string, Source>>;
};

export type StateResult = {
  readonly exit: number;
  readonly diagnostics: readonly Diagnostic[];
  readonly state: State | null;
  readonly file: string;
};

export type Engine = {
  readonly CODES: Readonly<Record<DiagnosticCode, number>>;
  readonly loadWorkspace: (invocation: Invocation) => Promise<LoadedWorkspace>;
  readonly validate: (invocation: Invocation) => Promise<ValidateResult>;
  readonly plan: (
    invocation: Invocation,
    options: { readonly destroy?: boolean; readonly pushSecrets?: readonly string[] },
    ports: EnginePorts,
  ) => Promise<PlanResult>;
  readonly apply: (
    invocation: Invocation,
    plan: Plan,
    ports: EnginePorts & { readonly onEvent?: (event: ApplyEvent) => void },
  ) => Promise<ApplyResult>;
  readonly config: (invocation: Invocation) => Promise<ConfigResult>;
  readonly readState: (invocation: Invocation) => Promise<StateResult>;
  readonly parsePlan: (text: string) => { readonly plan: Plan } | { readonly diagnostics: readonly Diagnostic[] };
  readonly detailedExit: (plan: Plan) => 0 | 2;
};
