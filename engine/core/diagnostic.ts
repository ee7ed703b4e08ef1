/** What is told to the user: a place, a code, a next step (STYLE 6). */

/** 1-based line and column of a YAML node; the file's path is relative to the workspace. */
export type Source = { readonly file: string; readonly line: number; readonly column: number };

export type Severity = 'error' | 'warning' | 'info';

/** Every code that a message may carry, with the exit code that an error of it leads to; what it means stands in `code-texts.ts`. */
export const CODES = {
  // files and their form
  WORKSPACE_MISSING: 3,
  FILE_UNREADABLE: 3,
  FILE_TOO_LARGE: 3,
  FILE_ENCODING: 3,
  PATTERN_EMPTY: 3,
  PATH_OUTSIDE: 3,
  YAML_SYNTAX: 3,
  YAML_MULTIPLE_DOCUMENTS: 3,
  YAML_ALIAS: 3,
  YAML_TAG: 3,
  YAML_MERGE: 3,
  YAML_DIRECTIVE: 3,
  YAML_TOO_DEEP: 3,
  YAML_TOO_MANY_KEYS: 3,
  YAML_TOO_MANY_NODES: 3,
  KEY_DUPLICATE: 3,
  KEY_FORBIDDEN: 3,
  CHARACTER_FORBIDDEN: 3,
  NUMBER_RANGE: 3,
  // schema
  COLLECTION_UNKNOWN: 3,
  KEY_UNKNOWN: 3,
  KEY_MISSING: 3,
  TYPE_WRONG: 3,
  VALUE_WRONG: 3,
  NULL_RESOURCE: 3,
  NAME_WRONG: 3,
  ADDRESS_DUPLICATE: 3,
  // workspace, environments, variables, secrets
  ENVIRONMENT_UNKNOWN: 3,
  ENVIRONMENT_MISSING: 3,
  ENVIRONMENT_CONFLICT: 3,
  OPTION_UNSUPPORTED: 3,
  VARIABLE_UNKNOWN: 3,
  VARIABLE_UNSET: 3,
  SECRET_LITERAL: 3,
  SECRET_PLACE: 3,
  SECRET_NOT_ALLOWED: 3,
  SECRET_UNSET: 3,
  ENDPOINT_WRONG: 3,
  EDITION_TOO_LOW: 3,
  SERVER_TOO_OLD: 3,
  // references and people
  REFERENCE_UNKNOWN: 3,
  REFERENCE_CYCLE: 3,
  PRINCIPAL_UNSUPPORTED: 3,
  CONFIG_NEEDED: 3,
  FIELD_REQUIRED: 3,
  RENAME_UNSUPPORTED: 3,
  RENAME_CONFLICT: 3,
  UNTIL_WRONG: 3,
  LIMIT_EXCEEDED: 3,
  PERSON_GONE: 0,
  PERSON_RENAMED: 0,
  PERSON_EXPIRED: 0,
  GROUP_DISABLED: 0,
  OWNER_NOT_CALLER: 0,
  LOOKS_LIKE_RENAME: 0,
  GUARD_LOOSENED: 0,
  LIST_INCOMPLETE: 0,
  NAMESAKE: 0,
  UNCLAIMED: 0,
  // options, plan files, answers
  OPTION_WRONG: 3,
  SELECTION_EMPTY: 3,
  REVISION_UNKNOWN: 3,
  REVISION_INVALID: 3,
  CONFIRMATION_MISSING: 3,
  PLAN_UNREADABLE: 3,
  PLAN_EDITED: 3,
  PLAN_FORMAT: 3,
  RESUME_NOTHING: 3,
  SNAPSHOT_UNREADABLE: 3,
  SNAPSHOT_FORMAT: 3,
  SNAPSHOT_LACKS: 3,
  SNAPSHOT_BEHIND: 0,
  ADOPT_NOT_LIVE: 3,
  ADOPT_RECORDED: 3,
  // access to the service
  CREDENTIALS_MISSING: 4,
  CREDENTIALS_TEMPORARY: 4,
  CREDENTIALS_UNREADABLE: 4,
  CREDENTIALS_REFUSED: 4,
  TENANT_WRONG: 4,
  PERMISSION_DENIED: 4,
  UNREACHABLE: 11,
  THROTTLED: 11,
  ANSWER_WRONG: 11,
  DAY_SPENT: 6,
  LEDGER_WRITE: 0,
  LEDGER_REVIEW: 0,
  LEDGER_UNREACHABLE: 11,
  LEDGER_REFUSED: 4,
  LOOKED_UNUSABLE: 0,
  READS_UNUSABLE: 0,
  // record
  STATE_UNREADABLE: 10,
  STATE_FORMAT: 3,
  STATE_TENANT: 4,
  STATE_STALE: 9,
  STATE_OLDER: 9,
  JOURNAL_DAMAGED: 10,
  JOURNAL_WRITE: 10,
  AUDIT_DAMAGED: 0,
  LOCKED: 8,
  LOCK_LEFT: 0,
  STATE_UNREACHABLE: 11,
  STATE_REFUSED: 4,
  BUCKET_VERSIONED: 3,
  PACKAGE_MISSING: 3,
  // guards of a plan
  ADOPT_HAS_OTHERS: 12,
  ADOPT_AMBIGUOUS: 12,
  DELETE_PREVENTED: 12,
  REPLACE_PREVENTED: 12,
  REPLACE_REFUSED: 12,
  REBIND_REFUSED: 12,
  PROJECT_IN_USE: 12,
  IN_USE: 12,
  CONTACTS_UNREAD: 12,
  // outcomes
  STEP_REJECTED: 5,
  STEP_UNKNOWN: 7,
  STEP_STALE: 9,
  APPROVAL_WAITING: 13,
  APPROVAL_LEFT: 0,
  BUDGET_PER_RUN: 12,
  GUARD_UNCONFIRMED: 12,
  BRANCH_BEHIND: 12,
  PROTECTED_UNREVIEWED: 12,
  PROTECTED_REFUSED: 12,
  REVIEW_DIFFERS: 12,
  BREAK_GLASS_WIDE: 12,
  ADOPT_PROTECTED: 12,
  INTERNAL: 1,
} as const;

