/** Whether reads fail to show something that is ours: one such answer proves nothing (RELIABILITY 3.4, G22). */
import type { KindLive } from './changes.ts';
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
  return [...recorded].some(([, one]) => {
    // What hangs on other things and had nothing to hang on has no id to be looked for.
    if (Object.keys(one.ids).length === 0) return false;
    const live = byId.get(mainId(one.ids));
    return live === undefined || Object.keys(one.fields).some((pointer) => isElementMissing(kind, live, pointer));
  });
};

/** An element of a list that reads show, and that is not there. */
const isElementMissing = (kind: Kind, live: Live, pointer: string): boolean => {
  const rule = kind.fields.find(({ path }) => path.endsWith('/*') && fits(path, pointer));
  if (!rule || (rule.rule !== 'update' && rule.rule !== 'immutable') || rule.remembers?.(lastOf(pointer))) return false;
  return getAt(live.spec, parentOf(pointer)) !== undefined && getAt(live.spec, pointer) === undefined;
};
