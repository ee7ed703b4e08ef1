/** phinfra.yaml to a configuration for one environment (DESIGN 2): which one is meant, what wins over the file, what is refused. */

import type { Source } from './diagnostic.ts';
import { byPlace, type Diagnostic, type DiagnosticCode, nearest, sure } from './diagnostic.ts';
import { type DocumentFile, writtenOf } from './document.ts';
import { getAt, isObject, listAt, pointerOf, textOf } from './json.ts';
import { defaultLedger, LEDGER_VARIABLE, ledgerFromVariable, ledgerPlaceOf } from './ledger-place.ts';
import type { Json, JsonObject } from './ports.ts';
import { keySpan, locate, type Span, valueSpan } from './positions.ts';
import { checkSchema, type Validate } from './schema-check.ts';
import { checkSecrets, markedPlaces } from './secret-check.ts';
import { statePlaceOf } from './state-place.ts';
import { expandTemplate, hasPlaceholder, type Lookup, PREDEFINED, plainSources, variableIn } from './variables.ts';
import type {
  BudgetConfig,
  ConnectionConfig,
  Edition,
  EnvironmentConfig,
  GuardsConfig,
  Quota,
  Released,
  StatePlace,
  WorkspaceConfig,
} from './workspace.ts';
import { ENVIRONMENT_PROPERTIES, UNSUPPORTED_KEYS, WORKSPACE_SCHEMA } from './workspace-schema.ts';

export const WORKSPACE_FILE = 'phinfra.yaml';
export const DEFAULT_ENVIRONMENT = 'default';
const DEFAULT_TIMEZONE = 'Asia/Shanghai';
const WORKSPACE_MARKS = markedPlaces(WORKSPACE_SCHEMA);

/** What the command line and the environment say; a flag wins over PHINFRA_…, both win over the file. */
export type Choices = {
  readonly environment?: string | undefined;
  readonly tenant?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly caller?: string | undefined;
  readonly variables: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string | undefined>>;
};

/** Whether a connection names a service that may be spoken to, and what the record knows it by. */
export type EndpointCheck = (connection: {
  readonly region: string | null;
  readonly endpoint: string | null;
}) => { readonly deployment: string } | { readonly message: string; readonly hint: string };

export type WorkspaceInput = {
  readonly document: DocumentFile;
  /** Name of the workspace's folder. */
  readonly name: string;
  readonly choices: Choices;
  readonly validate: Validate;
  readonly endpoint: EndpointCheck;
  readonly isTimezone: (name: string) => boolean;
};

export type Pattern = { readonly glob: string; readonly span: Span };
export type Workspace = {
  /** Null where the file has errors. */
  readonly config: WorkspaceConfig | null;
  readonly resources: readonly Pattern[];
  /** Of the chosen environment, and of the others: their files are not resources. */
  readonly overlays: readonly Pattern[];
  readonly otherOverlays: readonly string[];
  readonly secrets: WorkspaceConfig['secrets'];
  /** Meaning of `${name}` in resource files. */
  readonly variable: Lookup['variable'];
  readonly diagnostics: readonly Diagnostic[];
};

type Reading = {
  readonly input: WorkspaceInput;
  readonly diagnostics: Diagnostic[];
  readonly raw: JsonObject;
  /** Pointers of values that could not be filled in; unset variables of environments that are not chosen among them. */
  readonly open: Set<string>;
};

/** Reads the workspace's own file. All errors at once; what can be used in spite of them is given. */
export const readWorkspace = (input: WorkspaceInput): Workspace => {
  const { document } = input;
  const diagnostics = [...document.diagnostics];
  const nothing = {
    config: null,
    resources: [],
    overlays: [],
    otherOverlays: [],
    secrets: { env: [], files: [] },
    variable: anything,
  };
  if (!isObject(document.value)) {
    const at = valueSpan(writtenOf(document));
    if (diagnostics.length === 0)
      diagnostics.push({
        code: 'TYPE_WRONG',
        severity: 'error',
        message: `${WORKSPACE_FILE} must be a map.`,
        hint: 'It begins with phinfra: 1.',
        ...at,
      });
    return { ...nothing, diagnostics };
  }
  const reading: Reading = { input, diagnostics, raw: document.value, open: new Set() };
  const chosen = chooseEnvironment(reading);
  const variables = variablesOf(reading, chosen);
  const raw = expandAll(reading, chosen, variables);
  checkForm({ ...reading, raw });
  checkOptions({ ...reading, raw });
  const environment = environmentOf({ ...reading, raw }, chosen);
  const hasErrors = diagnostics.some(({ severity }) => severity === 'error');
  const names = environmentNames(raw);
  const base = chosen === null ? null : environmentPointer(raw, chosen);
  return {
    config: hasErrors || environment === null ? null : configOf(raw, environment, input, names),
    resources: patternsAt(reading, raw, '/resources'),
    overlays: base === null ? [] : patternsAt(reading, raw, `${base}/overlays`),
    otherOverlays: names
      .map((name) => environmentPointer(raw, name))
      .filter((pointer) => pointer !== base)
      .flatMap((pointer) => textsAt(raw, `${pointer}/overlays`)),
    secrets: { env: textsAt(raw, '/secrets/env'), files: textsAt(raw, '/secrets/files') },
    variable: knownIn(chosen, variables),
    diagnostics: diagnostics.sort(byPlace),
  };
};

