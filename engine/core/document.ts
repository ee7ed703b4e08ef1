/** One YAML file as values with places. The only file that knows the parser (STYLE 2). */
import {
  Composer,
  type CST,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  type Node,
  Parser,
  type Document as YamlDocument,
} from 'yaml';
import { type CharacterFault, codeName, forbiddenCharacter, forbiddenCharacters } from './characters.ts';
import { type Diagnostic, type DiagnosticCode, sure } from './diagnostic.ts';
import type { ConcatRef, SecretRef } from './model.ts';
import type { Json } from './ports.ts';
import { keySpan, type Lines, linesOf, type Marks, markAt, span, type Written } from './positions.ts';
import { type Expanded, hasPlaceholder } from './variables.ts';
import { type ParserError, syntaxFaults, type YamlFault } from './yaml-faults.ts';

/** What a file may hold at most (DESIGN 9). Bytes are counted by whoever reads the file. */
export const LIMITS = {
  fileBytes: 4 * 1024 * 1024,
  totalBytes: 256 * 1024 * 1024,
  depth: 64,
  keysOfMap: 50_000,
  nodes: 5_000_000,
  /** Forbidden characters reported for one file. */
  characters: 20,
} as const;

export type ReadOptions = {
  /** Fills placeholders in; null leaves text as it is. */
  readonly expand: ((text: string) => Expanded) | null;
  /** Keys that are refused beside the three names of prototypes: the names of our own references. */
  readonly reservedKeys: readonly string[];
  /** Nodes that may still come. */
  readonly nodesLeft: number;
};

export type DocumentFile = {
  readonly file: string;
  readonly lines: Lines;
  readonly marks: Marks;
  /** The file's value; null for an empty file and for one that could not be read. */
  readonly value: Json;
  /** Numbers, booleans and nulls as they were written, by offset: `007`, `1.10`, `True`. */
  readonly plain: ReadonlyMap<number, string>;
  /** Offsets of values that have, or hold, a fault: what a schema says of them would be its echo. */
  readonly faulty: ReadonlySet<number>;
  readonly nodes: number;
  readonly diagnostics: readonly Diagnostic[];
};

export const writtenOf = ({ file, lines, marks, value, plain, faulty }: DocumentFile): Written => ({
  file,
  lines,
  marks,
  at: 0,
  keyAt: -1,
  value,
  plain,
  faulty,
});

/** With one of these a file is not what it seems: nothing of it is used. */
const FORM_CODES: readonly DiagnosticCode[] = ['YAML_ALIAS', 'YAML_MERGE', 'YAML_TOO_MANY_KEYS', 'YAML_TOO_MANY_NODES'];

type Walk = {
  readonly file: string;
  readonly text: string;
  readonly lines: Lines;
  readonly options: ReadOptions;
  readonly plain: Map<number, string>;
  readonly faulty: Set<number>;
  readonly diagnostics: Diagnostic[];
  marks: number[];
  nodes: number;
};

/**
 * Reads one file: the pre-scan, the parser under its limits, then values with marks.
 *
 * Never throws for what a file holds. A file with a fault of form has diagnostics and the value null; faults of single keys
 * and scalars leave out what they concern.
 */
export const readDocument = (file: string, text: string, options: ReadOptions): DocumentFile => {
  const lines = linesOf(text);
  const nothing = {
    file,
    lines,
    marks: new Int32Array(3),
    value: null,
    plain: new Map<number, string>(),
    faulty: new Set<number>(),
    nodes: 0,
  };
  const faults = forbiddenCharacters(text, LIMITS.characters);
  if (faults.length > 0)
    return { ...nothing, diagnostics: faults.map((fault) => characterDiagnostic(file, lines, fault, fault.offset)) };
  const composed = compose(text);
  const found = composed.faults.map(({ offset, length, ...fault }) => {
    const place = span(file, lines, offset, offset + (length ?? 1));
    return { severity: 'error', ...fault, ...place } satisfies Diagnostic;
  });
  if (found.length > 0 || composed.contents === null) return { ...nothing, diagnostics: found };
  const walk: Walk = {
    file,
    text,
    lines,
    options,
    plain: nothing.plain,
    faulty: nothing.faulty,
    diagnostics: found,
    marks: [],
    nodes: 0,
  };
  const value = readNode(walk, composed.contents, -1, -1);
  if (found.some(({ code }) => FORM_CODES.includes(code))) return { ...nothing, nodes: walk.nodes, diagnostics: found };
  return {
    file,
    lines,
    marks: Int32Array.from(walk.marks),
    value,
    plain: walk.plain,
    faulty: walk.faulty,
    nodes: walk.nodes,
    diagnostics: walk.diagnostics,
  };
};

