/** Messages with place, excerpt and next step (DESIGN 5). Pure: the files' texts are handed in. */
import type { Diagnostic } from '../engine.ts';
import { excerptOf } from './excerpt.ts';
import { type Line, narrowWidth, renderLines, type Style, styled, visible, type WidthOf } from './lines.ts';

export type DiagnosticTextOptions = {
  readonly color: boolean;
  readonly width: number;
  readonly widthOf?: WidthOf;
  /** The text of a file by its path in the workspace; null where it cannot be read. */
  readonly text: (file: string) => string | null;
  /** Severities that are shown; default all. */
  readonly severities?: readonly Diagnostic['severity'][];
};

/** Messages that are printed before the rest is only counted. */
export const SHOWN_DIAGNOSTICS = 20;

const STYLES: Readonly<Record<Diagnostic['severity'], Style>> = { error: 'red', warning: 'yellow', info: 'cyan' };
const ORDER: readonly Diagnostic['severity'][] = ['error', 'warning', 'info'];
const ALL: readonly Diagnostic['severity'][] = ORDER;

/** The messages that `renderDiagnostics` prints with an excerpt: errors first, then warnings, then notes, at most twenty. */
export const shownDiagnostics = (
  diagnostics: readonly Diagnostic[],
  severities: readonly Diagnostic['severity'][] = ALL,
): readonly Diagnostic[] =>
  ORDER.filter((severity) => severities.includes(severity))
    .flatMap((severity) => diagnostics.filter((diagnostic) => diagnostic.severity === severity))
    .slice(0, SHOWN_DIAGNOSTICS);

/**
 * Messages as text, ended by a newline; empty for none.
 *
 * The excerpt never shows the value of a key that holds a secret, nor the literal that SECRET_LITERAL is about.
 */
export const renderDiagnostics = (diagnostics: readonly Diagnostic[], options: DiagnosticTextOptions): string => {
  const severities = options.severities ?? ALL;
  const shown = shownDiagnostics(diagnostics, severities);
  const all = diagnostics.filter((diagnostic) => severities.includes(diagnostic.severity)).length;
  const blocks = shown.map((diagnostic) => block(diagnostic, options));
  if (all > shown.length) blocks.push([[`${shown.length} of ${all} messages are shown; --format json has them all.`]]);
  return renderLines(
    blocks.flatMap((lines, index) => (index === 0 ? lines : [[], ...lines])),
    options.color,
  );
};

const block = (diagnostic: Diagnostic, options: DiagnosticTextOptions): readonly Line[] => {
  const { source } = diagnostic;
  const place = source
    ? `   ${source.file}:${source.line}:${source.column}`
    : diagnostic.address
      ? `   ${diagnostic.address}`
      : '';
  return [
    [styled(STYLES[diagnostic.severity], `${diagnostic.severity} ${diagnostic.code}`), place],
    ...excerptLines(diagnostic, options),
    ...diagnostic.message.split('\n').map((text): Line => ['  ', text]),
    ...(diagnostic.hint === undefined ? [] : diagnostic.hint.split('\n').map((text): Line => ['  ', text])),
    ...(diagnostic.related ?? []).map(
      (related): Line => [
        '  ',
        related.message,
        styled('dim', `   ${related.source.file}:${related.source.line}:${related.source.column}`),
      ],
    ),
  ];
};

const excerptLines = (diagnostic: Diagnostic, options: DiagnosticTextOptions): readonly Line[] => {
  const { source } = diagnostic;
  const text = source ? options.text(source.file) : null;
  if (!source || text === null) return [];
  const line = excerptOf(text, source.line, source.column, diagnostic.code === 'SECRET_LITERAL');
  if (line === null) return [];
  const widthOf = options.widthOf ?? narrowWidth;
  const columns = (part: string): number => widthOf(visible(part));
  const number = String(source.line);
  const gutter = ' '.repeat(number.length);
  // A long line is cut to a window in which the place stands near the left.
  const room = Math.max(40, options.width - number.length - 5);
  const start = Math.min(source.column - 1, line.length);
  const from = columns(line) > room && start > room / 2 ? start - Math.floor(room / 3) : 0;
  const window = `${from > 0 ? '…' : ''}${line.slice(from)}`;
  const cut = columns(window) > room ? `${[...window].slice(0, room - 1).join('')}…` : window;
  const before = columns(`${from > 0 ? '…' : ''}${line.slice(from, start)}`);
  const length = Math.max(1, Math.min(columns(line.slice(start, start + (diagnostic.length ?? 1))), room - before));
  return [
    ['  ', styled('dim', `${number} │ `), cut],
    ['  ', styled('dim', `${gutter} │ `), ' '.repeat(before), styled(STYLES[diagnostic.severity], '^'.repeat(length))],
  ];
};