/** Without an environment its three variables are unknown, and no fault of the files. */
const knownIn = (chosen: string | null, variables: ReadonlyMap<string, string>): Lookup['variable'] => {
  const known = variableIn(variables);
  return chosen === null ? (name) => (isPredefined(name) ? { value: '' } : known(name)) : known;
};

const anything: Lookup['variable'] = () => ({ value: '' });
const isPredefined = (name: string): boolean => (PREDEFINED as readonly string[]).includes(name);
const textsAt = (raw: JsonObject, pointer: string): string[] => {
  const list = getAt(raw, pointer);
  return Array.isArray(list) ? list.filter((item): item is string => typeof item === 'string' && item !== '') : [];
};
const patternsAt = ({ input, open }: Reading, raw: JsonObject, pointer: string): Pattern[] => {
  const list = getAt(raw, pointer);
  const written = [writtenOf(input.document)];
  return (Array.isArray(list) ? list : []).flatMap((glob, index) => {
    const at = `${pointer}/${index}`;
    return typeof glob === 'string' && glob !== '' && !open.has(at)
      ? [{ glob, span: valueSpan(locate(written, at).written) }]
      : [];
  });
};

const tell = (
  { input, diagnostics }: Reading,
  code: DiagnosticCode,
  message: string,
  hint: string,
  at: { key: string } | { value: string } | null,
): void => {
  const layers = [writtenOf(input.document)];
  const place =
    at === null ? {} : 'key' in at ? keySpan(locate(layers, at.key).written) : valueSpan(locate(layers, at.value).written);
  diagnostics.push({ code, severity: 'error', message, hint, ...place });
};

// ---- which environment ----------------------------------------------------------------------------------------------

const environmentNames = (raw: JsonObject): string[] =>
  isObject(raw['environments']) ? Object.keys(raw['environments']) : [DEFAULT_ENVIRONMENT];
const environmentPointer = (raw: JsonObject, name: string): string =>
  isObject(raw['environments']) ? `/environments${pointerOf(name)}` : '';

/** The chosen environment's name; null, and told: there is none. */
const chooseEnvironment = (reading: Reading): string | null => {
  const { raw, input } = reading;
  const { environment, env } = input.choices;
  const names = environmentNames(raw);
  const written = raw['defaultEnvironment'];
  const byDefault =
    typeof written === 'string' ? filled(reading, written, '/defaultEnvironment', () => unknownVariable) : undefined;
  if (byDefault !== undefined && !names.includes(byDefault))
    tell(reading, 'ENVIRONMENT_UNKNOWN', `There is no environment "${byDefault}".`, environmentHint(byDefault, names), {
      value: '/defaultEnvironment',
    });
  const asked = environment || env['PHINFRA_ENV'];
  if (asked) {
    if (names.includes(asked)) return asked;
    const hint = isObject(raw['environments'])
      ? environmentHint(asked, names)
      : 'The workspace has no environments; leave --env and PHINFRA_ENV out.';
    tell(reading, 'ENVIRONMENT_UNKNOWN', `There is no environment "${asked}".`, hint, null);
    return null;
  }
  if (!isObject(raw['environments'])) return DEFAULT_ENVIRONMENT;
  if (byDefault !== undefined) return names.includes(byDefault) ? byDefault : null;
  tell(
    reading,
    'ENVIRONMENT_MISSING',
    'The workspace has several environments, and none is chosen.',
    `Give --env ${names.join(' or ')}, or write defaultEnvironment.`,
    {
      key: '/environments',
    },
  );
  return null;
};

