/** Pages of `explain` as text for eighty columns. */
import type { CallLine, ChangeLine, FieldLine, FieldPage, KindPage, OverviewPage, Page, TopicPage } from '../engine.ts';
import { type Line, renderLines, type Span, styled } from './lines.ts';

const COLUMNS = 80;
const INDENT = '  ';

/** The page as text, with colours or without. */
export const renderPage = (page: Page, options: { readonly color: boolean }): string =>
  renderLines([...linesOf(page)], options.color);

const linesOf = (page: Page): readonly Line[] => {
  switch (page.page) {
    case 'overview':
      return overview(page);
    case 'kind':
      return kindLines(page);
    case 'field':
      return fieldLines(page);
    case 'topic':
      return topicLines(page);
    case 'code':
      return [
        head(page.topic, 'a code of messages'),
        [],
        ...paragraph(`Means: ${plain(page.means)}.`),
        ...paragraph(`Next: ${plain(page.next)}.`),
        ...paragraph(
          page.exit === 0 ? 'A warning: the command goes on.' : `An error of it ends the command with exit ${page.exit}.`,
        ),
      ];
    default:
      return page satisfies never;
  }
};

// ---- parts ----------------------------------------------------------------------------------------------------------

const head = (topic: string, what: string): Line => [styled('bold', topic), styled('dim', `   ${what}`)];
const title = (text: string): readonly Line[] => [[], [styled('bold', text)]];

/** Markdown of the documentation as plain text: names of pages in place of links. */
const plain = (text: string): string => text.replace(/\[([^\]]+)\]\([^)]*\)/g, 'docs/$1').replaceAll('`', '');

/** Text broken at blanks, each line after the same blanks. */
const broken = (text: string, columns: number): readonly string[] => {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
};
const paragraph = (text: string): readonly Line[] => broken(text, COLUMNS).map((line) => [line]);

/** Rows of a name and a text, the texts in one column; names that are too long stand on a line of their own. */
const table = (rows: readonly { readonly name: string; readonly text: string }[]): readonly Line[] => {
  const widest = (texts: readonly string[]): number => Math.max(0, ...texts.map((text) => text.length));
  const wanted = widest(rows.map(({ name }) => name)) + 3;
  const fits = INDENT.length + wanted + widest(rows.map(({ text }) => text)) <= COLUMNS;
  const column = fits ? wanted : Math.min(26, wanted);
  const blanks = INDENT + ' '.repeat(column);
  return rows.flatMap(({ name, text }) => {
    const [first = '', ...rest] = broken(text, COLUMNS - blanks.length);
    const begin: Span[] = [INDENT, styled('cyan', name)];
    const lines: readonly Line[] =
      name.length + 2 > column ? [begin, [blanks, first]] : [[...begin, ' '.repeat(column - name.length), first]];
    return [...lines, ...rest.map((line): Line => [blanks, line])];
  });
};

const example = (yaml: string): readonly Line[] =>
  yaml === '' ? [] : [...title('Example'), ...yaml.split('\n').map((line): Line => [INDENT, line])];

const callText = ({ operation, level }: CallLine): string => `${operation} (level ${level})`;
const callsText = (calls: readonly CallLine[]): string => calls.map(callText).join(', ');
const editionText = (edition: string): string => (edition === 'intelligent' ? 'intelligent' : `${edition} or higher`);

// ---- pages ----------------------------------------------------------------------------------------------------------

const TITLES: Readonly<Record<TopicPage['of'], string>> = { kinds: 'For all kinds', workspace: 'In phinfra.yaml' };
const overview = ({ kinds, topics }: OverviewPage): readonly Line[] => [
  ...paragraph('phinfra explain TOPIC tells about a kind, a field, a code, or one of the words below.'),
  ...title('Kinds, with the lowest edition'),
  ...table(kinds.map(({ topic, means, edition }) => ({ name: topic, text: `${means} (${edition})` }))),
  ...(['kinds', 'workspace'] as const).flatMap((of) => [
    ...title(TITLES[of]),
    ...table(topics.filter((one) => one.of === of).map(({ topic, means }) => ({ name: topic, text: means }))),
  ]),
  ...title('Such as'),
  ...table([
    { name: 'phinfra explain userGroups', text: 'a kind' },
    { name: 'phinfra explain userGroups.members', text: 'a field' },
    { name: 'phinfra explain REFERENCE_UNKNOWN', text: 'a code' },
  ]),
];

const fieldText = ({ means, required }: FieldLine): string =>
  `${means}${required === 'always' ? ' Required.' : required === 'to create' ? ' Required to create.' : ''}`;

const RULES: Readonly<Record<ChangeLine['rule'], string>> = {
  update: '',
  immutable: ' Immutable.',
  writeOnly: ' Write-only.',
  remembered: ' Remembered.',
  option: ' An option.',
  part: '',
};

