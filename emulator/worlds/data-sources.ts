/** Data sources in a world, in the service's spelling (BEHAVIOUR 3.5). */
import { entriesOf, list, nullable, optional, record, text, type WorldOf } from '../world-reader.ts';
import { empty, newId, times } from './fields.ts';

/** One half of a pair. `Config` holds what was sent, secrets included; what the service adds by itself is added by reads. */
const readSource = record({
  Id: newId,
  Name: text,
  Type: text,
  Description: empty,
  Config: optional(entriesOf(text), {}),
  OwnerId: empty,
  ...times,
});

/** A pair; without a development half `Dev` is null. `Dependencies` are the tasks that keep it from being deleted. */
export const readDataSource = record({
  Prod: readSource,
  Dev: optional(nullable(readSource), null),
  Dependencies: optional(list(record({ Id: text, Name: empty, Type: empty, TypeCode: optional(text, 'pipeline') })), []),
});

export type DataSource = WorldOf<typeof readDataSource>;
export type SourceHalf = DataSource['Prod'];

/** The halves that are there, the production half first. */
export const sourceHalves = <H>(pair: { readonly Prod: H; readonly Dev: H | null }): readonly H[] =>
  pair.Dev === null ? [pair.Prod] : [pair.Prod, pair.Dev];
