/** Whether reads fail to show something that is ours: one such answer proves nothing (RELIABILITY 3.4, G22). */
import { type KindLive, liveAddress } from './changes.ts';
import { mainId } from './ids.ts';
import { fits, getAt, lastOf, parentOf } from './json.ts';
import type { Kind } from './kind.ts';
import type { Address, Live, RecordedResource } from './model.ts';

/** True when something recorded, or an element that is recorded of it, is in none of the answers. */
export const isSomethingMissing = (
  kind: Kind,
  { resources, isComplete }: KindLive,
  recorded: ReadonlyMap<Address, RecordedResource>,
): boolean => {
  if (!isComplete) return false;
  const byId = new Map(resources.map((one) => [mainId(one.ids), one]));
  const byAddress = new Map(resources.map((one) => [liveAddress(one), one]));
  return [...recorded].some(([address, one]) => {
    const hasId = Object.keys(one.ids).length > 0;
    // What hangs on something without an id is known by its address alone; where nothing is on it, it is not looked for.
    if (!hasId && Object.keys(one.fields).length === 0) return false;
    const live = hasId ? byId.get(mainId(one.ids)) : byAddress.get(address);
    return live === undefined || Object.keys(one.fields).some((pointer) => isElementMissing(kind, live, pointer));
  });
};

/** An element of a list that reads show, and that is not there. */
const isElementMissing = (kind: Kind, live: Live, pointer: string): boolean => {
  const rule = kind.fields.find(({ path }) => path.endsWith('/*') && fits(path, pointer));
  if (!rule || (rule.rule !== 'update' && rule.rule !== 'immutable') || rule.remembers?.(lastOf(pointer))) return false;
  // Of what hangs on other things every list is read, and an empty one is absent; of others a list may not have been read.
  const isListRead = kind.attached === true || getAt(live.spec, parentOf(pointer)) !== undefined;
  return isListRead && getAt(live.spec, pointer) === undefined;
};
