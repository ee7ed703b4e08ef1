/** Calls that grant APIs and take them back: one grant for each grantee, one revoke for each right and half (BEHAVIOUR 3.10). */
import { canonical, getAt, isObject, pointerOf, textOf } from '../core/json.ts';
import { type IdSource, type KindChange, objectAt, type StepDraft, step } from '../core/kind.ts';
import type { IdRef, Live, Step } from '../core/model.ts';
import type { Json } from '../core/ports.ts';
import { endDay, endsSooner } from './expiry.ts';
import { granteeOf } from './grantees.ts';

type Right = 'USE' | 'DELEGATION';
type List = 'use' | 'delegation';
const RIGHTS: Readonly<Record<List, Right>> = { use: 'USE', delegation: 'DELEGATION' };

export const isApp = (principal: string): boolean => granteeOf(principal).sort === 'dataServiceApps';

/** Whether the API has a development half; null where the service does not say (BEHAVIOUR 3.10: `Mode` 0 Basic, 1 Dev-Prod). */
export const isDevProd = (api: Live | null): boolean | null => {
  const mode = textOf(api?.extra['mode']);
  return mode === '1' ? true : mode === '0' ? false : null;
};

const texts = (value: Json | undefined): readonly string[] => (Array.isArray(value) ? value.map(textOf) : []);
const elementAt = (spec: KindChange['after'], list: List, principal: string) => getAt(spec ?? {}, pointerOf(list, principal));

/** Who is granted something by the change: new, until another day, with other halves or fields, or with the right to hand on. */
export const granted = (change: KindChange): readonly string[] =>
  Object.keys(objectAt(change.after, 'use')).filter(
    (principal) =>
      change.touches(pointerOf('use', principal), pointerOf('scope', principal)) ||
      (elementAt(change.after, 'delegation', principal) !== undefined && change.touches(pointerOf('delegation', principal))),
  );

/**
 * The halves that a grant names; null where it names none. An operation API shows on a live grant, whose halves are then
 * known without being written.
 */
export const halvesOf = (change: KindChange, principal: string): readonly string[] | null => {
  const scope = objectAt(objectAt(change.after, 'scope'), principal);
  if (isObject(scope['fields'])) return Object.keys(scope['fields']);
  if (scope['halves'] !== undefined) return texts(scope['halves']);
  const declared = getAt(change.desired?.spec, pointerOf('use', principal, 'halves'));
  if (declared !== undefined) return texts(declared);
  const isQuery = texts(change.live?.extra['queries']).includes(principal);
  const live = elementAt(change.before, 'use', principal);
  return isObject(live) && !isQuery ? texts(live['halves']) : null;
};

export const apiGrantSteps = (change: KindChange, ids: IdSource): readonly StepDraft[] => {
  const api = change.live ?? change.host;
  const apps = objectAt(api?.extra ?? null, 'apps');
  const target = { project: api?.ids['project'] ?? '', api: api?.ids['api'] ?? '' };
  const granteeIds = (
    principal: string,
  ): { GranteeType: 'APP'; AppId: string | IdRef } | { GranteeType: 'USER'; UserId: string | IdRef } => {
    const { sort, key } = granteeOf(principal);
    return sort === 'dataServiceApps'
      ? { GranteeType: 'APP', AppId: textOf(apps[principal]) || ids.of('dataServiceApps', key) }
      : { GranteeType: 'USER', UserId: ids.user(principal) };
  };
  const grants = new Set(change.action === 'delete' ? [] : granted(change));
  const leaving = { use: leavers(change, 'use'), delegation: leavers(change, 'delegation') };
  const principals = [...new Set([...leaving.use, ...leaving.delegation, ...namesIn(change), ...grants])].sort();

  return principals.flatMap((principal): readonly StepDraft[] => {
    const revokes = (['delegation', 'use'] as const).flatMap((list) =>
      lostHalves(change, list, principal, leaving[list].includes(principal)).map((half) => ({ list, half })),
    );
    // What takes several calls shows in none of them alone, but for what apps lose (isRevoked).
    const isOne = revokes.length + (grants.has(principal) ? 1 : 0) === 1;
    const pointers = [pointerOf('use', principal), pointerOf('delegation', principal), pointerOf('scope', principal)];
    const covers = isOne ? pointers : [];
    const drafts: StepDraft[] = [];
    for (const { list, half } of revokes)
      drafts.push(
        step(
          revokeName(list, principal, half),
          'revoke',
          'RevokeDataServiceApi',
          {
            ProjectId: target.project,
            RevokeCommand: {
              ApiId: target.api,
              ...granteeIds(principal),
              AuthType: RIGHTS[list],
              Env: half === 'prod' ? 'PROD' : 'DEV',
              Reason: change.address,
            },
          },
          // The right to hand on ends before the right that it rests on.
          { covers, ...(isApp(principal) ? {} : { isBlind: true as const }), after: drafts.map(({ name }) => name) },
        ),
      );
    if (grants.has(principal))
      drafts.push(
        step(
          `use+ ${principal}`,
          tightens(change, principal) ? 'revoke' : 'grant',
          'GrantDataServiceApi',
          {
            ProjectId: target.project,
            GrantCommand: {
              ApiId: target.api,
              ...granteeIds(principal),
              AuthTypes: elementAt(change.after, 'delegation', principal) === undefined ? ['USE'] : ['USE', 'DELEGATION'],
              ExpireDate: endDay(textOf(getAt(change.after ?? {}, pointerOf('use', principal, 'until')))),
              ...scopeOf(change, principal),
              Reason: textOf(getAt(change.after ?? {}, pointerOf('reasons', principal))) || change.address,
            },
          },
          {
            covers,
            // What people were granted no read shows: nobody could tell when it is approved.
            ...(isApp(principal) ? { mayWait: pointers } : {}),
            after: drafts.map(({ name }) => name),
            gives: change.action === 'create' ? { address: change.address, ids: {}, known: target } : null,
          },
        ),
      );
    return drafts;
  });
};

