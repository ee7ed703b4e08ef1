/**
 * Whether a variant could be had for less: every set and order of plausible write calls that costs less than the plan's is
 * tried on the emulator (where there are very many, an even sample), from the world before to the shape of the world after.
 *
 * Plausible calls are those that plans of the kind's other variants send from and to this one, each also in part, with values
 * of this variant, and merged with others of its operation: what a cleverer plan could be made of.
 */
import { createService, type Service, type World } from '../../emulator/index.ts';
import { canonical } from '../../engine/core/json.ts';
import type { Json, JsonObject } from '../../engine/core/ports.ts';
import { quotasOf } from '../../engine/core/quota.ts';
import { type Level, type OperationName, operationFacts } from '../../engine/operations/index.ts';
import type { Sim } from '../support/sim.ts';
import { filesOf, type KindCase, type Variant } from './case.ts';
import { startCase } from './suite.ts';
import { shapeOf } from './world-shape.ts';

export type WriteCall = { readonly operation: OperationName; readonly request: JsonObject };
export type Search = {
  readonly variant: string;
  /** The plan's own writes. */
  readonly ours: readonly WriteCall[];
  /** What does the same for less; null where nothing does. */
  readonly cheaper: readonly WriteCall[] | null;
  /** Nothing of the world differs: a secret sent once more, what no read shows. */
  readonly isUnseen: boolean;
  /** Calls that were carried out. */
  readonly tried: number;
  /** False where there was more to try than `MOST_TRIED`, and a sample was taken. */
  readonly isComplete: boolean;
};

/** Of sequences of one length, after single calls; of variations of the calls that plans send. */
const MOST_TRIED = 1_000;
const MOST_VARIED = 600;
/** Of values of others for the fields of one request. */
const MOST_PLACES = 100;
/** Of single calls that come to the same. */
const ALIKE = 2;

/** A hundredth of a second of the level's rate (BEHAVIOUR 2.1, basic): 2, 5 and 20. */
const PRICES = new Map<Level, number>(
  quotasOf('basic', null).flatMap(({ levels: [level], perSecond }) =>
    level !== undefined && Number.isFinite(perSecond) ? [[level, 100 / perSecond] as const] : [],
  ),
);
const priceOf = ({ operation }: WriteCall): number => PRICES.get(operationFacts(operation).level) ?? Number.POSITIVE_INFINITY;
const costOf = (calls: readonly WriteCall[]): number => calls.reduce((sum, call) => sum + priceOf(call), 0);

// ---- what plans send ------------------------------------------------------------------------------------------------

const isWrite = (operation: string): operation is OperationName => operationFacts(operation as OperationName).kind === 'write';

/** Plans and applies, and gives the writes that arrived. */
const send = async (sim: Sim, files: ReturnType<typeof filesOf>): Promise<readonly WriteCall[]> => {
  sim.write(files);
  const { plan } = await sim.plan();
  if (!plan) return [];
  const at = sim.sent().length;
  await sim.apply(plan);
  return sim
    .sent()
    .slice(at)
    .flatMap(({ operation, request }) => (isWrite(operation) ? [{ operation, request }] : []));
};

const filesAt = (one: KindCase, variant: Variant) => filesOf(one, variant.to, variant.key ?? one.key);

/** What came of one variant from the start. */
type Outcome = { readonly ours: readonly WriteCall[]; readonly after: World };
type Harvest = Outcome & { readonly before: World; readonly others: readonly WriteCall[] };

/** From the start to a variant. */
const outcomeOf = async (one: KindCase, variant: Variant): Promise<Outcome> => {
  const sim = startCase(one);
  await send(sim, filesOf(one, one.start));
  const ours = await send(sim, filesAt(one, variant));
  return { ours, after: sim.service.world() };
};

/** From two others to the variant. */
const detours = async (one: KindCase, variant: Variant): Promise<readonly WriteCall[]> => {
  const at = one.variants.indexOf(variant);
  const calls: WriteCall[] = [];
  for (const step of [1, 3]) {
    const other = one.variants[(at + step) % one.variants.length];
    if (other === undefined || other === variant || other.guard !== undefined) continue;
    const sim = startCase(one);
    await send(sim, filesOf(one, one.start));
    await send(sim, filesAt(one, other));
    calls.push(...(await send(sim, filesAt(one, variant))));
  }
  return calls;
};

// ---- the pool -------------------------------------------------------------------------------------------------------

type Place = readonly (string | number)[];
const children = (value: Json): readonly (readonly [string | number, Json])[] =>
  Array.isArray(value)
    ? (value as readonly Json[]).map((item, index) => [index, item] as const)
    : typeof value === 'object' && value !== null
      ? Object.entries(value)
      : [];
