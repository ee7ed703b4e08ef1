/** A workspace from its folder: phinfra.yaml, the files that its patterns name, overlays (DESIGN 2). Nothing is sent, no secret is read. */
import { lstatSync } from 'node:fs';
import { basename, join } from 'node:path';
import { byPlace, type Diagnostic } from '../core/diagnostic.ts';
import { type DocumentFile, LIMITS, readDocument } from '../core/document.ts';
import { type Choices, type Pattern, readWorkspace, WORKSPACE_FILE, type Workspace } from '../core/environments.ts';
import { type KindShape, loadResources, type Validate } from '../core/load.ts';
import { isFixedZone } from '../core/quota.ts';
import { VALIDATORS, validateWorkspace } from '../core/validators/index.js';
import { type Expanded, expandTemplate, secretSources } from '../core/variables.ts';
import type { LoadedWorkspace, WorkspaceConfig } from '../core/workspace.ts';
import { allowedEndpoints, resolveEndpoint } from './endpoint.ts';
import { type FileSystem, findFiles, openFileSystem, readTextFile } from './files.ts';

export { type Rendered, renderWorkspace } from '../core/render-workspace.ts';

/** What a command was given: where the workspace is, and what the command line and the environment say. */
export type Invocation = {
  readonly folder: string;
  readonly environment?: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** `--now`: the day as `2027-03-31`. */
  readonly now?: string;
  readonly tenant?: string;
  readonly endpoint?: string;
  readonly caller?: string;
};

export type LoadOptions = {
  /** Read phinfra.yaml alone: an apply of a saved plan needs no resource files. */
  readonly configOnly?: boolean;
  /** In place of the generated validators: tests with kinds of their own. */
  readonly validators?: Readonly<Record<string, Validate>>;
};

/** `config` is null where phinfra.yaml is missing or has errors; resource files are checked as far as they can be all the same. */
export type LoadResult = Omit<LoadedWorkspace, 'config'> & { readonly config: WorkspaceConfig | null };

/** Names of our own references: a file that wrote them could pass for one. */
const RESERVED_KEYS = ['$secret', '$concat', '$id'] as const;

/**
 * Reads a workspace for the environment that the invocation names. All errors of all files at once, by place; never throws for
 * what is on disk.
 */
export const loadWorkspace = async (
  invocation: Invocation,
  kinds: readonly KindShape[],
  options: LoadOptions = {},
): Promise<LoadResult> => {
  const opened = openWorkspace(invocation);
  if ('fault' in opened) return { config: null, resources: [], sets: [], diagnostics: [opened.fault] };
  const { system, workspace, nodes } = opened;
  if (options.configOnly === true)
    return { config: workspace.config, resources: [], sets: [], diagnostics: workspace.diagnostics };
  const { documents, overlays, diagnostics } = readFiles(system, workspace, nodes);
  const loaded = loadResources({ documents, overlays, kinds, validators: options.validators ?? VALIDATORS });
  const all = [...workspace.diagnostics, ...diagnostics, ...loaded.diagnostics].sort(byPlace);
  return { config: workspace.config, resources: loaded.resources, sets: loaded.sets, diagnostics: all };
};

// ---- phinfra.yaml ---------------------------------------------------------------------------------------------------

type Opened = { readonly system: FileSystem; readonly workspace: Workspace; readonly nodes: number };

const openWorkspace = (invocation: Invocation): Opened | { readonly fault: Diagnostic } => {
  let system: FileSystem;
  try {
    system = openFileSystem(invocation.folder);
  } catch {
    return { fault: missing(`The folder "${invocation.folder}" does not exist.`, 'Give the workspace’s folder: -C DIR.') };
  }
  const isThere = (name: string): boolean => lstatSync(join(system.root, name), { throwIfNoEntry: false }) !== undefined;
  if (!isThere(WORKSPACE_FILE))
    return {
      fault: missing(
        `There is no ${WORKSPACE_FILE} in "${invocation.folder}".`,
        isThere('phinfra.yml')
          ? `Rename phinfra.yml to ${WORKSPACE_FILE}.`
          : 'Change to the workspace’s folder, or give it: -C DIR.',
      ),
    };
  const read = readTextFile(system, WORKSPACE_FILE);
  if ('fault' in read) return read;
  const document = readDocument(WORKSPACE_FILE, read.text, {
    expand: null,
    reservedKeys: RESERVED_KEYS,
    nodesLeft: LIMITS.nodes,
  });
  const allowed = allowedEndpoints(invocation.env['PHINFRA_ALLOW_ENDPOINT']);
  const workspace = readWorkspace({
    document,
    name: basename(system.root),
    choices: choicesOf(invocation),
    validate: validateWorkspace,
    endpoint: ({ region, endpoint }) => {
      const found = resolveEndpoint({ region, endpoint, allowed });
      return found.ok ? { deployment: found.endpoint.deployment } : found;
    },
    isTimezone,
  });
  return { system, workspace, nodes: document.nodes };
};

