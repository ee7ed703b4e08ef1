/** Facts of any operation, straight from the catalogue's source: the transport is tested on all of them, not on those in use. */
import { readFileSync } from 'node:fs';
import type { OperationFacts } from '../../engine/operations/index.ts';

type Entry = {
  readonly level: 1 | 2 | 3;
  readonly kind: 'read' | 'write';
  readonly edition: string | null;
  readonly minServerVersion: string | null;
  readonly in: { readonly query: readonly string[]; readonly body: readonly string[] };
  readonly resultKey: readonly string[];
  readonly int64: readonly string[];
  readonly page: OperationFacts['page'];
};

const readSource = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../engine/operations/source/${name}`, import.meta.url), 'utf8'));

const OPERATIONS = (readSource('operations.json') as { operations: Readonly<Record<string, Entry>> }).operations;

export const operationNames = (): string[] => Object.keys(OPERATIONS).sort();

export const sourceFacts = (name: string): OperationFacts => {
  const entry = OPERATIONS[name];
  if (!entry) throw new Error(`no operation ${name}`);
  return {
    level: entry.level,
    kind: entry.kind,
    edition: entry.edition,
    minServerVersion: entry.minServerVersion,
    query: entry.in.query,
    body: entry.in.body,
    result: entry.resultKey[0] ?? null,
    ids: entry.int64,
    page: entry.page,
  };
};

export type Recorded = {
  readonly parameters: Readonly<Record<string, unknown>> & { readonly OpTenantId: number };
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly rawQuery: string;
  readonly headers: {
    readonly 'content-type': string | null;
    readonly 'x-acs-action': string;
    readonly 'x-acs-version': string;
    readonly 'x-acs-content-sha256': string;
    readonly signedHeaders: string;
  };
  /** Empty where there is none. */
  readonly body: string;
};

/** What the official client was recorded to send, by operation. */
export const recordedCalls = (): readonly (readonly [string, Recorded])[] =>
  Object.entries((readSource('wire.json') as { calls: Readonly<Record<string, Recorded>> }).calls);
