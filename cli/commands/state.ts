import type { Context } from '../context.ts';
import type { RecordedResource, State } from '../engine.ts';
import { filled, idsText, type Line, renderLines, styled, widthFor } from '../render/lines.ts';
import { pointerParts } from '../render/value.ts';
import { type Outcome, refused } from '../result.ts';

const LABEL = 10;

/** What may be shown of a recorded resource: fingerprints stay in the record, their places do not. */
const shownResource = (resource: RecordedResource) => {
  const { fingerprints, fields, ...rest } = resource;
  return { ...rest, fields: Object.keys(fields).sort(), secrets: Object.keys(fingerprints).sort() };
};

const readRecord = async (
  context: Context,
): Promise<{ readonly state: State | null; readonly file: string } | { readonly outcome: Outcome }> => {
  const engine = await context.host.loadEngine();
  const { exit, diagnostics, state, file } = await engine.readState(context.invocation);
  return exit === 0 ? { state, file } : { outcome: { exit, diagnostics } };
};

const headOf = (state: State | null): Pick<Outcome, 'environment' | 'tenant'> => ({
  environment: state?.environment ?? null,
  tenant: state?.tenant ?? null,
});

/** When the longest wait began, ISO 8601. */
const sinceOf = (asks: readonly { readonly since: string }[]): string => asks.map(({ since }) => since).sort()[0] ?? '';

/** `state list`: what is ours, with how it became ours and the service's ids. */
export const runStateList = async (context: Context): Promise<Outcome> => {
  const read = await readRecord(context);
  if ('outcome' in read) return read.outcome;
  const { state, file } = read;
  const resources = Object.entries(state?.resources ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const asked = Object.entries(state?.asked ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const width = [...resources, ...asked].reduce((widest, [address]) => Math.max(widest, address.length), 0);
  const lines: readonly Line[] =
    resources.length + asked.length === 0
      ? [[state ? 'Nothing is ours.' : 'There is no record yet: the first apply makes one.']]
      : [
          ...resources.map(([address, resource]) => [
            address.padEnd(width + 2),
            resource.origin.padEnd(10),
            styled('dim', idsText(resource.ids)),
          ]),
          ...asked.map(([address, { asks }]) => [
            address.padEnd(width + 2),
            styled('yellow', 'waits'.padEnd(10)),
            styled('dim', `for an approval in Dataphin since ${sinceOf(asks)}`),
          ]),
        ];
  return {
    exit: 0,
    ...headOf(state),
    diagnostics: [],
    data: {
      file,
      lineage: state?.lineage ?? null,
      serial: state?.serial ?? null,
      resources: Object.fromEntries(resources.map(([address, { ids, origin }]) => [address, { ids, origin }])),
      ...(asked.length > 0
        ? { waiting: Object.fromEntries(asked.map(([address, { asks }]) => [address, { since: sinceOf(asks) }])) }
        : {}),
    },
    text: renderLines(lines, context.color),
  };
};

/** `state show ADDRESS`: one of them, without fingerprints. */
export const runStateShow = async (context: Context, address: string): Promise<Outcome> => {
  const read = await readRecord(context);
  if ('outcome' in read) return read.outcome;
  const { state } = read;
  const resource = state && Object.hasOwn(state.resources, address) ? state.resources[address] : undefined;
  if (!resource)
    return refused(
      3,
      'OPTION_WRONG',
      `The record holds no "${address}".`,
      'phinfra state list has all addresses.',
      headOf(state),
    );
  const shown = shownResource(resource);
  const widthOf = await widthFor(JSON.stringify(shown));
  const list = (items: readonly string[]): readonly string[] =>
    items.length === 0
      ? ['none']
      : filled(
          items.map((item, index) => (index < items.length - 1 ? `${item},` : item)),
          context.width - LABEL - 2,
          widthOf,
        );
  const places = (pointers: readonly string[]) => list(pointers.map((pointer) => pointerParts(pointer).join(' ')));
  const rows: readonly (readonly [string, readonly string[]])[] = [
    ['ids', [idsText(resource.ids)]],
    ['origin', [shown.origin]],
    ['fields', places(shown.fields)],
    ['lists', places(shown.lists)],
    ['secrets', places(shown.secrets)],
    ['on trust', places(shown.assumed)],
    ['prevent', list(shown.prevent)],
    ['onRemove', [shown.onRemove ?? (shown.origin === 'adopted' ? 'forget (as adopted)' : 'delete')]],
  ];
  return {
    exit: 0,
    ...headOf(state),
    diagnostics: [],
    data: { address, ...shown },
    text: renderLines(
      [
        [styled('bold', address)],
        ...rows.flatMap(([name, lines]) =>
          lines.map((line, index): Line => ['  ', (index === 0 ? name : '').padEnd(LABEL), line]),
        ),
      ],
      context.color,
    ),
  };
};