const characterDiagnostic = (file: string, lines: Lines, fault: CharacterFault, offset: number): Diagnostic => ({
  code: 'CHARACTER_FORBIDDEN',
  severity: 'error',
  message: `${codeName(fault.code)}, ${fault.what}, may not stand in a file.`,
  hint: 'Delete it; it is invisible in most editors.',
  ...span(file, lines, offset, offset + 1),
});

// ---- text -> nodes --------------------------------------------------------------------------------------------------

type Composed = { readonly contents: Node | null; readonly faults: readonly YamlFault[] };

/** The parser's warnings go nowhere by themselves, and its errors never quote the file. */
const COMPOSER_OPTIONS = {
  version: '1.2',
  schema: 'core',
  uniqueKeys: false,
  merge: false,
  resolveKnownTags: false,
  logLevel: 'silent',
} as const;

/** Errors after which composing ends: each costs the parser an object with a stack, and a hostile file has millions. */
const ENOUGH_ERRORS = 20;
const ENOUGH = Symbol('enough errors');

const compose = (text: string): Composed => {
  const { tokens, openQuotes, fault } = tokensOf(text);
  if (fault !== null) return { contents: null, faults: [fault] };
  const errors: ParserError[] = [];
  const faults: YamlFault[] = [];
  const composer = composerInto(errors);
  const documents: YamlDocument.Parsed[] = [];
  let seen = 0;
  try {
    for (const token of tokens) {
      if (token.type === 'directive') {
        faults.push({
          code: 'YAML_DIRECTIVE',
          message: 'Directives are not allowed.',
          hint: 'Delete the line.',
          offset: token.offset,
          length: token.source.length,
        });
        break;
      }
      if (token.type === 'document' && ++seen > 1) {
        faults.push({
          code: 'YAML_MULTIPLE_DOCUMENTS',
          message: 'A second document begins here; a file holds one.',
          hint: 'Put it into a file of its own, or leave the line out.',
          offset: token.offset,
          length: 3,
        });
        break;
      }
      if (token.type === 'error') {
        errors.push({ code: 'UNEXPECTED_TOKEN', message: '', start: token.offset, end: token.offset + token.source.length });
        break;
      }
      documents.push(...(composer.next(token) as Generator<YamlDocument.Parsed>));
    }
    documents.push(...(composer.end() as Generator<YamlDocument.Parsed>));
  } catch (thrown) {
    if (thrown !== ENOUGH) throw thrown;
  }
  faults.push(...syntaxFaults(errors, text, openQuotes));
  return { contents: (documents[0]?.contents as Node | null | undefined) ?? null, faults };
};

type ErrorSource = number | readonly [number, number] | { readonly offset: number; readonly source?: string };

/** A composer that notes errors and warnings as plain values, and ends by throwing ENOUGH. */
const composerInto = (errors: ParserError[]): Composer => {
  const composer = new Composer(COMPOSER_OPTIONS);
  const onError = (source: ErrorSource, code: string, message: string): void => {
    const [start, end] =
      typeof source === 'number'
        ? [source, source + 1]
        : 'offset' in source
          ? [source.offset, source.offset + (typeof source.source === 'string' ? source.source.length : 1)]
          : source;
    // The composer catches what is thrown in a collection and reports it, level by level: not noted.
    if (errors.length >= ENOUGH_ERRORS) throw ENOUGH;
    errors.push({ code, message, start, end });
  };
  // The composer has no option for it; its own property takes every error and warning (yaml 2.9.1, pinned; a test holds it).
  (composer as unknown as { onError: typeof onError }).onError = onError;
  return composer;
};

type Tokens = { readonly tokens: readonly CST.Token[]; readonly openQuotes: readonly number[]; readonly fault: YamlFault | null };

/** The lexer's mark before a plain or block scalar; quoted ones come without. */
const SCALAR = '\x1f';

/**
 * Feeds the parser lexeme by lexeme and looks at its stack, which is the nesting of block and flow collections alike: the
 * parser and the composer recurse, and a file nested deeply enough ends the process instead of throwing (RELIABILITY 4.1).
 */
