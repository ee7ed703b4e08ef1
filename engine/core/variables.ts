/** `${name}`, `${env:NAME}`, `${file:path}` and the literal `$${` in text (DESIGN 2). No expressions. */
import { type DiagnosticCode, nearest } from './diagnostic.ts';
import { matcher } from './glob.ts';
import { isObject } from './json.ts';
import type { ConcatRef, SecretRef } from './model.ts';
import type { Json, JsonObject } from './ports.ts';

/** What a placeholder stands for, or why it stands for nothing. */
export type Meaning =
  | { readonly value: string | SecretRef }
  | { readonly code: DiagnosticCode; readonly message: string; readonly hint?: string };
export type Lookup = {
  readonly variable: (name: string) => Meaning;
  readonly source: (sort: 'env' | 'file', name: string) => Meaning;
};

/** `index` and `length` in the text as the parser gave it. */
export type TemplateFault = {
  readonly index: number;
  readonly length: number;
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly hint?: string;
};
export type Expanded = { readonly value: string | SecretRef | ConcatRef; readonly faults: readonly TemplateFault[] };

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_.-]*$/;
const ENV = /^env:([A-Za-z_][A-Za-z0-9_]*)$/;
const FILE = /^file:(\S.*)$/;

/** Quick test before `expandTemplate`: most text has no placeholder. */
export const hasPlaceholder = (text: string): boolean => text.includes('${');

/** Fills placeholders in; secrets stay references. What cannot be filled in is a fault, and stays away from the value. */
export const expandTemplate = (text: string, lookup: Lookup): Expanded => {
  const parts: (string | SecretRef)[] = [];
  const faults: TemplateFault[] = [];
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf('${', at);
    if (open === -1) break;
    if (open > at && text[open - 1] === '$') {
      parts.push(text.slice(at, open - 1), '${');
      at = open + 2;
      continue;
    }
    parts.push(text.slice(at, open));
    const close = text.indexOf('}', open);
    const inner = text.indexOf('${', open + 2);
    if (close === -1 || (inner !== -1 && inner < close)) {
      faults.push(malformed(open, close === -1 ? text.length : close + 1, close === -1));
      at = close === -1 ? text.length : text.indexOf('}', close + 1) === -1 ? text.length : close + 1;
      continue;
    }
    const meaning = meaningOf(text.slice(open + 2, close), lookup);
    if ('code' in meaning) faults.push({ index: open, length: close + 1 - open, ...meaning });
    else parts.push(meaning.value);
    at = close + 1;
  }
  parts.push(text.slice(at));
  return { value: joined(parts), faults };
};

const malformed = (index: number, end: number, isUnclosed: boolean): TemplateFault => ({
  index,
  length: end - index,
  code: 'VALUE_WRONG',
  message: isUnclosed ? 'A "${" is not closed.' : 'A "${" stands inside another one.',
  hint: isUnclosed
    ? 'Write ${name}, or $${ for the characters as such.'
    : 'Variables do not nest; name the whole value as one variable.',
});

const meaningOf = (inner: string, lookup: Lookup): Meaning => {
  if (VARIABLE.test(inner)) return lookup.variable(inner);
  const env = ENV.exec(inner)?.[1];
  if (env !== undefined) return lookup.source('env', env);
  const file = FILE.exec(inner)?.[1];
  if (file !== undefined) return lookup.source('file', file);
  return {
    code: 'VALUE_WRONG',
    message: 'This is not the name of a variable, nor env:NAME, nor file:path.',
    hint: 'Names are letters, digits, "_", "." and "-"; write $${ for the characters as such.',
  };
};

const joined = (parts: readonly (string | SecretRef)[]): string | SecretRef | ConcatRef => {
  const merged: (string | SecretRef)[] = [];
  for (const part of parts) {
    const last = merged.at(-1);
    if (part === '') continue;
    if (typeof part === 'string' && typeof last === 'string') merged[merged.length - 1] = last + part;
    else merged.push(part);
  }
  if (merged.length === 0) return '';
  const [only] = merged;
  return merged.length === 1 && only !== undefined ? only : { $concat: merged };
};

export const PREDEFINED = ['tenant', 'region', 'environment'] as const;

