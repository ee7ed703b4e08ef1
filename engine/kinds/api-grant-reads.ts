/** Which apps hold what on published APIs: the lists that tell it, and what their rows mean (BEHAVIOUR 3.10). */
import { textOf } from '../core/json.ts';
import { type LiveInput, type MoreInput, type MoreRead, rowsAt } from '../core/kind.ts';
import type { Live } from '../core/model.ts';
import type { JsonObject } from '../core/ports.ts';
import { APP_LIST } from './apps.ts';
import { isOver, untilOfText, withUntil } from './expiry.ts';
import { appPrincipal } from './grantees.ts';

export const HALVES = ['prod', 'dev'] as const;
/** Names of the further lists. */
export const APPS = 'apps';
const apisOf = (project: string): string => `apis ${project}`;
export const isApiList = (read: string): boolean => read.startsWith('apis ');
const detailsOf = (appKey: string): string => `details ${appKey}`;

// ---- reads ----------------------------------------------------------------------------------------------------------

/** The published APIs of every project that is declared or recorded. */
export const apiLists = ({ desired, recorded, shown, names }: MoreInput): readonly MoreRead[] => {
  const projects = new Set([
    ...(shown ?? []).flatMap(({ ids }) => ids['project'] ?? []),
    ...desired.flatMap(({ key: [project = ''] }) => names.id('dataServiceProjects', project) ?? []),
    ...[...recorded.values()].flatMap(({ ids }) => ids['project'] ?? []),
  ]);
  return [...projects].sort().map((project) => ({
    name: apisOf(project),
    operation: 'ListDataServicePublishedApis',
    request: { ProjectId: project, ListQuery: {} },
    rows: (answer) => rowsAt(answer, 'PageResult', 'ApiList'),
    identity: (row) => textOf(row['ApiId']),
  }));
};

/** What every app that holds a grant on a declared or recorded API may do; and the apps' names, where one is not known. */
export const grantLists = ({ more, desired, recorded, shown, names }: MoreInput): readonly MoreRead[] => {
  const ours = new Set([...recorded.values(), ...(shown ?? [])].map(({ ids }) => textOf(ids['api'])));
  const keys = desired.map(({ key }) => key);
  const apps = [...more].flatMap(([read, rows]) =>
    isApiList(read)
      ? (rows ?? [])
          .filter((row) => ours.has(textOf(row['ApiId'])) || keys.some((key) => isMeant(key, row, names)))
          .flatMap((row) => rowsAt(row, 'AppInfoList'))
      : [],
  );
  const appKeys = [...new Set(apps.map((app) => textOf(app['AppKeyStr'])).filter((key) => key !== ''))].sort();
  const isUnknown = apps.some((app) => names.name('dataServiceApps', textOf(app['AppId'])) === null);
  return [
    ...(isUnknown ? [{ ...APP_LIST, name: APPS }] : []),
    ...appKeys.map(
      (appKey): MoreRead => ({
        name: detailsOf(appKey),
        operation: 'ListAuthorizedDataServiceApiDetails',
        request: { ListQuery: { AppKeyStr: appKey } },
        rows: (answer) => rowsAt(answer, 'Result', 'Data'),
        identity: (row) => `${textOf(row['ApiId'])} ${textOf(row['AuthType'])}`,
        pageSize: 100,
      }),
    ),
  ];
};

/** A key means an API by name or by `id:…`, its project likewise. */
const isMeant = ([project = '', api = '']: readonly string[], row: JsonObject, names: MoreInput['names']): boolean =>
  names.id('dataServiceProjects', project) === textOf(row['ProjectId']) &&
  (api === textOf(row['ApiName']) || api === `id:${textOf(row['ApiId'])}`);

// ---- as it is -------------------------------------------------------------------------------------------------------

export type ShownGrants = {
  readonly use: Record<string, JsonObject>;
  readonly delegation: Record<string, JsonObject>;
  /** App ids by principal. */
  readonly apps: Record<string, string>;
  /** Apps whose grant tells fields: the API is a query. */
  readonly queries: string[];
};

const LISTS: Readonly<Record<string, 'use' | 'delegation'>> = { USE: 'use', DELEGATION: 'delegation' };

/** Grants to apps by API. What has ended is absent (BEHAVIOUR Q24). */
export const shownGrants = ({ more, names, day }: LiveInput): ReadonlyMap<string, ShownGrants> => {
  const found = new Map<string, ShownGrants>();
  for (const [read, rows] of more) {
    if (!read.startsWith('details ')) continue;
    for (const row of rows ?? []) {
      const api = textOf(row['ApiId']);
      const list = LISTS[textOf(row['AuthType'])];
      const ends = HALVES.flatMap((half) => {
        const text = textOf(row[half === 'prod' ? 'ProdAuthPeriod' : 'DevAuthPeriod']);
        const until = untilOfText(text);
        return text === '' || isOver(until, day) ? [] : [{ half, until }];
      });
      if (list === undefined || ends.length === 0) continue;
      const shown = found.get(api) ?? { use: {}, delegation: {}, apps: {}, queries: [] };
      found.set(api, shown);
      const principal = appPrincipal(names, textOf(row['AppId']));
      shown[list][principal] = { ...withUntil(endOf(ends)), halves: ends.map(({ half }) => half).sort() };
      shown.apps[principal] = textOf(row['AppId']);
      if (['AuthorizedProdReturnParameters', 'AuthorizedDevReturnParameters'].some((field) => rowsAt(row, field).length > 0))
        shown.queries.push(principal);
    }
  }
  return found;
};

/** One end for both halves; two ends are told as what they are, and equal nothing that can be written. */
const endOf = (ends: readonly { readonly half: string; readonly until: string | null }[]): string | null => {
  const [first] = ends;
  return ends.every(({ until }) => until === first?.until)
    ? (first?.until ?? null)
    : ends.map(({ half, until }) => `${half} ${until ?? 'without an end'}`).join(', ');
};

export const liveApi = (row: JsonObject, { keys, names }: LiveInput, grants: ReadonlyMap<string, ShownGrants>): Live => {
  const api = textOf(row['ApiId']);
  const shown = grants.get(api);
  const key = keys.find((one) => isMeant(one, row, names));
  return {
    kind: 'dataServiceGrants',
    key: key ?? [textOf(row['ProjectName']), textOf(row['ApiName'])],
    address: '',
    ids: { project: textOf(row['ProjectId']), api },
    spec: { use: shown?.use ?? {}, delegation: shown?.delegation ?? {} },
    // Who holds one of an API that nobody declares is not looked at; that somebody does is known from its own row.
    ...(shown || (key === undefined && rowsAt(row, 'AppInfoList').length > 0) ? {} : { isBare: true as const }),
    extra: { mode: row['Mode'] ?? null, apps: shown?.apps ?? {}, queries: shown?.queries ?? [] },
  };
};
