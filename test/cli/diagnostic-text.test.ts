import { describe, expect, it } from 'vitest';
import type { Diagnostic } from '../../cli/engine.ts';
import { renderDiagnostics } from '../../cli/render/diagnostic.ts';
import { widthFor } from '../../cli/render/lines.ts';

const canary = 'hunter2-canary';
const error = (over: Partial<Diagnostic>): Diagnostic => ({
  code: 'TYPE_WRONG',
  severity: 'error',
  message: 'It is wrong.',
  ...over,
});
const shown = (text: string, over: Partial<Diagnostic>, width = 100): string =>
  renderDiagnostics([error(over)], { color: false, width, text: (file) => (file === 'a.yaml' ? text : null) });
const at = (line: number, column: number) => ({ source: { file: 'a.yaml', line, column } });

describe('a message', () => {
  it('reads like the sketch of the design', () => {
    const text = `${'\n'.repeat(11)}    computeSource: { dev: mc_finanse_dev, prod: mc_finance_prod }\n`;
    const diagnostic = error({
      code: 'REFERENCE_UNKNOWN',
      message: 'No compute source "mc_finanse_dev" is declared here or exists in the tenant.',
      hint: 'Did you mean mc_finance_dev (platform/compute.yaml:3)?',
      source: { file: 'platform/projects.yaml', line: 12, column: 27 },
      length: 14,
    });
    expect(renderDiagnostics([diagnostic], { color: false, width: 100, text: () => text })).toBe(
      [
        'error REFERENCE_UNKNOWN   platform/projects.yaml:12:27',
        '  12 │     computeSource: { dev: mc_finanse_dev, prod: mc_finance_prod }',
        '     │                           ^^^^^^^^^^^^^^',
        '  No compute source "mc_finanse_dev" is declared here or exists in the tenant.',
        '  Did you mean mc_finance_dev (platform/compute.yaml:3)?',
        '',
      ].join('\n'),
    );
  });

  it('names the other places that belong to it', () => {
    const text = shown('x: 1\nx: 2\n', {
      ...at(2, 1),
      related: [{ message: 'first here', source: { file: 'a.yaml', line: 1, column: 1 } }],
    });
    expect(text).toBe('error TYPE_WRONG   a.yaml:2:1\n  2 │ x: 2\n    │ ^\n  It is wrong.\n  first here   a.yaml:1:1\n');
  });

  it('has no excerpt where the file or the line is gone', () => {
    expect(shown('x: 1', { source: { file: 'b.yaml', line: 1, column: 1 } })).toBe(
      'error TYPE_WRONG   b.yaml:1:1\n  It is wrong.\n',
    );
    expect(shown('x: 1', at(9, 1))).toBe('error TYPE_WRONG   a.yaml:9:1\n  It is wrong.\n');
  });

  it('points at the right column behind Chinese text and escaped characters', async () => {
    const line = '财务\u200b: wrong';
    const widthOf = await widthFor(line);
    const text = renderDiagnostics([error({ ...at(1, 6), length: 5 })], { color: false, width: 100, widthOf, text: () => line });
    expect(text.split('\n').slice(1, 3)).toEqual(['  1 │ 财务\\u{200b}: wrong', `    │ ${' '.repeat(14)}^^^^^`]);
  });

  it('cuts a long line to a window around the place', () => {
    const lines = shown(`key: ${'a'.repeat(400)}WRONG${'b'.repeat(400)}`, { ...at(1, 406), length: 5 }, 80).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    const [, excerpt = '', carets = ''] = lines;
    expect(excerpt.slice(carets.indexOf('^'), carets.lastIndexOf('^') + 1)).toBe('WRONG');
  });
});

describe('many messages', () => {
  const render = (diagnostics: readonly Diagnostic[]): string =>
    renderDiagnostics(diagnostics, { color: false, width: 100, text: () => null });

  it('show errors before warnings and notes', () => {
    const text = render([
      error({ severity: 'info', code: 'PERSON_RENAMED' }),
      error({ severity: 'warning', code: 'PERSON_GONE' }),
      error({ code: 'VALUE_WRONG' }),
    ]);
    expect(text.match(/^\w+ [A-Z_]+/gm)).toEqual(['error VALUE_WRONG', 'warning PERSON_GONE', 'info PERSON_RENAMED']);
  });

  it('stop at twenty and tell how many there are', () => {
    const text = render(Array.from({ length: 57 }, () => error({})));
    expect(text.match(/^error /gm)).toHaveLength(20);
    expect(text.trimEnd().split('\n').at(-1)).toBe('20 of 57 messages are shown; --format json has them all.');
  });
});

describe('an excerpt never shows a secret', () => {
  const cases: readonly (readonly [name: string, text: string, over: Partial<Diagnostic>])[] = [
    ['the value of a secret key', `jdbc.password: ${canary}`, at(1, 16)],
    ['in quotes', `  "maxcompute.access.key": "${canary}"`, at(1, 28)],
    ['access-key, access_key, accessKey', `{ access-key: ${canary}1, access_key: ${canary}2, accessKey: ${canary}3 }`, at(1, 3)],
    ['in a flow map, with the place elsewhere', `config: { jdbc.username: reader, jdbc.password: ${canary}, x: 1 }`, at(1, 11)],
    ['behind the place, in upper case', `{ wrong: 1, API_TOKEN: ${canary} }`, at(1, 3)],
    ['a literal under any key', `  portal: ${canary}`, { ...at(1, 11), code: 'SECRET_LITERAL', length: 14 }],
    ['a literal with colons in it', `  portal: "a:${canary}"`, { ...at(1, 11), code: 'SECRET_LITERAL' }],
    ['a literal, told at its key', `  portal: ${canary}`, { ...at(1, 3), code: 'SECRET_LITERAL' }],
    ['a block below a secret key', `a:\n  krb.keytab: |\n    one\n    ${canary}\n`, at(4, 5)],
    ['a map below a secret key', `a:\n  secret:\n    inner: ${canary}\n`, at(3, 12)],
    ['an open quote that goes on', `a: { secret: "one\n${canary}", b: 1 }`, at(2, 1)],
    ['an open quote that goes on, two lines later', `  secret: "one\n  two\n  x: ${canary}"`, at(3, 3)],
    ['an address with a password in it', `jdbc.url: mysql://root:${canary}@db.example.com/x`, at(1, 11)],
    ['a source with a literal around it', `password: "\${env:A}${canary}"`, at(1, 11)],
    ['the value of an explicit key', `? password\n: ${canary}`, at(2, 3)],
    ['a comment beside a source', `password: "\${env:A}" # ${canary}`, at(1, 11)],
  ];
  it.each(cases)('%s', (_name, text, over) => {
    const rendered = shown(text, over);
    expect(rendered).not.toContain(canary);
    expect(rendered).toContain('(hidden)');
  });

  it('but shows the source that a secret is to come from, and what is no secret', () => {
    expect(shown('jdbc.password: "${env:ORDERS_PW}"', at(1, 16))).toContain('│ jdbc.password: "${env:ORDERS_PW}"\n');
    expect(shown('krb.keytabFilename: a.keytab', at(1, 1))).toContain('│ krb.keytabFilename: a.keytab\n');
    expect(shown('secretsVersion: 2026', at(1, 1))).toContain('│ secretsVersion: 2026\n');
    expect(shown('a:\n  password: "${env:X}"\n  b: visible', at(3, 3))).toContain('│   b: visible\n');
  });
});