const environmentHint = (name: string, names: readonly string[]): string => {
  const near = nearest(name, names);
  return near === null ? `There are: ${names.join(', ')}.` : `Did you mean "${near}"?`;
};
const unknownVariable = {
  code: 'VARIABLE_UNKNOWN',
  message: 'Variables are not known here.',
  hint: 'Write the value out, or use ${env:NAME}.',
} as const;

// ---- variables ------------------------------------------------------------------------------------------------------

/** Text with placeholders filled in; undefined, and told: it could not be. */
const filled = (
  reading: Reading,
  text: string,
  pointer: string,
  variable: Lookup['variable'],
  isQuiet = false,
): string | undefined => {
  if (!hasPlaceholder(text)) return text;
  const { value, faults } = expandTemplate(text, {
    variable,
    source: plainSources(reading.input.choices.env, textsAt(reading.raw, '/secrets/env')),
  });
  if (faults.length > 0) reading.open.add(pointer);
  if (!isQuiet)
    for (const { index, length, ...fault } of faults) {
      const { source, length: written } = valueSpan(locate([writtenOf(reading.input.document)], pointer).written);
      // Where the value stands as it is, or in quotes around it, the placeholder itself is meant; where escapes hide it, the value.
      const shift = written === text.length ? index : written === text.length + 2 ? index + 1 : 0;
      reading.diagnostics.push({ severity: 'error', ...fault, source: { ...source, column: source.column + shift }, length });
    }
  return faults.length === 0 && typeof value === 'string' ? value : undefined;
};

const variablesOf = (reading: Reading, chosen: string | null): Map<string, string> => {
  const { raw, input } = reading;
  const variables = new Map<string, string>();
  const { raw: written } = checkSecrets({
    raw,
    layers: [writtenOf(input.document)],
    address: '',
    schema: WORKSPACE_SCHEMA,
    marked: WORKSPACE_MARKS,
  });
  const declared = getAt(written, '/variables');
  for (const [name, value] of Object.entries(isObject(declared) ? declared : {})) {
    const pointer = pointerOf('variables', name);
    if (isPredefined(name))
      tell(reading, 'VALUE_WRONG', `"${name}" is predefined and cannot be set.`, 'Choose another name.', { key: pointer });
    const text = typeof value === 'string' ? filled(reading, value, pointer, () => unknownVariable) : undefined;
    // An unset one is told here, once; its uses are no errors of their own.
    variables.set(name, text ?? '');
  }
  for (const [name, value] of Object.entries(input.choices.variables)) {
    if (isPredefined(name))
      tell(reading, 'OPTION_WRONG', `"${name}" is predefined and cannot be set by --var.`, 'Choose another name.', null);
    variables.set(name, value);
  }
  for (const name of PREDEFINED) variables.delete(name);
  if (chosen === null) return variables;
  variables.set('environment', chosen);
  const base = environmentPointer(raw, chosen);
  const { tenant } = overrides(input.choices);
  for (const [name, pointer, override] of [
    ['tenant', `${base}/tenant`, tenant],
    ['region', `${base}/connection/region`, undefined],
  ] as const) {
    const value = getAt(raw, pointer);
    const text =
      override ?? (typeof value === 'string' ? filled(reading, value, pointer, variableIn(variables), true) : undefined);
    if (text !== undefined) variables.set(name, text);
  }

  return variables;
};

/** The file's values with every placeholder filled in; unset variables of environments that are not meant are let be. */
const expandAll = (reading: Reading, chosen: string | null, variables: ReadonlyMap<string, string>): JsonObject => {
  const meant = chosen === null ? null : environmentPointer(reading.raw, chosen);
  const isOther = (pointer: string): boolean =>
    pointer.startsWith('/environments/') && meant !== null && pointer !== meant && !pointer.startsWith(`${meant}/`);
  const known = knownIn(chosen, variables);
  const fill = (value: Json, pointer: string): Json => {
    if (typeof value === 'string') {
      if (pointer === '/defaultEnvironment' || pointer.startsWith('/variables/')) return value;
      // A reference: its value is read where it is sent.
      if (pointer.endsWith('/state/password') || pointer === '/budget/ledger/password') return value;
      // What predefined variables are made of cannot be made of them: `known` lacks them while these are filled in.
      return filled(reading, value, pointer, known, isOther(pointer)) ?? value;
    }
    if (Array.isArray(value)) return value.map((item, index) => fill(item, `${pointer}/${index}`));
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.keys(value).map((key) => [key, fill(value[key] as Json, pointer + pointerOf(key))]));
  };
  return fill(reading.raw, '') as JsonObject;
};