const kindLines = (page: KindPage): readonly Line[] => {
  const { topic, key, edition, serverVersion, fields, calls, protectedFrom, replaceRefused } = page;
  const facts = [
    { name: 'key', text: `the ${key.join(', then the ')}` },
    { name: 'edition', text: editionText(edition) },
    ...(serverVersion === null ? [] : [{ name: 'server', text: `${serverVersion} or newer for writes in private deployments` }]),
    ...(protectedFrom.length === 0
      ? []
      : [
          {
            name: 'protected',
            text: `from ${protectedFrom.join(' and ')}; lifecycle: { allow: [${protectedFrom.join(', ')}] } lifts it`,
          },
        ]),
    ...(replaceRefused === null ? [] : [{ name: 'replaced', text: `never. ${replaceRefused}` }]),
  ];
  return [
    head(topic, 'a kind'),
    [],
    ...paragraph(page.means),
    [],
    ...table(facts),
    ...example(page.example),
    ...title('Fields'),
    ...table(
      fields.map((field) => ({
        name: field.name,
        text: `${fieldText(field)}${(field.rules.length === 1 ? field.rules : []).map((rule) => RULES[rule]).join('')}`,
      })),
    ),
    ...title('Calls'),
    ...table([
      { name: 'create', text: callsText(calls.create) || 'comes with its fields' },
      ...(calls.rename === null ? [] : [{ name: 'rename', text: callsText(calls.rename) }]),
      { name: 'delete', text: callsText(calls.delete) || 'by hand' },
    ]),
    [],
    ...paragraph(`Fields name their own calls: phinfra explain ${fields[0]?.topic ?? topic}.`),
  ];
};

const REQUIRED: Readonly<Record<FieldLine['required'], string>> = {
  always: 'yes',
  'to create': 'to create; not for what is live',
  no: 'no',
};

const changeText = ({ rule, why, notes, refused, isGuarded }: ChangeLine): string => {
  const because = `${why === null ? '' : `: ${why}`}${notes.map((note) => `; ${note}`).join('')}`;
  switch (rule) {
    case 'update':
      return `in place${isGuarded ? ', once a person has allowed it' : ''}${because}`;
    case 'immutable':
      return refused === null ? `only by a replacement${because}` : `never${because}. ${refused}`;
    case 'writeOnly':
      return `in place; compared by the fingerprint of what was sent${because}`;
    case 'remembered':
      return `compared with the record, not with what is live${because}`;
    case 'option':
      return `never compared${because}`;
    case 'part':
      return `comes and goes as a whole, inside the resource${because}`;
    default:
      return rule satisfies never;
  }
};

/** How differences are met, and with which calls; paths are told apart where they are met differently. */
const changeLines = (changes: readonly ChangeLine[]): readonly Line[] => {
  const rows = new Map<string, { readonly paths: string[]; readonly text: string }>();
  for (const change of changes) {
    const needsNone = change.rule === 'option' || change.refused !== null;
    const calls =
      change.calls.length > 0 ? `. Calls: ${callsText(change.calls)}` : needsNone ? '' : ', by hand: there is no call for it';
    const text = `${changeText(change)}${calls}`;
    rows.set(text, { paths: [...(rows.get(text)?.paths ?? []), change.path], text });
  }
  const all = [...rows.values()];
  return table(all.map(({ paths, text }) => ({ name: all.length === 1 ? 'changes' : paths.join(' '), text })));
};

const fieldLines = (page: FieldPage): readonly Line[] => {
  const { changes, allowed, limits, fields, serverVersion } = page;
  const facts = [
    { name: 'form', text: [page.form, ...limits].join('; ') },
    ...(allowed === null ? [] : [{ name: 'allowed', text: allowed.join(', ') }]),
    { name: 'required', text: REQUIRED[page.required] },
    { name: 'edition', text: editionText(page.edition) },
    ...(serverVersion === null ? [] : [{ name: 'server', text: `${serverVersion} or newer in private deployments` }]),
    ...(page.isContact ? [{ name: 'contact', text: 'never part of what a plan is checked against' }] : []),
  ];
  return [
    head(page.topic, `a field of ${page.kind}`),
    [],
    ...paragraph(page.means),
    [],
    ...table(facts),
    ...(changes.length === 0 ? [] : [...title('A change of it'), ...changeLines(changes)]),
    ...example(page.example),
    ...page.known.flatMap(knownLines),
    ...(fields.length === 0
      ? []
      : [
          ...title('Below it'),
          ...table(fields.map((one) => ({ name: one.topic.slice(page.topic.length + 1), text: fieldText(one) }))),
        ]),
    ...(page.form.includes('principals') ? [[], ...paragraph('Principals: phinfra explain principals.')] : []),
  ];
};

const knownLines = ({ of, keys }: FieldPage['known'][number]): readonly Line[] => [
  [],
  ...broken(`Keys of ${of.join(', ')}`, COLUMNS).map((line): Line => [styled('bold', line)]),
  ...table(
    keys.map(({ key, means, isRequired, values }) => ({
      name: key,
      text: `${means.charAt(0).toUpperCase()}${means.slice(1)}.${isRequired ? ' Required.' : ''}${values ? ` One of: ${values.join(', ')}.` : ''}`,
    })),
  ),
];

const PLACES: Readonly<Record<TopicPage['of'], string>> = { kinds: 'for all kinds', workspace: 'a key of phinfra.yaml' };
const topicLines = ({ topic, of, means, example: yaml, fields }: TopicPage): readonly Line[] => [
  head(topic, PLACES[of]),
  ...means.split('\n').flatMap((text) => [[], ...paragraph(text)]),
  ...example(yaml),
  ...(fields.length === 0
    ? []
    : [
        ...title('Fields'),
        ...table(
          fields.map((one) => ({
            name: one.name,
            text: `${fieldText(one)}${one.allowed === null ? '' : ` One of: ${one.allowed.join(', ')}.`}`,
          })),
        ),
      ]),
];
