/** Text of the service and of the network, made fit to be shown: no secrets, no addresses, nothing that a terminal acts on. */
import { sure } from '../core/diagnostic.ts';
import type { Json } from '../core/ports.ts';

const MAX_MESSAGE = 300;
const MAX_CODE = 128;

/** Controls (C0, DEL, C1), line and paragraph separators, bidi overrides and isolates, zero width and other invisible characters. */
const UNPRINTABLE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;
/** Halves of surrogate pairs that stand alone. */
const LONE = /[\ud800-\udfff]/gu;

const escapeCharacter = (character: string): string => `\\u{${sure(character.codePointAt(0), 'character').toString(16)}}`;

/** Text from outside with what cannot be seen written as `\u{…}`, at most `limit` characters. */
export const printable = (text: string, limit: number): string => {
  const shown = text.replace(UNPRINTABLE, escapeCharacter).replace(LONE, escapeCharacter);
  const characters = [...shown.slice(0, limit * 2)];
  return characters.length > limit || shown.length > limit * 2 ? `${characters.slice(0, limit - 1).join('')}…` : shown;
};

/** Answers to a wrong signature repeat what was signed, the query and the commands with it (RELIABILITY T9). */
const FIXED: Readonly<Record<string, string>> = {
  SignatureDoesNotMatch:
    'the service computed another signature: the AccessKey secret is wrong, or the gateway wants the other signature version',
  IncompleteSignature: 'the service misses a part of the signature',
};

const HIDDEN: readonly (readonly [RegExp, string])[] = [
  [/(server )?string ?to ?sign.*$/is, '[left out]'],
  [/[a-z][a-z0-9+.-]{0,20}:\/\/[^\s"'<>]+/gi, '[address]'],
  [/\b(Signature|AccessKey(Id|Secret)?|SecurityToken|Authorization|Credential)=[^\s&,;]+/gi, '$1=[hidden]'],
  [/\S{0,100}[?&][A-Za-z]\w{0,60}=\S*/g, '[query]'],
];

/** Text as a sentence: a capital at its beginning, a full stop at its end. */
export const sentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?!]$/.test(text) ? '' : '.'}`;

const alternatives = (texts: readonly string[]): RegExp =>
  new RegExp(
    [...texts]
      .sort((a, b) => b.length - a.length)
      .map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('|'),
    'g',
  );

/**
 * A message of the service as it may be shown.
 *
 * @param hidden texts that must not appear, in any of their usual spellings: secrets that went out with the request
 */
export const safeMessage = (code: string, message: string, hidden: readonly string[]): string => {
  const fixed = Object.hasOwn(FIXED, code) ? FIXED[code] : undefined;
  if (fixed !== undefined) return fixed;
  // Cut far behind the limit that is shown: no half of a secret at the end, and no pattern that runs over megabytes.
  let text = message.slice(0, 64_000);
  // All at once, the longest first: what stands in the place of one secret is no place for another.
  const all = [...new Set(hidden.filter((secret) => secret !== '').flatMap((secret) => [...spellings(secret)]))];
  if (all.length > 0) text = text.replace(alternatives(all), '[hidden]');
  text = text.slice(0, 8_000);
  for (const [pattern, instead] of HIDDEN) text = text.replace(pattern, instead);
  return printable(text, MAX_MESSAGE);
};

const spellings = (secret: string): readonly string[] => [
  secret,
  JSON.stringify(secret).slice(1, -1),
  encodeURIComponent(secret),
  Buffer.from(secret, 'utf8').toString('base64'),
];

/** A code of the service; branching on it is safe, since printing changes nothing in codes of the usual characters. */
export const safeCode = (code: string): string => printable(code, MAX_CODE);

/** A request id in the characters that the service uses; anything else is not shown at all. */
export const safeRequestId = (id: unknown): string | null => (typeof id === 'string' && /^[\w.-]{1,80}$/.test(id) ? id : null);

const SECRET_NAME = /password|passwd|secret|token|credential|private.?key|access.?key/i;

/**
 * Values of a request that are secret by their place: fields with a telling name, and the `Value` of every `Key`/`Value`
 * pair (BEHAVIOUR 3.5, 3.6: configurations hold passwords under keys that nobody lists). Shorter than four characters they
 * would hide ordinary words, and are left.
 */
export const secretTexts = (value: Json): string[] => {
  if (Array.isArray(value)) return value.flatMap(secretTexts);
  if (typeof value !== 'object' || value === null) return [];
  const isPair = 'Key' in value && 'Value' in value;
  return Object.entries(value).flatMap(([name, field]) =>
    typeof field === 'string'
      ? field.length >= 4 && (SECRET_NAME.test(name) || (isPair && name === 'Value'))
        ? [field]
        : []
      : secretTexts(field),
  );
};