// ---- form -----------------------------------------------------------------------------------------------------------

const checkForm = ({ input, raw, open, diagnostics }: Reading): void => {
  const layers = [writtenOf(input.document)];
  const { raw: value } = checkSecrets({
    raw,
    layers,
    address: '',
    schema: WORKSPACE_SCHEMA,
    marked: WORKSPACE_MARKS,
  });
  const unfilled = new Set([...open].map((pointer) => placeText(valueSpan(locate(layers, pointer).written).source)));
  const found = checkSchema(input.validate, { value, schema: WORKSPACE_SCHEMA, layers, name: WORKSPACE_FILE, nested: [] });
  diagnostics.push(...found.filter(({ source }) => source === undefined || !unfilled.has(placeText(source))));
};
const placeText = ({ line, column }: Source): string => `${line}:${column}`;

/** What is well-formed and still refused: later work, and contradictions. */
const checkOptions = (reading: Reading): void => {
  const { raw, input } = reading;
  const unsupported = (pointer: string, name: string, hint = 'Leave it out.'): void =>
    tell(reading, 'OPTION_UNSUPPORTED', `"${name}" is not supported yet.`, hint, { key: pointer });
  for (const key of UNSUPPORTED_KEYS) if (raw[key] !== undefined) unsupported(pointerOf(key), key);
  const hasEnvironments = raw['environments'] !== undefined;
  if (hasEnvironments)
    for (const key of Object.keys(ENVIRONMENT_PROPERTIES))
      if (raw[key] !== undefined)
        tell(
          reading,
          'ENVIRONMENT_CONFLICT',
          `"${key}" stands beside environments.`,
          'Move it into the environments that it is for.',
          { key: pointerOf(key) },
        );
  if (!hasEnvironments && raw['defaultEnvironment'] !== undefined)
    tell(reading, 'ENVIRONMENT_UNKNOWN', 'There are no environments to choose from.', 'Leave defaultEnvironment out.', {
      key: '/defaultEnvironment',
    });
  const bases = isObject(raw['environments'])
    ? environmentNames(raw).map((name) => environmentPointer(raw, name))
    : hasEnvironments
      ? []
      : [''];
  for (const base of bases) {
    const { faults } = statePlaceOf(getAt(raw, `${base}/state`), (key) => reading.open.has(`${base}/state/${key}`));
    for (const { key, code, message, hint } of faults) tell(reading, code, message, hint, { key: below(`${base}/state`, key) });
    const connection = getAt(raw, `${base}/connection`);
    if (isObject(connection) && connection['emulator'] !== undefined && connection['endpoint'] !== undefined)
      tell(reading, 'ENVIRONMENT_CONFLICT', 'The connection has an endpoint and an emulator.', 'Keep one of them.', {
        key: `${base}/connection/emulator`,
      });
  }
  const ledger = '/budget/ledger';
  for (const { key, code, message, hint } of ledgerPlaceOf(getAt(raw, ledger), (key) => reading.open.has(below(ledger, key)))
    .faults)
    tell(reading, code, message, hint, { key: below(ledger, key) });
  const named = input.choices.env[LEDGER_VARIABLE];
  for (const { code, message, hint } of named ? ledgerFromVariable(named).faults : []) tell(reading, code, message, hint, null);
  const timezone = raw['timezone'];
  if (typeof timezone === 'string' && timezone !== '' && !input.isTimezone(timezone))
    tell(reading, 'VALUE_WRONG', '"timezone" must be an IANA time zone.', 'For example Asia/Shanghai.', { value: '/timezone' });
  if (isObject(raw['environments'])) checkTwins(reading);
};

const below = (pointer: string, key: string): string => (key === '' ? pointer : `${pointer}/${key}`);