const tokensOf = (text: string): Tokens => {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  const openQuotes: number[] = [];
  let afterMark = false;
  let seen = 0;
  const take = (found: Iterable<CST.Token>): boolean => {
    for (const token of found) {
      if (!IDLE.includes(token.type)) tokens.push(token);
      if (FINAL.includes(token.type) || (token.type === 'document' && ++seen > 1)) return true;
    }
    return false;
  };
  for (const lexeme of new Lexer().lex(text)) {
    if (!afterMark && isOpenQuote(lexeme)) openQuotes.push((parser as unknown as { readonly offset: number }).offset);
    afterMark = lexeme === SCALAR;
    if (take(parser.next(lexeme))) return { tokens, openQuotes, fault: null };
    const { stack } = parser;
    if (stack.length > LIMITS.depth) {
      const collections = stack.filter(isCollectionToken);
      const last = collections.at(-1);
      if (collections.length > LIMITS.depth && last !== undefined) return { tokens, openQuotes, fault: tooDeep(last.offset) };
    }
    const top = stack[stack.length - 1];
    if (top !== undefined && 'items' in top && top.items.length > LIMITS.keysOfMap + 1)
      return { tokens, openQuotes, fault: tooManyKeys(top.offset, isMapToken(top)) };
  }
  take(parser.end());
  return { tokens, openQuotes, fault: null };
};

/** What stands between documents and says nothing. */
const IDLE: readonly string[] = ['newline', 'comment', 'space'];
/** Tokens that end the reading: a file may hold neither. */
const FINAL: readonly string[] = ['error', 'directive'];

const isCollectionToken = (token: CST.Token): boolean =>
  token.type === 'block-map' || token.type === 'block-seq' || token.type === 'flow-collection';
const isMapToken = (token: CST.Token): boolean =>
  token.type === 'block-map' || (token.type === 'flow-collection' && token.start.source === '{');
const isOpenQuote = (lexeme: string): boolean =>
  (lexeme.startsWith('"') && (lexeme.length === 1 || !lexeme.endsWith('"') || lexeme.endsWith('\\"'))) ||
  (lexeme.startsWith("'") && (lexeme.length === 1 || !lexeme.endsWith("'")));

const tooDeep = (offset: number): YamlFault => ({
  code: 'YAML_TOO_DEEP',
  message: `Maps and lists are nested more than ${LIMITS.depth} deep.`,
  hint: 'No resource needs as much; look for a bracket or a blank too many.',
  offset,
});
const tooManyKeys = (offset: number, isMap: boolean): YamlFault => ({
  code: 'YAML_TOO_MANY_KEYS',
  message: `A ${isMap ? 'map' : 'list'} has more than ${LIMITS.keysOfMap.toLocaleString('en-US')} ${isMap ? 'keys' : 'entries'}.`,
  hint: 'Spread it over several files.',
  offset,
});

// ---- nodes -> values ------------------------------------------------------------------------------------------------

const report = (
  walk: Walk,
  code: DiagnosticCode,
  message: string,
  start: number,
  end: number,
  more: Partial<Diagnostic> = {},
): void => {
  walk.diagnostics.push({ code, severity: 'error', message, ...span(walk.file, walk.lines, start, end), ...more });
};

/**
 * The value of a node; its marks are appended. A block map or list, and an empty value, are placed at their key.
 *
 * @param keyStart offset of the key it stands under; -1: none
 */
const readNode = (walk: Walk, node: Node | null, keyStart: number, keyEnd: number): Json => {
  const { marks } = walk;
  const head = marks.length;
  const [start, end] = node?.range ?? [keyStart, keyEnd];
  const isAtKey = keyStart >= 0 && (node === null || start === end || ((isMap(node) || isSeq(node)) && node.flow !== true));
  marks.push(isAtKey ? keyStart : start, isAtKey ? keyEnd : end, 0);
  walk.nodes++;
  if (walk.nodes > walk.options.nodesLeft) {
    if (walk.nodes === walk.options.nodesLeft + 1)
      report(
        walk,
        'YAML_TOO_MANY_NODES',
        `The files hold more than ${LIMITS.nodes.toLocaleString('en-US')} values in all.`,
        start,
        end,
        {
          hint: 'Split the workspace.',
        },
      );
    marks[head + 2] = 3;
    return null;
  }
  const before = walk.diagnostics.length;
  const value = valueOfNode(walk, node, start, end);
  if (walk.diagnostics.length > before) walk.faulty.add(markAt(walk.marks, head));
  walk.marks[head + 2] = walk.marks.length - head;
  return value;
};

