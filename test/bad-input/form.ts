/** Faults of a file's form: characters, YAML, limits. */
import type { Case } from './harness.ts';

const lines = (count: number, of: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => of(index)).join('\n');
const bytes = (...parts: (string | number[])[]): Uint8Array =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'utf8') : Buffer.from(part))));

export const FORM: readonly Case[] = [
  // characters
  {
    claim: 'a NUL',
    resources: 'userGroups:\n  a: { description: "x\0y" }\n',
    expected: ['r.yaml:2:23 CHARACTER_FORBIDDEN'],
    says: 'U+0000',
  },
  {
    claim: 'an escape character',
    resources: 'userGroups:\n  \u001ba: {}\n',
    expected: ['r.yaml:2:3 CHARACTER_FORBIDDEN'],
    says: 'U+001B',
  },
  {
    claim: 'a C1 control',
    resources: 'userGroups: { a: {} } # \u0085\n',
    expected: ['r.yaml:1:25 CHARACTER_FORBIDDEN'],
    says: 'U+0085',
  },
  {
    claim: 'a bidi override',
    resources: 'userGroups:\n  a:\n    description: x\u202ey\n',
    expected: ['r.yaml:3:19 CHARACTER_FORBIDDEN'],
    says: 'U+202E',
  },
  {
    claim: 'a bidi isolate in a comment',
    resources: '# \u2066\nuserGroups: {}\n',
    expected: ['r.yaml:1:3 CHARACTER_FORBIDDEN'],
    says: 'U+2066',
  },
  {
    claim: 'a zero width joiner in a name',
    resources: 'userGroups:\n  a\u200db: {}\n',
    expected: ['r.yaml:2:4 CHARACTER_FORBIDDEN'],
    says: 'U+200D',
  },
  {
    claim: 'a soft hyphen',
    resources: 'userGroups:\n  a\u00adb: {}\n',
    expected: ['r.yaml:2:4 CHARACTER_FORBIDDEN'],
    says: 'U+00AD',
  },
  {
    claim: 'a second byte order mark',
    resources: '\ufeff\ufeffuserGroups: {}\n',
    expected: ['r.yaml:1:1 CHARACTER_FORBIDDEN'],
    says: 'U+FEFF',
  },
  {
    claim: 'a line separator',
    resources: 'userGroups: {} # \u2028\n',
    expected: ['r.yaml:1:18 CHARACTER_FORBIDDEN'],
    says: 'U+2028',
  },
  {
    claim: 'an invisible tag character',
    resources: 'userGroups:\n  a\u{e0041}: {}\n',
    expected: ['r.yaml:2:4 CHARACTER_FORBIDDEN'],
    says: 'U+E0041',
  },
  {
    claim: 'a carriage return that ends no line',
    resources: 'userGroups: {}\r# x\n',
    expected: ['r.yaml:1:15 CHARACTER_FORBIDDEN'],
    says: 'U+000D',
  },
  {
    claim: 'several forbidden characters, all told',
    resources: 'userGroups:\n  a\u200b: {}\n  b: { description: "\u0007" }\n',
    expected: ['r.yaml:2:4 CHARACTER_FORBIDDEN', 'r.yaml:3:22 CHARACTER_FORBIDDEN'],
  },
  {
    claim: 'a bidi override by escape',
    resources: 'userGroups:\n  a: { description: "x\\u202ey" }\n',
    expected: ['r.yaml:2:21 CHARACTER_FORBIDDEN'],
    says: 'U+202E',
  },
  {
    claim: 'a lone surrogate by escape',
    resources: 'userGroups:\n  a: { description: "\\ud800" }\n',
    expected: ['r.yaml:2:21 CHARACTER_FORBIDDEN'],
    says: 'U+D800',
  },
  {
    claim: 'a line break in a key by escape',
    resources: 'userGroups:\n  "a\\nb": {}\n',
    expected: ['r.yaml:2:3 CHARACTER_FORBIDDEN'],
    says: 'U+000A',
  },
  // encodings
  {
    claim: 'UTF-16 with a mark',
    files: { 'r.yaml': bytes([0xff, 0xfe], [0x61, 0, 0x3a, 0]) },
    expected: ['r.yaml:1:1 FILE_ENCODING'],
    says: 'UTF-16',
  },
  {
    claim: 'UTF-16 without a mark',
    files: { 'r.yaml': Buffer.from('userGroups: {}', 'utf16le') },
    expected: ['r.yaml:1:1 FILE_ENCODING'],
    says: 'UTF-16',
  },
  {
    claim: 'UTF-32',
    files: { 'r.yaml': bytes([0xff, 0xfe, 0, 0, 0x61, 0, 0, 0]) },
    expected: ['r.yaml:1:1 FILE_ENCODING'],
    says: 'UTF-32',
  },
  {
    claim: 'Latin-1',
    files: { 'r.yaml': bytes('userGroups:\n  é: { description: "', [0xe9], '" }\n') },
    expected: ['r.yaml:2:22 FILE_ENCODING'],
  },
  { claim: 'an overlong sequence', files: { 'r.yaml': bytes('a: ', [0xc0, 0xaf]) }, expected: ['r.yaml:1:4 FILE_ENCODING'] },
  {
    claim: 'a surrogate in bytes',
    files: { 'r.yaml': bytes('a: ', [0xed, 0xa0, 0x80]) },
    expected: ['r.yaml:1:4 FILE_ENCODING'],
  },
  {
    claim: 'a sequence that is cut off',
    files: { 'r.yaml': bytes('a: x', [0xe2, 0x82]) },
    expected: ['r.yaml:1:5 FILE_ENCODING'],
  },
  {
    claim: 'UTF-16 as the workspace file',
    files: { 'phinfra.yaml': bytes([0xfe, 0xff, 0, 0x61]) },
    expected: ['phinfra.yaml:1:1 FILE_ENCODING'],
  },
  // YAML
  { claim: 'a tab as indentation', resources: 'userGroups:\n\ta: {}\n', expected: ['r.yaml:2:1 YAML_SYNTAX'], says: 'blanks' },
  {
    claim: 'a double quote that is never closed',
    resources: 'userGroups:\n  a:\n    description: "x\n  b: {}\n',
    expected: ['r.yaml:3:18 YAML_SYNTAX'],
    says: 'never closed',
  },
  {
    claim: 'a single quote that is never closed',
    resources: "userGroups:\n  'a: {}\n",
    expected: ['r.yaml:2:3 YAML_SYNTAX'],
    says: 'never closed',
  },
  {
    claim: 'a brace that is never closed',
    resources: 'userGroups:\n  a: { active: true\n  b: {}\n',
    expected: ['r.yaml:3:3 YAML_SYNTAX'],
    says: '"{"',
  },
  {
    claim: 'a bracket that is closed by a brace',
    resources: 'userGroups: { a: { members: [x } }\n',
    expected: ['r.yaml:1:32 YAML_SYNTAX'],
    says: '"["',
  },
  { claim: 'a brace too many', resources: 'userGroups: {} }\n', expected: ['r.yaml:1:16 YAML_SYNTAX'] },
  {
    claim: 'keys of one map at two columns',
    resources: 'userGroups:\n   a: {}\n  b: {}\n',
    expected: ['r.yaml:3:1 YAML_SYNTAX'],
    says: 'indentation',
  },
  { claim: 'two pairs on one line', resources: 'userGroups:\n  a: b: {}\n', expected: ['r.yaml:2:6 YAML_SYNTAX'] },
  { claim: 'a missing colon', resources: 'userGroups\n  a: {}\n', expected: ['r.yaml:1:1 YAML_SYNTAX'], says: 'colon' },
  {
    claim: 'a value that begins with @',
    resources: 'userGroups:\n  a: { description: @x }\n',
    expected: ['r.yaml:2:21 YAML_SYNTAX'],
    says: 'Quote',
  },
  {
    claim: 'an unknown escape',
    resources: 'userGroups:\n  a: { description: "\\q" }\n',
    expected: ['r.yaml:2:22 YAML_SYNTAX'],
    says: 'backslash',
  },
  { claim: 'a comment without a blank', resources: 'userGroups: {}#x\n', expected: ['r.yaml:1:15 YAML_SYNTAX'], says: 'blank' },
  {
    claim: 'a placeholder without quotes in braces',
    resources: 'userGroups: { a: { description: ${team} } }\n',
    expected: ['r.yaml:1:34 YAML_SYNTAX'],
    says: 'Quote values with ${…}',
  },
  {
    claim: 'a key over 1,024 characters',
    resources: `${'x'.repeat(1100)}: {}\n`,
    expected: ['r.yaml:1:1 YAML_SYNTAX'],
    says: '1,024',
  },
  { claim: 'a list as a key', resources: '? [a]\n: {}\n', expected: ['r.yaml:1:3 YAML_SYNTAX'], says: 'must be text' },
  { claim: 'no key before a colon', resources: ': {}\n', expected: ['r.yaml:1:1 YAML_SYNTAX'], says: 'missing' },
  { claim: 'a second document', resources: 'userGroups: {}\n---\nsets: {}\n', expected: ['r.yaml:2:1 YAML_MULTIPLE_DOCUMENTS'] },
  {
    claim: 'a second document after an end mark',
    resources: 'userGroups: {}\n...\nsets: {}\n',
    expected: ['r.yaml:3:1 YAML_MULTIPLE_DOCUMENTS'],
  },
  { claim: 'a directive', resources: '%YAML 1.1\n---\nuserGroups: {}\n', expected: ['r.yaml:1:1 YAML_DIRECTIVE'] },
  { claim: 'an anchor', resources: 'userGroups:\n  a: &x {}\n', expected: ['r.yaml:2:6 YAML_ALIAS'] },
  {
    claim: 'an anchor and its alias',
    resources: 'userGroups:\n  a: &x\n    active: true\n  b: *x\n',
    expected: ['r.yaml:2:6 YAML_ALIAS', 'r.yaml:4:6 YAML_ALIAS'],
  },
  {
    claim: 'an alias bomb',
    resources: `a: &a [x, x]\nb: &b [*a, *a]\n`,
    expected: ['r.yaml:1:4 YAML_ALIAS', 'r.yaml:2:4 YAML_ALIAS', 'r.yaml:2:8 YAML_ALIAS', 'r.yaml:2:12 YAML_ALIAS'],
  },
  { claim: 'a merge key', resources: 'userGroups:\n  a:\n    <<: { active: true }\n', expected: ['r.yaml:3:5 YAML_MERGE'] },
  { claim: 'an unknown tag', resources: 'userGroups:\n  a: !group {}\n', expected: ['r.yaml:2:6 YAML_TAG'] },
  {
    claim: 'a tag that would run code elsewhere',
    resources: 'userGroups:\n  a: { description: !!js/function "x" }\n',
    expected: ['r.yaml:2:21 YAML_TAG'],
  },
  { claim: 'a binary tag', resources: 'userGroups:\n  a: { description: !!binary aGk= }\n', expected: ['r.yaml:2:21 YAML_TAG'] },
  { claim: 'the same key twice', resources: 'userGroups:\n  a: {}\n  b: {}\n  a: {}\n', expected: ['r.yaml:4:3 KEY_DUPLICATE'] },
  {
    claim: 'the same field twice',
    resources: 'userGroups:\n  a:\n    active: true\n    "active": false\n',
    expected: ['r.yaml:4:5 KEY_DUPLICATE'],
  },
  {
    claim: 'the same key by a variable',
    resources: 'userGroups:\n  finance: {}\n  "${team}": {}\n',
    expected: ['r.yaml:3:3 KEY_DUPLICATE'],
  },
  { claim: 'a key __proto__', resources: 'userGroups:\n  __proto__: { active: true }\n', expected: ['r.yaml:2:3 KEY_FORBIDDEN'] },
  {
    claim: 'keys constructor and prototype',
    resources: 'userGroups:\n  a: { constructor: { "prototype": 1 } }\n',
    expected: ['r.yaml:2:8 KEY_FORBIDDEN'],
  },
  {
    claim: 'a reference that is written by hand',
    resources: 'userGroups:\n  a: { description: { $secret: "env:HOME" } }\n',
    expected: ['r.yaml:2:23 KEY_FORBIDDEN'],
  },
  { claim: 'infinity', resources: 'userGroups:\n  a: { active: .inf }\n', expected: ['r.yaml:2:16 NUMBER_RANGE'] },
  // limits
  { claim: 'flow collections 65 deep', resources: '['.repeat(65) + ']'.repeat(65), expected: ['r.yaml:1:65 YAML_TOO_DEEP'] },
  {
    claim: 'block maps 65 deep',
    resources: lines(65, (depth) => `${' '.repeat(depth)}a:`),
    expected: ['r.yaml:65:65 YAML_TOO_DEEP'],
  },
  {
    claim: 'block lists 2,000,000 deep on one line',
    resources: '- '.repeat(2_000_000),
    expected: ['r.yaml:1:129 YAML_TOO_DEEP'],
  },
  {
    claim: '100,000 brackets, twice in one process',
    resources: '['.repeat(100_000),
    files: { 's.yaml': '{a: '.repeat(100_000) },
    expected: ['r.yaml:1:65 YAML_TOO_DEEP', 's.yaml:1:257 YAML_TOO_DEEP'],
  },
  {
    claim: 'a map with 50,001 keys',
    resources: `userGroups:\n${lines(50_001, (index) => `  g${index}: {}`)}\n`,
    expected: ['r.yaml:2:3 YAML_TOO_MANY_KEYS'],
  },
  {
    claim: 'a list with 60,000 entries',
    resources: `sets: { a: { people: [${'p, '.repeat(60_000)}] } }\n`,
    expected: ['r.yaml:1:22 YAML_TOO_MANY_KEYS'],
  },
  {
    claim: 'millions of syntax errors',
    resources: `userGroups: [${','.repeat(1_000_000)}]\n`,
    expected: ['r.yaml:1:15 YAML_SYNTAX'],
  },
  {
    claim: 'a file over 4 MiB',
    resources: `# ${'x'.repeat(4 * 1024 * 1024)}\n`,
    expected: ['r.yaml:1:1 FILE_TOO_LARGE'],
    says: '4 MiB',
  },
];