/** Two environments with the same tenant and deployment would each believe that it alone manages it. */
const checkTwins = (reading: Reading): void => {
  const { raw, input, open } = reading;
  const seen = new Map<string, string>();
  for (const name of environmentNames(raw)) {
    const base = environmentPointer(raw, name);
    const tenant = getAt(raw, `${base}/tenant`);
    if (typeof tenant !== 'string' || [...open].some((pointer) => pointer.startsWith(`${base}/`))) continue;
    const connection = connectionOf(getAt(raw, `${base}/connection`));
    const found = connection.emulator ? { deployment: `emulator ${connection.emulator.data ?? ''}` } : input.endpoint(connection);
    if (!('deployment' in found)) continue;
    const id = `${found.deployment} ${tenant}`;
    const first = seen.get(id);
    if (first === undefined) seen.set(id, name);
    else {
      tell(
        reading,
        'ENVIRONMENT_CONFLICT',
        `Environments "${first}" and "${name}" are the same tenant.`,
        'Give each its own tenant or connection.',
        { key: base },
      );
      const layers = [writtenOf(input.document)];
      const source = keySpan(locate(layers, environmentPointer(raw, first)).written).source;
      const last = sure(reading.diagnostics.pop(), 'message that was just told');
      reading.diagnostics.push({ ...last, related: [{ message: 'The first one is here.', source }] });
    }
  }
};

// ---- values ---------------------------------------------------------------------------------------------------------

const overrides = ({
  tenant,
  endpoint,
  caller,
  env,
}: Choices): { tenant: string | undefined; endpoint: string | undefined; caller: string | undefined } => ({
  tenant: tenant || env['PHINFRA_TENANT'] || undefined,
  endpoint: endpoint || env['PHINFRA_ENDPOINT'] || undefined,
  caller: caller || env['PHINFRA_CALLER'] || undefined,
});

const textOrNull = (value: Json | undefined): string | null => (typeof value === 'string' ? value : null);

const connectionOf = (value: Json | undefined): ConnectionConfig => {
  const from = isObject(value) ? value : {};
  const emulator = from['emulator'];
  return {
    region: textOrNull(from['region']),
    endpoint: textOrNull(from['endpoint']),
    emulator: isObject(emulator) ? { data: textOrNull(emulator['data']), world: textOrNull(emulator['world']) } : null,
    caller: textOrNull(from['caller']),
    signature: from['signature'] === 'v1' ? 'v1' : 'v3',
    parameters: from['parameters'] === 'query' ? 'query' : 'body',
    caFile: textOrNull(from['caFile']),
  };
};

/** The chosen environment with what wins over the file; null where there is none. */
const environmentOf = (reading: Reading, chosen: string | null): EnvironmentConfig | null => {
  if (chosen === null) return null;
  const { raw, input } = reading;
  const base = environmentPointer(raw, chosen);
  const at = getAt(raw, base);
  if (!isObject(at)) return null;
  const { tenant, endpoint, caller } = overrides(input.choices);
  const written = connectionOf(at['connection']);
  const connection: ConnectionConfig = {
    ...written,
    ...(endpoint === undefined ? {} : { endpoint, emulator: null }),
    ...(caller === undefined ? {} : { caller }),
  };
  const environment: EnvironmentConfig = {
    name: chosen,
    tenant: tenant ?? textOrNull(at['tenant']),
    connection,
    edition: textOrNull(at['edition']) as Edition | null,
    serverVersion: textOrNull(at['serverVersion']),
    drift: at['drift'] === 'report' ? 'report' : 'revert',
    overlays: textsAt(raw, `${base}/overlays`),
    isProtected: at['protected'] === true,
    adopt: textsAt(raw, `${base}/adopt/allow`),
    approvals: textsAt(raw, `${base}/approvals`),
    state: statePlaceOf(at['state']).place,
  };
  const isKnown = reading.diagnostics.every(({ severity }) => severity !== 'error');
  if (isKnown) checkEnvironment(reading, environment, base, tenant !== undefined, endpoint !== undefined);
  return environment;
};