const valueOfNode = (walk: Walk, node: Node | null, start: number, end: number): Json => {
  if (node === null) return null;
  if (isAlias(node)) {
    report(walk, 'YAML_ALIAS', 'Aliases are not allowed.', start, end, {
      hint: 'Write the value out, or use a variable or a set.',
    });
    return null;
  }
  reportAnchor(walk, node, start, end);
  if (isScalar(node)) return scalarOf(walk, node, start, end);
  if (isSeq(node))
    return isTooLong(walk, node.items, node.range, false) ? [] : node.items.map((item) => readNode(walk, item as Node, -1, -1));
  return isMap(node) ? mapOf(walk, node) : null;
};

type YamlScalar = { readonly value: unknown; readonly type?: string; readonly source?: string };

const scalarOf = (walk: Walk, { value, type, source = '' }: YamlScalar, start: number, end: number): Json => {
  if (typeof value === 'string') {
    if (type === 'QUOTE_DOUBLE' && checkEscapes(walk, value, false, start, end)) return '';
    return walk.options.expand !== null && hasPlaceholder(value) ? expanded(walk, walk.options.expand, value, start, end) : value;
  }
  if (end > start) walk.plain.set(start, source);
  if (typeof value !== 'number') return typeof value === 'boolean' ? value : null;
  if (Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value) || /[.eE]/.test(source)))
    return value === 0 ? 0 : value;
  // An id of 64 bits would lose its last digits as a number: it stays text (DEPENDENCIES 3).
  if (/^[-+]?\d+$/.test(source)) return source;
  report(walk, 'NUMBER_RANGE', 'This number cannot be kept exactly.', start, end, { hint: 'Quote it if it is text.' });
  return null;
};

/** True, and told, where an escape has brought a forbidden character. */
const checkEscapes = (walk: Walk, text: string, isKey: boolean, start: number, end: number): boolean => {
  const fault = forbiddenCharacter(text, isKey);
  if (fault === null) return false;
  report(
    walk,
    'CHARACTER_FORBIDDEN',
    `${codeName(fault.code)}, ${fault.what}, may not stand in ${isKey ? 'a key' : 'a value'}, nor be escaped.`,
    start,
    end,
    {
      hint: 'Leave it out.',
    },
  );
  return true;
};

const expanded = (
  walk: Walk,
  expand: (text: string) => Expanded,
  text: string,
  start: number,
  end: number,
): string | SecretRef | ConcatRef => {
  const { value, faults } = expand(text);
  for (const { index, length, ...fault } of faults) {
    const at = placeholderAt(walk.text.slice(start, end), text.slice(0, index).split('${').length - 1);
    walk.diagnostics.push({
      severity: 'error',
      ...fault,
      ...span(walk.file, walk.lines, at === null ? start : start + at, at === null ? end : start + at + length),
    });
  }
  return value;
};

/** Where the n-th `${` stands in the source; null where escapes hide it. */
const placeholderAt = (source: string, n: number): number | null => {
  let at = source.indexOf('${');
  for (let left = n; left > 0 && at !== -1; left--) at = source.indexOf('${', at + 2);
  return at === -1 ? null : at;
};

const PROTOTYPE_KEYS: readonly string[] = ['__proto__', 'constructor', 'prototype'];

type YamlPairs = {
  readonly items: readonly { readonly key: unknown; readonly value: unknown }[];
  readonly range?: readonly number[] | null;
};