const placesIn = (value: Json, at: Place = []): readonly { readonly at: Place; readonly value: Json }[] =>
  children(value).flatMap(([key, inner]) => [{ at: [...at, key], value: inner }, ...placesIn(inner, [...at, key])]);

/** A copy with another value at a place; undefined takes it out. */
const changed = (value: Json, [key, ...rest]: Place, put: Json | undefined): Json => {
  if (key === undefined) return put ?? null;
  if (Array.isArray(value)) {
    const items = value as readonly Json[];
    if (rest.length === 0 && put === undefined) return items.filter((_, index) => index !== key);
    return items.map((item, index) => (index === key ? changed(item, rest, put) : item));
  }
  const { [key]: inner, ...others } = value as Record<string, Json>;
  if (rest.length === 0 && put === undefined) return others;
  return { ...others, [key]: rest.length === 0 ? (put as Json) : changed(inner ?? null, rest, put) };
};

const nameOf = (at: Place): string => String(at.findLast((key) => typeof key === 'string') ?? '');

/** A request in part: without one of its fields, or with one element of a list alone. */
const parts = (request: JsonObject): readonly JsonObject[] =>
  placesIn(request).flatMap(({ at, value }) => [
    ...(at.length > 1 ? [changed(request, at, undefined) as JsonObject] : []),
    ...(Array.isArray(value) && value.length > 1
      ? (value as readonly Json[]).map((item) => changed(request, at, [item]) as JsonObject)
      : []),
  ]);

/** A request with values that this variant's own calls send under the same names: one of them, and all. */
const transplanted = (request: JsonObject, ours: readonly WriteCall[]): readonly JsonObject[] => {
  const sent = ours.flatMap((call) => placesIn(call.request));
  const isList = (value: Json): boolean => Array.isArray(value);
  const fitting = placesIn(request).flatMap(({ at, value }) =>
    typeof at.at(-1) === 'number' || (typeof value === 'object' && value !== null && !isList(value))
      ? []
      : sent
          .filter(
            (one) => nameOf(one.at) === nameOf(at) && typeof one.at.at(-1) === 'string' && isList(one.value) === isList(value),
          )
          .map((one) => ({ at, value: one.value })),
  );
  const all = fitting.reduce<Json>((made, { at, value }) => changed(made, at, value), request) as JsonObject;
  return [all, ...sampled(fitting, MOST_PLACES).map(({ at, value }) => changed(request, at, value) as JsonObject)];
};

/** Two requests of one operation as one, where they have lists at one place. */
const merged = (a: JsonObject, b: JsonObject): readonly JsonObject[] =>
  placesIn(a).flatMap(({ at, value }) => {
    const other = placesIn(b).find((one) => canonical(one.at) === canonical(at))?.value;
    if (!Array.isArray(value) || !Array.isArray(other)) return [];
    const union = [...(value as readonly Json[]), ...(other as readonly Json[])];
    return [changed(a, at, [...new Map(union.map((item) => [canonical(item), item])).values()]) as JsonObject];
  });

const unique = (calls: readonly WriteCall[]): readonly WriteCall[] => [
  ...new Map(calls.map((call) => [`${call.operation} ${canonical(call.request)}`, call])).values(),
];

/** What plans really sent; and variations of it that cost less than ours, a sample where there are very many. */
const poolOf = ({
  ours,
  others,
}: Harvest): { readonly sent: readonly WriteCall[]; readonly variations: readonly WriteCall[] } => {
  const sent = unique([...ours, ...others]).filter((call) => isCheaper([call], ours));
  const varied = (make: (call: WriteCall) => readonly JsonObject[], calls: readonly WriteCall[]): readonly WriteCall[] =>
    sampled(
      calls.flatMap((call) => make(call).map((request) => ({ operation: call.operation, request }))),
      MOST_VARIED,
    );
  const own = varied(({ request }) => transplanted(request, ours), sent);
  const together = varied(
    ({ operation, request }) => ours.filter((one) => one.operation === operation).flatMap((one) => merged(request, one.request)),
    sent,
  );
  const halves = varied(({ request }) => parts(request), [...sent, ...sampled(own, MOST_VARIED / 10)]);
  const variations = unique([...sent, ...own, ...together, ...halves]).slice(sent.length);
  return { sent, variations: sampled(variations, MOST_VARIED) };
};

// ---- the search -----------------------------------------------------------------------------------------------------