const missing = (message: string, hint: string): Diagnostic => ({ code: 'WORKSPACE_MISSING', severity: 'error', message, hint });

const choicesOf = ({ environment, tenant, endpoint, caller, variables, env }: Invocation): Choices => ({
  environment,
  tenant,
  endpoint,
  caller,
  variables,
  env,
});

const isTimezone = (name: string): boolean => {
  if (isFixedZone(name)) return true;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).format(0) !== '';
  } catch {
    return false;
  }
};

// ---- resource files -------------------------------------------------------------------------------------------------

type Files = {
  readonly documents: readonly DocumentFile[];
  readonly overlays: readonly DocumentFile[];
  readonly diagnostics: readonly Diagnostic[];
};

const readFiles = (system: FileSystem, workspace: Workspace, nodesSoFar: number): Files => {
  const diagnostics: Diagnostic[] = [];
  const overlays = filesOf(system, workspace.overlays, diagnostics);
  const others = new Set([...overlays, ...workspace.otherOverlays.flatMap((glob) => findFiles(system, glob).files)]);
  const resources = filesOf(system, workspace.resources, diagnostics).filter((file) => !others.has(file));
  const lookup = { variable: workspace.variable, source: secretSources(workspace.secrets) };
  const expand = (text: string): Expanded => expandTemplate(text, lookup);
  let nodes = nodesSoFar;
  const read = (file: string): DocumentFile[] => {
    // The limit of all values together is told once, by the file that crosses it.
    if (nodes > LIMITS.nodes) return [];
    const found = readTextFile(system, file);
    if ('fault' in found) {
      diagnostics.push(found.fault);
      return [];
    }
    const document = readDocument(file, found.text, { expand, reservedKeys: RESERVED_KEYS, nodesLeft: LIMITS.nodes - nodes });
    nodes += document.nodes;
    return [document];
  };
  return { documents: [...resources].sort().flatMap(read), overlays: overlays.flatMap(read), diagnostics };
};

/** Files of all patterns, each once, in the order of the patterns; what is wrong with a pattern is told at its place. */
const filesOf = (system: FileSystem, patterns: readonly Pattern[], diagnostics: Diagnostic[]): readonly string[] => {
  const files = new Set<string>();
  const told = new Set<string>();
  for (const { glob, span } of patterns) {
    const found = findFiles(system, glob);
    for (const fault of found.faults) {
      const id = `${fault.code} ${fault.source?.file}`;
      if (!told.has(id)) diagnostics.push(fault);
      told.add(id);
    }
    const named = found.files.filter((file) => file !== WORKSPACE_FILE);
    for (const file of named) files.add(file);
    if (found.wrong === 'outside')
      diagnostics.push({
        code: 'PATH_OUTSIDE',
        severity: 'error',
        message: 'This pattern leads out of the workspace.',
        hint: 'Name files below the folder of phinfra.yaml.',
        ...span,
      });
    else if (named.length === 0 && found.faults.length === 0)
      diagnostics.push({
        code: 'PATTERN_EMPTY',
        severity: 'error',
        message: found.wrong === 'folder' ? 'This names a folder and no file.' : 'No file matches this pattern.',
        hint: found.wrong === 'folder' ? `Write "${glob.replace(/\/+$/, '')}/**/*.yaml".` : 'Mend the pattern, or leave it out.',
        ...span,
      });
  }
  return [...files];
};
