/** What an apply tells while it runs and when it has ended; changes and steps are counted apart. */
import type { Diagnostic } from './diagnostic.ts';
import type { Address, Step, StepOutcome } from './model.ts';
import type { Left } from './outlook.ts';
import type { LevelCounts } from './quota.ts';

export type ApplyEvent =
  /** `seconds`, `day` and those after it: see Left (outlook.ts). */
  | {
      readonly type: 'start';
      readonly steps: number;
      readonly levels: LevelCounts;
      readonly seconds: number | null;
      readonly day: number;
      readonly days: number | null;
      readonly today: Left['today'];
      readonly goesOnAt: string | null;
    }
  | {
      readonly type: 'step';
      readonly step: Step;
      readonly outcome: StepOutcome;
      readonly code: string | null;
      readonly requestId: string | null;
    }
  /** Steps: done + failed + unknown + running + left are all of them. At most every 100 ms, and once at the end. */
  | {
      readonly type: 'progress';
      readonly done: number;
      readonly failed: number;
      readonly unknown: number;
      readonly running: number;
      readonly left: number;
      /** Nights included; null: it never ends. */
      readonly secondsLeft: number | null;
      readonly day: number;
      readonly days: number | null;
      readonly today: Left['today'];
      readonly goesOnAt: string | null;
      readonly byKind: Readonly<Record<string, { readonly done: number; readonly total: number }>>;
    }
  | { readonly type: 'pause'; readonly reason: string; readonly seconds: number }
  | { readonly type: 'end' };

export type StepResult = {
  readonly id: string;
  readonly outcome: StepOutcome;
  readonly code: string | null;
  readonly requestId: string | null;
};

/**
 * The counts are of changes that have something to do: calls, or an adoption or a forgetting that only the record sees.
 * `left` holds what was not reached or was skipped; with the other four it adds up to all of them.
 */
export type ApplyResult = {
  readonly exit: number;
  /** One word: `done`, `refused`, `unknown`, … (settle.ts). */
  readonly reason: string;
  readonly applied: number;
  readonly failed: number;
  readonly unknown: number;
  readonly waiting: number;
  readonly left: number;
  /** When the same command may go on, ISO 8601: the day of a quota is over then. Null: at once, or nothing is left. */
  readonly notBefore: string | null;
  /** Changes that were not tried, or not to their end, because of a step that failed. `because` is the step's id. */
  readonly skipped: readonly { readonly address: Address; readonly because: string }[];
  /** Every step that was tried, in the plan's order. */
  readonly steps: readonly StepResult[];
  readonly diagnostics: readonly Diagnostic[];
};