const checkEnvironment = (
  reading: Reading,
  environment: EnvironmentConfig,
  base: string,
  isTenantGiven: boolean,
  isEndpointGiven: boolean,
): void => {
  const { tenant, connection } = environment;
  if (isTenantGiven && tenant !== null && !/^[0-9]+$/.test(tenant))
    tell(
      reading,
      'OPTION_WRONG',
      'The tenant that was given is not a number.',
      'Give the id of the tenant: --tenant 300001413.',
      null,
    );
  const place = { key: base };
  if (connection.emulator !== null) return;
  if (tenant === null)
    tell(reading, 'KEY_MISSING', 'The environment has no tenant.', 'Write tenant: "300001413", or set PHINFRA_TENANT.', place);
  if (connection.region === null && connection.endpoint === null) {
    tell(
      reading,
      'KEY_MISSING',
      'The environment has no connection.',
      'Write connection: { region: cn-shanghai }, an endpoint, or emulator: {}.',
      place,
    );
    return;
  }
  const checked = reading.input.endpoint(connection);
  if (!('message' in checked)) return;
  const at = isEndpointGiven ? null : { value: `${base}/connection/${connection.endpoint === null ? 'region' : 'endpoint'}` };
  tell(reading, 'ENDPOINT_WRONG', sentence(checked.message), sentence(checked.hint), at);
};
const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;

const configOf = (
  raw: JsonObject,
  environment: EnvironmentConfig,
  input: WorkspaceInput,
  environments: readonly string[],
): WorkspaceConfig => ({
  name: input.name,
  timezone: textOrNull(raw['timezone']) ?? DEFAULT_TIMEZONE,
  environment,
  environments,
  budget: budgetOf(raw['budget'], input.choices.env[LEDGER_VARIABLE], environment.state),
  secrets: { env: textsAt(raw, '/secrets/env'), files: textsAt(raw, '/secrets/files') },
  exclusive: textsAt(raw, '/exclusive'),
  guards: guardsOf(raw['guards'], environment.isProtected),
  released: releasedOf(raw['released']),
});

const releasedOf = (value: Json | undefined): readonly Released[] =>
  (Array.isArray(value) ? value : [])
    .filter(isObject)
    .map((one) => ({ address: textOf(one['address']), to: textOf(one['to']), reason: textOf(one['reason']) }));

const guardsOf = (value: Json | undefined, isProtected: boolean): GuardsConfig => {
  const numberAt = (pointer: string): number | null => {
    const at = getAt(value, pointer);
    return typeof at === 'number' ? at : null;
  };
  return {
    deletes: { count: numberAt('/deletes/count'), share: numberAt('/deletes/share') },
    losses: { people: numberAt('/losses/people') },
    gains: { people: numberAt('/gains/people') },
    minAdmins: numberAt('/minAdmins'),
    require: { self: getAt(value, '/require/self') === true },
    isProtected,
  };
};

type ByLevel<T> = Readonly<Record<'level1' | 'level2' | 'level3', T>>;
const byLevel = <T extends number | null>(value: Json | undefined, absent: T): ByLevel<number | T> => {
  const of = (level: 'level1' | 'level2' | 'level3'): number | T => {
    const at = isObject(value) ? value[level] : value;
    return typeof at === 'number' ? at : absent;
  };
  return { level1: of('level1'), level2: of('level2'), level3: of('level3') };
};

/** Of what is left of a day (DESIGN 7). */
const REVIEW = 0.3;

/**
 * A plain number means all levels (DESIGN 7): of calls all together, of shares each.
 *
 * @param ledger PHINFRA_LEDGER
 */
const budgetOf = (value: Json | undefined, ledger: string | undefined, state: StatePlace): BudgetConfig => {
  const from = isObject(value) ? value : {};
  const { perRun } = from;
  const quotas = from['quotas'];
  return {
    perRun:
      typeof perRun === 'number'
        ? { level1: null, level2: null, level3: null, all: perRun }
        : { ...byLevel(perRun, null), all: isObject(perRun) && typeof perRun['all'] === 'number' ? perRun['all'] : null },
    reserve: byLevel(from['reserve'], 0),
    share: typeof from['share'] === 'number' ? from['share'] : 1,
    review: typeof from['review'] === 'number' ? from['review'] : REVIEW,
    quotas: Array.isArray(quotas) ? quotas.map(quotaOf) : null,
    ledger:
      !ledger && from['ledger'] === undefined
        ? defaultLedger(state)
        : (ledger ? ledgerFromVariable(ledger) : ledgerPlaceOf(from['ledger'])).place,
  };
};
const quotaOf = (value: Json): Quota => {
  // A config is made of a file whose form is right.
  const from = value as JsonObject;
  const levels = listAt(from, '/levels');
  return {
    levels: ([1, 2, 3] as const).filter((level) => levels.includes(level)),
    perSecond: Number(textOf(from['perSecond'])),
    perDay: typeof from['perDay'] === 'number' ? from['perDay'] : null,
  };
};
