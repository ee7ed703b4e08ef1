/** Where values were written: offsets of a file's text, kept small, turned into lines and columns when asked for. */
import { type Source, sure } from './diagnostic.ts';
import { isObject, partsOf } from './json.ts';
import type { Json } from './ports.ts';

/** Offsets at which the lines of a text begin; columns count UTF-16 units, as editors do. */
export type Lines = Int32Array;
const lineStart = (lines: Lines, index: number): number => sure(lines[index], 'line of this number');

export const linesOf = (text: string): Lines => {
  const starts: number[] = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return Int32Array.from(starts);
};

/** The place of an offset: 1-based line and column. */
export const placeAt = (file: string, lines: Lines, offset: number): Source => {
  let low = 0;
  let high = lines.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (lineStart(lines, middle) <= offset) low = middle;
    else high = middle - 1;
  }
  return { file, line: low + 1, column: offset - lineStart(lines, low) + 1 };
};

/**
 * Offsets of a value and of everything in it, in the order in which JavaScript enumerates it:
 *
 *     value  start end span child*          span: how many numbers this value takes, its children included
 *     child  keyStart keyEnd value          of a map
 *            value                          of a list
 */
export type Marks = Int32Array;

/** One number of the marks. */
export const markAt = (marks: ArrayLike<number>, at: number): number => sure(marks[at], 'mark of a value');

export const VALUE_HEAD = 3;
export const KEY_HEAD = 2;

/** A written value: a file's lines and marks, and where in the marks the value begins. */
export type Written = {
  readonly file: string;
  readonly lines: Lines;
  readonly marks: Marks;
  readonly at: number;
  /** Marks of the key that the value stands under; -1: it has none. */
  readonly keyAt: number;
  readonly value: Json;
  /** Numbers, booleans and nulls as they were written, by offset. */
  readonly plain: ReadonlyMap<number, string>;
  /** Offsets of values that have a fault of their own, told already. */
  readonly faulty: ReadonlySet<number>;
};

/** True where a value has a fault of form: it is told, and what else is wrong with the value is its echo. */
export const isFaulty = ({ faulty, marks, at }: Written): boolean => faulty.has(markAt(marks, at));

/** What a walk to a pointer found. */
export type Found = {
  readonly written: Written;
  /** How many parts of the pointer were written. */
  readonly depth: number;
  /** True where the walk ended at a map that lacks the next key: an older layer may have it. */
  readonly open: boolean;
};

/** One step down; null where nothing is written there. */
export const childOf = (written: Written, part: string): Written | null => {
  const { marks, value } = written;
  const isLeaf = markAt(marks, written.at + 2) === VALUE_HEAD;
  if (isLeaf) return null;
  let at = written.at + VALUE_HEAD;
  if (Array.isArray(value)) {
    const index = /^(0|[1-9]\d*)$/.test(part) ? Number(part) : -1;
    if (index < 0 || index >= value.length) return null;
    for (let left = index; left > 0; left--) at += markAt(marks, at + 2);
    return { ...written, at, keyAt: -1, value: value[index] as Json };
  }
  if (!isObject(value) || !Object.hasOwn(value, part)) return null;
  for (const key of Object.keys(value)) {
    if (key === part) return { ...written, at: at + KEY_HEAD, keyAt: at, value: value[key] as Json };
    at += KEY_HEAD + markAt(marks, at + KEY_HEAD + 2);
  }
  return null;
};

/** All keys of a map with what is written under them, in one pass. */
export const childrenOf = (written: Written): readonly (readonly [key: string, child: Written])[] => {
  const { marks, value } = written;
  if (!isObject(value) || markAt(marks, written.at + 2) === VALUE_HEAD) return [];
  let at = written.at + VALUE_HEAD;
  return Object.keys(value).map((key) => {
    const child = { ...written, at: at + KEY_HEAD, keyAt: at, value: value[key] as Json };
    at += KEY_HEAD + markAt(marks, at + KEY_HEAD + 2);
    return [key, child];
  });
};

/** Walks as far as the parts lead. */
export const walk = (from: Written, parts: readonly string[]): Found => {
  let written = from;
  for (const [depth, part] of parts.entries()) {
    const child = childOf(written, part);
    if (child === null) return { written, depth, open: isObject(written.value) };
    written = child;
  }
  return { written, depth: parts.length, open: isObject(written.value) };
};

/** A place and how many characters are meant there. */
export type Span = { readonly source: Source; readonly length: number };

export const keySpan = ({ file, lines, marks, at, keyAt }: Written): Span => marked(file, lines, marks, keyAt < 0 ? at : keyAt);

export const valueSpan = ({ file, lines, marks, at }: Written): Span => marked(file, lines, marks, at);

const marked = (file: string, lines: Lines, marks: Marks, at: number): Span =>
  span(file, lines, markAt(marks, at), markAt(marks, at + 1));

/** A span from one offset to another, cut at the end of its first line. */
export const span = (file: string, lines: Lines, start: number, end: number): Span => {
  const source = placeAt(file, lines, start);
  const lineEnd = source.line < lines.length ? lineStart(lines, source.line) - 1 : end;
  return { source, length: Math.max(1, Math.min(end, lineEnd) - start) };
};

/**
 * The written value behind a pointer, where several files say what a resource is.
 *
 * @param layers from the first to the last that was merged; the last one that wrote something at the pointer, or replaced
 *               what was there, is meant. Where nothing is written there: the nearest parent that is.
 */
export const locate = (layers: readonly Written[], pointer: string): Found => {
  const parts = partsOf(pointer);
  let nearest: Found | null = null;
  for (let index = layers.length - 1; index >= 0; index--) {
    const found = walk(layers[index] as Written, parts);
    if (found.depth === parts.length || !found.open) return nearest && nearest.depth > found.depth ? nearest : found;
    if (nearest === null || found.depth > nearest.depth) nearest = found;
  }
  return sure(nearest, 'layer of a resource');
};
