/** JSON merge patches (RFC 7386) over resources: only an overlay may say null. */
import { isObject } from './json.ts';
import type { Json, JsonObject } from './ports.ts';
import { isSecret } from './variables.ts';

/** The target with the patch merged in; neither is changed. A secret is one value, never a map to merge into. */
export const mergePatch = (target: Json | undefined, patch: Json): Json => {
  if (!isMap(patch)) return patch;
  const merged: Record<string, Json> = isMap(target) ? { ...target } : {};
  for (const key of Object.keys(patch)) {
    const value = patch[key] as Json;
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(Object.hasOwn(merged, key) ? merged[key] : undefined, value);
  }
  return merged;
};

const isMap = (value: Json | undefined): value is JsonObject => isObject(value) && !isSecret(value);
