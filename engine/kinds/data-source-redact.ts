/** What a snapshot may hold of the configs of data sources: the service may show their secrets (BEHAVIOUR Q5). */
import { veiled } from '../core/diff.ts';
import { addressOf, getAt, pointerOf, textOf } from '../core/json.ts';
import { type Kind, objectAt, type RedactContext, rowsAt } from '../core/kind.ts';
import type { Desired, Live, RecordedResource } from '../core/model.ts';
import type { JsonObject } from '../core/ports.ts';
import { isSecretKey } from '../core/secret-check.ts';
import { sourceKeys } from './source-types.ts';

/** As the service itself masks a value. */
const MASK = '***';
const INFO = { prod: 'ProdDataSourceInfo', dev: 'DevDataSourceInfo' } as const;
/** Keys of which the values are no secret in a source that nobody has declared: where it is, not as whom. */
const OPEN = /(url|host|port|database|schema|endpoint|project|region\.id|vpc\.id|instance\.id|bucket|version|protocol)$/i;
const LOOKS_SECRET = /passw|pwd|secret|token|key|@/i;

/**
 * A page of ListDataSourceWithConfig with masks in the place of every value that a plan would not show: what the files, the
 * record or the key's name call secret. Of a source that neither files nor record know, only keys that are known to be open
 * keep their values.
 *
 * @param row what a row is in the normal form
 */
export const redactSources = (
  kind: Kind,
  row: (row: JsonObject) => Live | null,
  answer: JsonObject,
  context: RedactContext,
): JsonObject => ({
  ...answer,
  PageResult: {
    ...objectAt(answer, 'PageResult'),
    DataSourceList: rowsAt(answer, 'PageResult', 'DataSourceList').map((one) => redactRow(kind, one, row(one), context)),
  },
});

const redactRow = (kind: Kind, row: JsonObject, live: Live | null, context: RedactContext): JsonObject => {
  const { desired, recorded } = live ? known(kind, live, context) : NOBODY;
  const shown = live && (desired || recorded) ? veiled(kind, live, desired, recorded).spec : null;
  const type = textOf(live?.spec['type']);
  const redacted: Record<string, JsonObject[string]> = { ...row };
  for (const [half, name] of Object.entries(INFO)) {
    const info = objectAt(row, name);
    if (!Array.isArray(info['ConfigItemList'])) continue;
    redacted[name] = {
      ...info,
      ConfigItemList: rowsAt(info, 'ConfigItemList').map((item) => {
        const key = textOf(item['Key']);
        const value = textOf(item['Value']);
        const isShown = shown ? getAt(shown, pointerOf(half, 'config', key)) !== undefined : isOpen(type, key, value);
        return { Key: key, Value: value === '' || isShown ? value : MASK };
      }),
    };
  }
  return redacted;
};

const NOBODY = { desired: null, recorded: null };

/** Who speaks of a live source: by its id in the record, by its name or earlier name in the files. */
const known = (
  kind: Kind,
  live: Live,
  { desired, recorded }: RedactContext,
): { readonly desired: Desired | null; readonly recorded: RecordedResource | null } => {
  const [address, ours] =
    Object.entries(recorded).find(
      ([at, one]) =>
        at.startsWith(`${kind.collection}/`) && one.ids['prod'] !== undefined && one.ids['prod'] === live.ids['prod'],
    ) ?? [];
  const name = live.key.join('/');
  const wanted = desired.filter((one) => one.kind === kind.collection);
  return {
    desired:
      wanted.find((one) => one.address === address || one.key.join('/') === name) ??
      wanted.find(({ renamedFrom }) => renamedFrom?.join('/') === name) ??
      wanted.find(({ renamedFrom }) => renamedFrom !== null && addressOf(kind.collection, ...renamedFrom) === address) ??
      null,
    recorded: ours ?? null,
  };
};

const isOpen = (type: string, key: string, value: string): boolean => {
  const found = sourceKeys(type)?.find((one) => one.key === key);
  if (!found || isSecretKey(key) || LOOKS_SECRET.test(value)) return false;
  return found.values !== undefined || OPEN.test(key);
};