/** The meaning of a variable's name among the known ones. */
export const variableIn =
  (known: ReadonlyMap<string, string>) =>
  (name: string): Meaning => {
    const value = known.get(name);
    if (value !== undefined) return { value };
    if ((PREDEFINED as readonly string[]).includes(name))
      return {
        code: 'VARIABLE_UNSET',
        message: `The environment does not say its ${name}.`,
        hint: `Write ${name} in the environment in phinfra.yaml.`,
      };
    const near = nearest(name, [...known.keys(), ...PREDEFINED]);
    return {
      code: 'VARIABLE_UNKNOWN',
      message: `There is no variable "${name}".`,
      hint: near === null ? 'Write it under variables in phinfra.yaml, or give --var.' : `Did you mean "${near}"?`,
    };
  };

/** Variables that belong to us, to the service's credentials, or to the machinery that runs pipelines. */
const NEVER_SECRET =
  /^(PHINFRA|ALIBABA_CLOUD|ALIYUN|CI|GITHUB|ACTIONS|RUNNER|GITLAB|JENKINS|BUILDKITE|CIRCLE|TRAVIS|BITBUCKET|SYSTEM|TEAMCITY|DRONE)(_|$)/;

/** In resource files: sources are secrets, and only the allow list may be named. */
export const secretSources = (allowed: {
  readonly env: readonly string[];
  readonly files: readonly string[];
}): Lookup['source'] => {
  const isAllowed = { env: matcher(allowed.env), file: matcher(allowed.files) };
  return (sort, name) => {
    if (sort === 'env' && NEVER_SECRET.test(name))
      return {
        code: 'SECRET_NOT_ALLOWED',
        message: `"${name}" belongs to phinfra, the cloud's credentials or the pipeline, and is never a secret's source.`,
        hint: 'Give the secret a variable of its own.',
      };
    const isPlain = sort === 'env' || !name.split('/').some((part) => part === '..' || part === '.');
    if (isPlain && isAllowed[sort](name)) return { value: { $secret: `${sort}:${name}` } };
    return {
      code: 'SECRET_NOT_ALLOWED',
      message: `"${sort}:${name}" is not among the sources that secrets may name.`,
      hint: `Add it to secrets.${sort === 'env' ? 'env' : 'files'} in phinfra.yaml, or use $\{name} for a variable.`,
    };
  };
};

/** Names of variables that hold secrets: a file must not be able to turn one into a description that a plan shows. */
const SECRET_NAME = /^(ALIBABA_CLOUD|ALIYUN)_|PASSWORD|PASSWD|SECRET|TOKEN|CREDENTIAL|KEYTAB|KEY(_|$)|(^|_)(PASS|PW|PWD)(_|$)/i;

/**
 * In phinfra.yaml variables of the environment are plain values, which plans show.
 *
 * @param secrets globs of the variables that are secrets' sources: never plain values
 */
export const plainSources = (env: Readonly<Record<string, string | undefined>>, secrets: readonly string[]): Lookup['source'] => {
  const isListed = matcher(secrets);
  return (sort, name) => {
    if (sort === 'file')
      return { code: 'SECRET_PLACE', message: 'phinfra.yaml takes nothing from files.', hint: 'Use ${env:NAME}.' };
    if (SECRET_NAME.test(name) || isListed(name))
      return {
        code: 'SECRET_PLACE',
        message: `"${name}" is the name of a secret, and what phinfra.yaml says is shown in plans.`,
        hint: 'Name secrets in resource files, where they stay references.',
      };
    const value = Object.hasOwn(env, name) ? env[name] : undefined;
    return value === undefined
      ? {
          code: 'VARIABLE_UNSET',
          message: `The environment variable "${name}" is not set.`,
          hint: `Set ${name} where phinfra runs.`,
        }
      : { value };
  };
};

export const isSecret = (value: Json | undefined): value is SecretRef | ConcatRef =>
  isObject(value) && (typeof value['$secret'] === 'string' || Array.isArray(value['$concat']));

/** A value as it would be written: secrets as `${env:NAME}`, a literal `${` as `$${`. */
export const asWritten = (value: Json): Json => {
  if (typeof value === 'string') return value.replaceAll('${', () => '$${');
  if (Array.isArray(value)) return value.map(asWritten);
  if (!isObject(value)) return value;
  if (typeof value['$secret'] === 'string') return `\${${value['$secret']}}`;
  const concat = value['$concat'];
  if (Array.isArray(concat)) return concat.map((part) => asWritten(part)).join('');
  const copy: Record<string, Json> = {};
  for (const key of Object.keys(value)) copy[key.replaceAll('${', () => '$${')] = asWritten(value[key] as Json);
  return copy as JsonObject;
};
