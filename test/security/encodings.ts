/** Every form in which a text may hide in a file or an output. */

const percent = (bytes: Buffer, isKept: (char: string) => boolean, blank: string): string =>
  [...bytes]
    .map((byte) => {
      const char = String.fromCharCode(byte);
      return char === ' ' ? blank : byte < 0x80 && isKept(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');

/** Base64 of the text where it begins at one of the three offsets of a group: only what no neighbour can change. */
const base64At = (bytes: Buffer, offset: number): string => {
  const text = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString('base64')
    .replaceAll('=', '');
  const whole = Math.floor(((offset + bytes.length) * 8) / 6);
  return text.slice(offset === 0 ? 0 : offset + 1, whole);
};

/** The forms by name, each long enough that it cannot stand somewhere by chance. */
export const encodingsOf = (text: string): ReadonlyMap<string, string> => {
  const bytes = Buffer.from(text, 'utf8');
  const json = JSON.stringify(text).slice(1, -1);
  const forms: readonly (readonly [string, string])[] = [
    ['raw', text],
    ['JSON', json],
    ['JSON in JSON', JSON.stringify(json).slice(1, -1)],
    ['JSON in ASCII', json.replace(/[^\x20-\x7e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)],
    ['URL', encodeURIComponent(text)],
    ['URL, RFC 3986', percent(bytes, (char) => /[A-Za-z0-9\-._~]/.test(char), '%20')],
    ['form', percent(bytes, (char) => /[A-Za-z0-9*\-._]/.test(char), '+')],
    ['hex', bytes.toString('hex')],
    ['HEX', bytes.toString('hex').toUpperCase()],
    ...[0, 1, 2].map((offset) => [`base64 at ${offset}`, base64At(bytes, offset)] as const),
    ...[0, 1, 2].map(
      (offset) => [`base64url at ${offset}`, base64At(bytes, offset).replaceAll('+', '-').replaceAll('/', '_')] as const,
    ),
  ];
  return new Map(forms);
};

/** Names of the forms in which a text holds a secret. */
export const formsIn = (where: string, secret: string): readonly string[] =>
  [...encodingsOf(secret)].filter(([, form]) => where.includes(form)).map(([name]) => name);