export type DiagnosticCode = keyof typeof CODES;

export type Diagnostic = {
  readonly code: DiagnosticCode;
  readonly severity: Severity;
  /** A full sentence; names in double quotes; never a secret. */
  readonly message: string;
  readonly source?: Source;
  /** How many characters from `source` on are meant; 1 where unknown. */
  readonly length?: number;
  readonly hint?: string;
  readonly address?: string;
  /** Further places that belong to it: the first of two duplicates. */
  readonly related?: readonly { readonly message: string; readonly source: Source }[];
};

/** What is not the user's to mend in a file: thrown once, told once. */
export class EngineError extends Error {
  readonly code: DiagnosticCode;
  readonly hint: string | null;

  constructor(code: DiagnosticCode, message: string, hint: string | null = null) {
    super(message);
    this.name = 'EngineError';
    this.code = code;
    this.hint = hint;
  }
}

/**
 * What has to be there. Its lack is a fault of ours: it is told, and nothing goes on with a value that is made up.
 *
 * @param what   names it in the message: "the rank of a step"
 * @throws EngineError INTERNAL
 */
export const sure = <T>(value: T | null | undefined, what: string): T => {
  if (value === undefined || value === null) throw new EngineError('INTERNAL', `There is no ${what}.`);
  return value;
};

/** By file, line, column, code: the order in which messages are printed. */
export const byPlace = (a: Diagnostic, b: Diagnostic): number =>
  (a.source?.file ?? '').localeCompare(b.source?.file ?? '') ||
  (a.source?.line ?? 0) - (b.source?.line ?? 0) ||
  (a.source?.column ?? 0) - (b.source?.column ?? 0) ||
  a.code.localeCompare(b.code);

/**
 * The nearest of the known names by edit distance, for "did you mean"; null when none is near enough
 * (a third of the length, at least one edit, with swaps of neighbours counted as one).
 */
export const nearest = (name: string, known: Iterable<string>): string | null => {
  const limit = Math.max(1, Math.floor(name.length / 3));
  let best: string | null = null;
  let bestDistance = limit + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) >= bestDistance) continue;
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
};

const editDistance = (a: string, b: string): number => {
  const at = (row: readonly number[], index: number): number => sure(row[index], 'distance of a prefix');
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, at(beforeLast, j - 2) + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return at(last, b.length);
};
