/** What pages of `explain` hold: data for people's eyes, and for `--format json`. */
import type { Level, OperationName } from '../operations/index.ts';
import type { DiagnosticCode } from './diagnostic.ts';
import type { FieldRule, KnownKeys } from './kind.ts';

export type CallLine = { readonly operation: OperationName; readonly level: Level };
export type Required =
  /** Refused without it, wherever its map stands. */
  | 'always'
  /** Nothing is created without it; what is live does not need it. */
  | 'to create'
  | 'no';
export type FieldLine = { readonly topic: string; readonly name: string; readonly means: string; readonly required: Required };
/** How a difference of a field, or of what stands below it, is met. */
export type ChangeLine = {
  /** The rule's path: `/members/prod/*`. */
  readonly path: string;
  readonly rule: FieldRule['rule'];
  readonly why: string | null;
  /** What holds for some of its elements, in words. */
  readonly notes: readonly string[];
  /** What to do by hand, where a change would need a replacement and the kind is never replaced. */
  readonly refused: string | null;
  /** A person has to allow it first. */
  readonly isGuarded: boolean;
  readonly calls: readonly CallLine[];
};

export type OverviewPage = {
  readonly page: 'overview';
  readonly kinds: readonly { readonly topic: string; readonly means: string; readonly edition: string }[];
  readonly topics: readonly { readonly topic: string; readonly means: string; readonly of: TopicPage['of'] }[];
};
export type KindPage = {
  readonly page: 'kind';
  readonly topic: string;
  readonly noun: string;
  readonly means: string;
  readonly key: readonly string[];
  readonly edition: string;
  /** Lowest server version of private deployments for writes. */
  readonly serverVersion: string | null;
  readonly example: string;
  readonly fields: readonly (FieldLine & { readonly rules: readonly FieldRule['rule'][] })[];
  /** What a resource is protected from until `lifecycle: { allow: […] }`. */
  readonly protectedFrom: readonly string[];
  /** What to do by hand in place of a replacement. */
  readonly replaceRefused: string | null;
  readonly calls: {
    readonly create: readonly CallLine[];
    readonly rename: readonly CallLine[] | null;
    readonly delete: readonly CallLine[];
  };
};
export type FieldPage = {
  readonly page: 'field';
  readonly topic: string;
  readonly kind: string;
  readonly path: string;
  readonly means: string;
  readonly form: string;
  readonly allowed: readonly string[] | null;
  readonly limits: readonly string[];
  readonly required: Required;
  readonly edition: string;
  readonly serverVersion: string | null;
  readonly isContact: boolean;
  readonly changes: readonly ChangeLine[];
  /** Elements that are known by name, once for all that have the same. */
  readonly known: readonly { readonly of: readonly string[]; readonly keys: KnownKeys['keys'] }[];
  readonly example: string;
  readonly fields: readonly FieldLine[];
};
export type CodePage = {
  readonly page: 'code';
  readonly topic: DiagnosticCode;
  readonly means: string;
  readonly next: string;
  readonly exit: number;
};
export type TopicPage = {
  readonly page: 'topic';
  readonly topic: string;
  /** Where it stands. */
  readonly of: 'kinds' | 'workspace';
  readonly means: string;
  readonly example: string;
  readonly fields: readonly (FieldLine & { readonly form: string; readonly allowed: readonly string[] | null })[];
};
export type Page = OverviewPage | KindPage | FieldPage | CodePage | TopicPage;
