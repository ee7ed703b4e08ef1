/** Writes a small workspace to a folder of its own and loads it with the program's kinds. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Diagnostic } from '../../engine/core/diagnostic.ts';
import { validate } from '../../engine/index.ts';
import { KINDS } from '../../engine/kinds/index.ts';
import { type Invocation, type LoadResult, loadWorkspace } from '../../engine/shell/workspace.ts';

/** A workspace without a fault: what a case does not say is this. */
export const GOOD_WORKSPACE = `phinfra: 1
resources: ["*.yaml"]
tenant: "300001413"
connection: { region: cn-shanghai }
variables: { team: finance }
secrets: { env: ["MC_*"], files: ["secrets/*"] }
`;

export type Case = {
  /** What the input is, as a claim. */
  readonly claim: string;
  /** Text of r.yaml, a file of resources; the workspace is the good one. */
  readonly resources?: string;
  /** Text of phinfra.yaml; the pattern's file r.yaml holds a good group. */
  readonly workspace?: string;
  /** Further files, or other contents of these two. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** What cannot be written as a file's contents: links, folders, pipes. */
  readonly prepare?: (folder: string) => void;
  readonly invocation?: Partial<Invocation>;
  /** Every diagnostic, in order: `file:line:column CODE`, or `- CODE` without a place. */
  readonly expected: readonly string[];
  /** A part of the first hint or message that must be there. */
  readonly says?: string;
};

const withFiles = async <T>(one: Case, look: (invocation: Invocation) => Promise<T>): Promise<T> => {
  const folder = mkdtempSync(join(tmpdir(), 'phinfra-bad-'));
  try {
    const files = {
      'phinfra.yaml': one.workspace ?? GOOD_WORKSPACE,
      'r.yaml': one.resources ?? 'userGroups:\n  good: {}\n',
      ...one.files,
    };
    for (const [path, contents] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), contents);
    }
    one.prepare?.(folder);
    return await look({ folder, variables: {}, env: {}, home: folder, ...one.invocation });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** What loading finds. */
export const loadCase = (one: Case): Promise<LoadResult> => withFiles(one, (invocation) => loadWorkspace(invocation, KINDS));

/** What can be found offline: by loading, and by the kinds. */
export const validateCase = (one: Case): Promise<{ readonly diagnostics: readonly Diagnostic[] }> => withFiles(one, validate);

export const placeAndCode = ({ code, source }: Diagnostic): string =>
  source === undefined ? `- ${code}` : `${source.file}:${source.line}:${source.column} ${code}`;
