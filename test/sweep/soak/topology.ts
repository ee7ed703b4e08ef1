/** The tenant and the workspace of a soak case: some resources of a random scene of the laws, with all that they need. */
import type { Edition, SwitchSettings } from '../../../emulator/index.ts';
import { type Model, randomScene, type Scene } from '../../laws/model.ts';
import { switchesOf } from '../../laws/pairwise.ts';
import type { Random } from '../../laws/random.ts';

export type Quota = {
  readonly levels: readonly (1 | 2 | 3)[];
  readonly perSecond: number | null;
  readonly perDay: number | null;
};

export type Topology = {
  readonly switches: SwitchSettings;
  readonly scene: Scene;
  /** Instead of those of the edition; null: those. */
  readonly quotas: readonly Quota[] | null;
};

/** `userGroups/g1`: a collection and its first key. */
export type Entry = string;

/** Most tenants have all kinds; the small editions have a day of few calls. */
const EDITIONS: readonly Edition[] = ['basic', 'basic', 'basic', 'intelligent', 'agile', 'bigdata'];
const LAGS = [0, 0, 3_000, 20_000];
/** One tenant in so many has a day that a run or two spend. */
const SCARCE = 10;

export const entriesOf = (model: Model): readonly Entry[] =>
  Object.entries(model).flatMap(([collection, of]) => Object.keys(of).map((key) => `${collection}/${key}`));

/** @param keep entries that stay, with what they need; absent: as many as chance says */
export const topologyOf = (random: Random, keep?: readonly Entry[]): Topology => {
  const switches: SwitchSettings = {
    ...switchesOf(random.below(1_000_000)),
    personal: 'agile',
    duplicates: random.pick(['allowed', 'refused'] as const),
    lagMs: random.pick(LAGS),
  };
  const scene = randomScene(random, random.pick(EDITIONS), switches);
  for (const of of [
    scene.model.userGroups,
    scene.model.computeSources,
    scene.model.projects,
    scene.model.rowPermissions,
    ...Object.values(scene.model.dataServiceApps),
  ])
    for (const one of Object.values(of)) if (random.chance(0.7)) one.lifecycle = { allow: ['delete'] };
  const entries = random.shuffled(entriesOf(scene.model).filter((entry) => !entry.startsWith('sets/')));
  const chosen = entries.slice(0, 1 + random.below(3));
  const quotas: Topology['quotas'] =
    random.below(SCARCE) === 0 ? [{ levels: [1, 2, 3], perSecond: 20, perDay: 60 + random.below(80) }] : null;
  return { switches, scene: { ...scene, model: onlyOf(scene.model, keep ?? chosen) }, quotas };
};

/** These entries and all that they name. */
export const onlyOf = (model: Model, keep: readonly Entry[]): Model => {
  const kept = new Set(keep);
  for (let before = -1; before < kept.size; ) {
    before = kept.size;
    const text = Object.values(partOf(model, kept))
      .map((of) => JSON.stringify(of))
      .join(' ');
    for (const entry of entriesOf(model)) if (isNamed(entry, text)) kept.add(entry);
  }
  return partOf(model, kept);
};

const partOf = (model: Model, kept: ReadonlySet<Entry>): Model =>
  Object.fromEntries(
    Object.entries(model).map(([collection, of]) => [
      collection,
      Object.fromEntries(Object.entries(of).filter(([key]) => kept.has(`${collection}/${key}`))),
    ]),
  ) as Model;

/** What hangs on other things, and nothing names. */
const HANGING = ['resourceGrants', 'dataServiceGrants', 'dataServiceProjectMembers'];

/** By its address, as a value or a key of its own, as the group of an app, or as the project of a table. */
const isNamed = (entry: Entry, text: string): boolean => {
  const [collection = '', ...parts] = entry.split('/');
  if (HANGING.includes(collection)) return false;
  const key = parts.join('/');
  return [`${collection}/${key}"`, `${collection}/${key}/`, `"${key}"`, `"${key}.`].some((one) => text.includes(one));
};