/** A service without quotas, and whether the last call changed something. */
const startService = (
  one: KindCase,
): { readonly service: Service; readonly reset: (world: World) => void; readonly acted: (call: WriteCall) => boolean } => {
  const service = createService({ seed: 1, edition: one.edition ?? 'basic', clock: { nowMs: () => Date.UTC(2026, 10, 24, 2) } });
  let writes = 0;
  service.onChange(() => {
    writes += 1;
  });
  return {
    service,
    reset: (world) => service.setWorld({ ...world, quotas: [], usage: {} }),
    acted: ({ operation, request }) => {
      const before = writes;
      service.call({ action: operation, parameters: request });
      return writes > before;
    },
  };
};

const shapeText = (world: World): string => canonical(shapeOf(world));

/** Every variant of a case with what was found for it. */
export const searchCase = async (one: KindCase): Promise<readonly Search[]> => {
  const sim = startCase(one);
  const made = [...(await send(sim, filesOf(one, one.start)))];
  const before = sim.service.world();
  made.push(...(await send(sim, filesOf(one, null))));
  const outcomes = new Map<Variant, Outcome>();
  for (const variant of one.variants) outcomes.set(variant, await outcomeOf(one, variant));
  const common = [...made, ...[...outcomes.values()].flatMap(({ ours }) => ours)];
  const found: Search[] = [];
  for (const [variant, outcome] of outcomes) {
    if (outcome.ours.length === 0 || variant.guard !== undefined) continue;
    // Where no call of the kind costs less, there is nothing to try, and no detour shows another operation.
    const more = common.some((call) => isCheaper([call], outcome.ours)) ? await detours(one, variant) : [];
    found.push(searchVariant(one, variant, { ...outcome, before, others: [...common, ...more] }));
  }
  return found;
};

/** Costs less, or as much in fewer calls. */
const isCheaper = (calls: readonly WriteCall[], ours: readonly WriteCall[]): boolean =>
  costOf(calls) < costOf(ours) || (costOf(calls) === costOf(ours) && calls.length < ours.length);

type Reached = { readonly world: World; readonly calls: readonly WriteCall[] };

/** Evenly spread over all of them, the same ones in every run. */
const sampled = <T>(all: readonly T[], most: number): readonly T[] =>
  all.length <= most ? all : Array.from({ length: most }, (_, index) => all[Math.floor((index * all.length) / most)] as T);

const searchVariant = (one: KindCase, variant: Variant, gathered: Harvest): Search => {
  const { before, after, ours } = gathered;
  const target = shapeText(after);
  const end = (more: Partial<Search>): Search => ({
    variant: variant.name,
    ours,
    cheaper: null,
    isUnseen: false,
    tried,
    isComplete: true,
    ...more,
  });
  let tried = 0;
  if (shapeText(before) === target) return end({ isUnseen: true });
  const { sent, variations } = poolOf(gathered);
  let pool: readonly WriteCall[] = [...sent, ...variations];
  // What does nothing from the start is tried later only if a plan really sends it; of what does the same, two.
  const effects = new Map<string, readonly WriteCall[]>();
  const { service, reset, acted } = startService(one);
  const seen = new Map<string, number>([[shapeText(before), 0]]);
  let front: readonly Reached[] = [{ world: before, calls: [] }];
  let isComplete = true;
  while (front.length > 0) {
    const next: Reached[] = [];
    const all = front.flatMap((from) =>
      pool.filter((call) => isCheaper([...from.calls, call], ours)).map((call) => ({ from, call })),
    );
    // Single calls are all tried; of longer ones, evenly spread, as many as there is time for.
    const chosen = front[0]?.world === before ? all : sampled(all, MOST_TRIED);
    isComplete &&= chosen.length === all.length;
    let standing: World | null = null;
    for (const { from, call } of chosen) {
      if (standing !== from.world) reset(from.world);
      standing = from.world;
      tried += 1;
      if (!acted(call)) continue;
      standing = null;
      const calls = [...from.calls, call];
      const world = service.world();
      const shape = shapeText(world);
      if (shape === target) return end({ cheaper: calls, isComplete });
      const alike = effects.get(shape) ?? [];
      if (from.world === before && alike.length < ALIKE) effects.set(shape, [...alike, call]);
      if (costOf(calls) < (seen.get(shape) ?? Number.POSITIVE_INFINITY)) {
        seen.set(shape, costOf(calls));
        next.push({ world, calls });
      }
    }
    service.clearCalls();
    if (front[0]?.world === before) pool = unique([...sent, ...[...effects.values()].flat()]);
    front = next;
  }
  return end({ isComplete });
};