const revokeName = (list: List, principal: string, half: string): string => `${list}- ${principal} ${half}`;
const REVOKE = /#(use|delegation)- (\S+) (prod|dev)$/;

/** Whether an app no longer has the right in the half that a revoke is about; null of people, whose rights no read shows. */
export const isRevoked = ({ id }: Pick<Step, 'id'>, now: Live | null): boolean | null => {
  const [, list, principal = '', half = ''] = REVOKE.exec(id) ?? [];
  if (list === undefined || !isApp(principal)) return null;
  return !texts(getAt(now?.spec ?? {}, pointerOf(list, principal, 'halves'))).includes(half);
};

/** Everybody on the live lists whose halves may shrink. */
const namesIn = ({ before }: KindChange): readonly string[] =>
  (['use', 'delegation'] as const).flatMap((list) => Object.keys(objectAt(before, list)));

/** Who leaves a list: by the change, or all who are ours when the whole resource goes. */
const leavers = (change: KindChange, list: List): readonly string[] => {
  if (change.action !== 'delete') return change.removed(pointerOf(list));
  const isOurs = (principal: string): boolean => change.recorded?.fields[pointerOf(list, principal)] !== undefined;
  const people = Object.keys(change.recorded?.fields ?? {}).flatMap((pointer) => personOf(pointer, list));
  return [...Object.keys(objectAt(change.before, list)).filter(isOurs), ...people];
};

const personOf = (pointer: string, list: List): readonly string[] => {
  const prefix = `${pointerOf(list)}/`;
  const name = pointer.startsWith(prefix) ? pointer.slice(prefix.length) : '';
  const principal = name.replaceAll('~1', '/').replaceAll('~0', '~');
  return name === '' || name.includes('/') || isApp(principal) ? [] : [principal];
};

/** Halves that somebody loses; of people it is not known which they have, so that all are taken. */
const lostHalves = (change: KindChange, list: List, principal: string, leaves: boolean): readonly string[] => {
  if (!isApp(principal)) return leaves ? (isDevProd(change.live) === false ? ['prod'] : ['prod', 'dev']) : [];
  const had = texts(getAt(change.before ?? {}, pointerOf(list, principal, 'halves')));
  if (leaves) return had;
  const halves = pointerOf(list, principal, 'halves');
  const kept = texts(getAt(change.after ?? {}, halves));
  return change.touches(halves) ? had.filter((half) => !kept.includes(half)) : [];
};

/** The end comes sooner, and nothing else changes. */
const tightens = (change: KindChange, principal: string): boolean => {
  const [before, after] = [elementAt(change.before, 'use', principal), elementAt(change.after, 'use', principal)];
  return (
    isObject(before) &&
    isObject(after) &&
    endsSooner(after['until'], before['until']) &&
    canonical(after['halves']) === canonical(before['halves']) &&
    !change.touches(pointerOf('scope', principal)) &&
    !change.added('/delegation').includes(principal)
  );
};

const scopeOf = (change: KindChange, principal: string) => {
  const fields = getAt(change.after ?? {}, pointerOf('scope', principal, 'fields'));
  const halves = halvesOf(change, principal);
  const idsIn = (half: string) => texts(isObject(fields) ? fields[half] : undefined).map((Id) => ({ Id }));
  if (fields !== undefined)
    return {
      ...(idsIn('prod').length > 0 ? { ProdFieldList: idsIn('prod') } : {}),
      ...(idsIn('dev').length > 0 ? { DevFieldList: idsIn('dev') } : {}),
    };
  return halves === null ? {} : { ApplyProd: halves.includes('prod'), ApplyDev: halves.includes('dev') };
};
