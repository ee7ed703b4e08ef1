import { describe, expect, it } from 'vitest';
import { encodingsOf, formsIn } from './encodings.ts';

const SECRET = 'c4n@ry "7/Zß+&=?财_x';

describe('the forms of a secret', () => {
  it('are found where others would have put them', () => {
    const found = (text: string): string => formsIn(text, SECRET).join(', ');
    expect(found(`before ${SECRET} after`)).toContain('raw');
    expect(found(JSON.stringify({ a: SECRET }))).toContain('JSON');
    expect(found(JSON.stringify(JSON.stringify({ a: SECRET })))).toContain('JSON in JSON');
    expect(found(new URLSearchParams({ a: SECRET }).toString())).toContain('form');
    expect(found(encodeURIComponent(SECRET))).toContain('URL');
    expect(found(Buffer.from(SECRET).toString('hex'))).toBe('hex');
    for (const before of ['', 'x', 'xy', 'xyz', 'user:'])
      for (const after of ['', 'z', 'zz'])
        expect(found(Buffer.from(before + SECRET + after).toString('base64'))).toMatch(/base64 at \d/);
  });

  it('are long enough to mean something, and are not found where there is nothing', () => {
    for (const [name, form] of encodingsOf(SECRET)) expect([name, form.length > 16]).toEqual([name, true]);
    expect(formsIn('nothing of it here, not even half: c4n@ry "7/Zß', SECRET)).toEqual([]);
  });
});
