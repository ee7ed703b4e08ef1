/** A failing soak case made smaller: fewer runs, fewer events, fewer resources, as long as it fails. */
import { createRandom } from '../../laws/random.ts';
import { playSoak } from './play.ts';
import { eventCount, runsOf, type Soak } from './script.ts';
import { entriesOf, topologyOf } from './topology.ts';

/** Cases that are tried at most. */
const MOST_TRIES = 60;

/** The smallest case that was found and still fails in the same way, by the first word of what went wrong. */
export const shrink = async (whole: Soak): Promise<Soak> => {
  const wayOf = async (soak: Soak): Promise<string> => ((await playSoak(soak)).problems[0] ?? '').split(/[:,]/)[0] ?? '';
  const way = await wayOf(whole);
  let best = whole;
  let tries = 0;
  const accept = async (smaller: Soak): Promise<boolean> => {
    if (tries++ >= MOST_TRIES || (await wayOf(smaller)) !== way) return false;
    best = smaller;
    return true;
  };
  for (let runs = 1; runs < runsOf(whole).length; runs++) if (await accept({ ...best, runs })) break;
  for (let event = 0; event < eventCount(whole); event++) await accept({ ...best, without: [...(best.without ?? []), event] });
  const entries = best.keep ?? entriesOf(topologyOf(createRandom(whole.seed)).scene.model);
  for (const entry of entries) await accept({ ...best, keep: (best.keep ?? entries).filter((one) => one !== entry) });
  return best;
};