const mapOf = (walk: Walk, { items, range }: YamlPairs): Json => {
  const { options } = walk;
  const value: Record<string, Json> = {};
  const begin = walk.marks.length;
  const starts = new Map<string, number>();
  let hasIndex = false;
  if (isTooLong(walk, items, range, true)) return value;
  for (const pair of items) {
    const keyNode = pair.key as Node | null;
    const [start, end] = sure(keyNode?.range, 'range of a key');
    const key = keyOf(walk, keyNode, start, end);
    const at = walk.marks.length;
    if (key === null) {
      // Told; what stands under the key is looked at all the same.
      if (!isMerge(keyNode)) readNode(walk, pair.value as Node | null, start, end);
      walk.marks.length = at;
      continue;
    }
    const isReserved = options.reservedKeys.includes(key);
    if (PROTOTYPE_KEYS.includes(key) || isReserved) {
      report(walk, 'KEY_FORBIDDEN', `"${key}" cannot be a key.`, start, end, {
        hint: isReserved ? 'It is what phinfra calls a reference by; write ${env:NAME} for a secret.' : 'Choose another name.',
      });
      continue;
    }
    const earlier = starts.get(key);
    if (earlier !== undefined) {
      const first = keySpan({
        file: walk.file,
        lines: walk.lines,
        marks: walk.marks as unknown as Marks,
        at: earlier + 2,
        keyAt: earlier,
        value: null,
        plain: walk.plain,
        faulty: walk.faulty,
      });
      report(walk, 'KEY_DUPLICATE', `"${key}" stands twice in one map.`, start, end, {
        hint: 'Keep one of them.',
        related: [{ message: 'The first one is here.', source: first.source }],
      });
      continue;
    }
    starts.set(key, at);
    walk.marks.push(start, end);
    value[key] = readNode(walk, pair.value as Node | null, start, end);
    hasIndex ||= isIndex(key);
  }
  if (hasIndex) reorder(walk, value, begin, starts);
  return value;
};

const isTooLong = (
  walk: Walk,
  items: readonly unknown[],
  range: readonly number[] | null | undefined,
  isMap: boolean,
): boolean => {
  if (items.length <= LIMITS.keysOfMap) return false;
  const { offset, code, message, hint = '' } = tooManyKeys(sure(range?.[0], 'range of a node'), isMap);
  report(walk, code, message, offset, offset + 1, { hint });
  return true;
};

const isMerge = (node: Node | null): boolean => isScalar(node) && node.source === '<<' && node.type === 'PLAIN';
const isIndex = (key: string): boolean => {
  const first = key.charCodeAt(0);
  return first >= 48 && first <= 57 && /^(0|[1-9]\d*)$/.test(key);
};

/** JavaScript enumerates keys that are whole numbers first: the marks follow it. */
const reorder = (walk: Walk, value: Record<string, Json>, begin: number, starts: ReadonlyMap<string, number>): void => {
  const { marks } = walk;
  const children = Object.keys(value).flatMap((key) => {
    const at = sure(starts.get(key), 'key of a map');
    return marks.slice(at, at + 2 + markAt(marks, at + 4));
  });
  marks.length = begin;
  for (const mark of children) marks.push(mark);
};

/** A key as text: a plain scalar counts as written (`17`, `true`, `1e3`). Null, and told: it cannot be a key. */
const keyOf = (walk: Walk, node: Node | null, start: number, end: number): string | null => {
  if (isAlias(node)) {
    report(walk, 'YAML_ALIAS', 'Aliases are not allowed.', start, end, { hint: 'Write the key out.' });
    return null;
  }
  if (!isScalar(node)) {
    report(walk, 'YAML_SYNTAX', 'A key must be text.', start, end, { hint: 'Maps and lists cannot be keys.' });
    return null;
  }
  reportAnchor(walk, node, start, end);
  const text = node.type === 'PLAIN' || node.type === undefined ? (node.source ?? '') : String(node.value);
  if (start === end) {
    report(walk, 'YAML_SYNTAX', 'A key is missing before the colon.', start, end + 1, {
      hint: 'Write "key: value"; quote a value that begins with a colon.',
    });
    return null;
  }
  if (isMerge(node)) {
    report(walk, 'YAML_MERGE', 'Merge keys are not allowed.', start, end, {
      hint: 'Write the values out; overlays change values for an environment.',
    });
    return null;
  }
  if (checkEscapes(walk, text, true, start, end)) return null;
  if (walk.options.expand === null || !hasPlaceholder(text)) return text;
  const before = walk.diagnostics.length;
  const value = expanded(walk, walk.options.expand, text, start, end);
  if (walk.diagnostics.length > before) return null;
  if (typeof value === 'string') return value;
  report(walk, 'SECRET_PLACE', 'A secret cannot be part of a key.', start, end, { hint: 'Use a variable: ${name}.' });
  return null;
};

const reportAnchor = (walk: Walk, node: Node, start: number, end: number): void => {
  const { anchor } = node as { anchor?: string };
  if (anchor === undefined) return;
  const at = walk.text.lastIndexOf(`&${anchor}`, start);
  report(walk, 'YAML_ALIAS', 'Anchors are not allowed.', at === -1 ? start : at, at === -1 ? end : at + anchor.length + 1, {
    hint: 'Leave it out; write values out, or use a variable or a set.',
  });
};
