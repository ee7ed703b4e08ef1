/** JSON in and out without losing a digit of a 64-bit number (BEHAVIOUR 1.7). */
import { parse } from 'lossless-json';
import type { AnswerShape } from '../engine/operations/shapes.ts';
import type { Json } from './json.ts';

/** Only text with a long run of digits can hold a number that `JSON.parse` would round. */
const MAY_LOSE = /\d{16}/;
const keepDigits = (text: string): number | string => {
  const number = Number(text);
  return /^-?\d+$/.test(text) && !Number.isSafeInteger(number) ? text : number;
};

/** JSON text as a value, integers beyond the safe range as their digits; undefined where it is not JSON. */
export const parseLossless = (text: string): Json | undefined => {
  try {
    return (MAY_LOSE.test(text) ? parse(text, undefined, keepDigits) : JSON.parse(text)) as Json;
  } catch {
    return undefined;
  }
};

/** A value as JSON text: digits held as text come out bare where the answer's shape says number, quoted elsewhere. */
export const emit = (value: Json, shape: AnswerShape | undefined): string => {
  if (typeof value === 'string') return shape === 'number' && /^-?\d+$/.test(value) ? value : JSON.stringify(value);
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) {
    const item = Array.isArray(shape) ? (shape[0] as AnswerShape) : undefined;
    let text = '';
    for (const one of value as readonly Json[]) text += `${text === '' ? '' : ','}${emit(one, item)}`;
    return `[${text}]`;
  }
  const fields =
    typeof shape === 'object' && !Array.isArray(shape) ? (shape as { readonly [key: string]: AnswerShape }) : undefined;
  let text = '';
  for (const [key, one] of Object.entries(value as { readonly [key: string]: Json | undefined }))
    if (one !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${emit(one, fields?.[key] ?? fields?.['*'])}`;
  return `{${text}}`;
};
