/** Halves with ids of their own, and values that a read masks. */
import { describe, expect, it } from 'vitest';
import { type Difference, type DiffInput, diffResource, veiled } from '../../engine/core/diff.ts';
import type { RecordedResource } from '../../engine/core/model.ts';
import type { JsonObject } from '../../engine/core/ports.ts';
import { desiredOf, kindOf, LIFECYCLE, liveOf, PORTS, recordOf } from '../support/resources.ts';

const KIND = kindOf([
  {
    path: '/prod/config/*',
    rule: 'update',
    hides: (key, value, _desired, live) => key === 'password' || value === '***' || live?.extra['masked'] === key,
  },
  {
    path: '/dev',
    rule: 'part',
    why: 'made beside it',
    removalGuard: ({ extra }) =>
      extra['inUse'] === true ? { code: 'IN_USE', message: 'Somebody uses it.', hint: 'Ask.' } : null,
  },
  { path: '/dev/text', rule: 'update', within: '/dev' },
  { path: '/dev/config/*', rule: 'update', within: '/dev', hides: (key) => key === 'password' },
]);
const PATHS = ['/dev', '/dev/text', '/dev/config/host', '/prod/config/host', '/prod/config/user'];
const LISTS = { lists: ['/prod/config', '/dev/config'] };
const IDS = { prod: '1', dev: '2' };

type Given = {
  readonly last: RecordedResource | null;
  readonly want: JsonObject;
  readonly live: JsonObject;
  readonly extra?: JsonObject;
  readonly ids?: Readonly<Record<string, string>>;
} & Partial<Pick<DiffInput, 'drift'>> & { readonly ignore?: readonly string[] };

const diff = ({ last, want, live, extra = {}, ids = IDS, drift = 'revert', ignore = [] }: Given): Difference => {
  const desired = desiredOf(KIND, 'a', want, { lifecycle: { ...LIFECYCLE, ignore } });
  return diffResource(
    {
      kind: KIND,
      desired,
      live: veiled(KIND, liveOf(KIND, 'a', live, { ids, extra }), desired, last),
      recorded: last,
      drift,
      exclusiveByWorkspace: false,
      caller: null,
      gone: new Set(),
      pushSecrets: false,
    },
    PORTS,
  );
};
const told = ({ fields }: Difference) =>
  fields.map(({ pointer, reason, stands }) => `${pointer} ${reason}${stands ? ' stands' : ''}`);

const DEV = { text: 'a', config: { host: 'h', password: 'p' } };
const PRINTS = { '/dev/config/password': PORTS.fingerprint('p') ?? '' };
/** The record of a resource whose development half is ours. */
const RECORD = recordOf({ dev: { ...DEV, config: { host: 'h' } } }, PATHS.slice(0, 3), {
  ...LISTS,
  ids: IDS,
  fingerprints: PRINTS,
});
const ONLY_PROD = { prod: '1' };

describe('a half', () => {
  it('that is new is made with all its values, secrets among them', () => {
    const made = diff({ last: recordOf({}, [], { ids: ONLY_PROD }), want: { dev: DEV }, live: {}, ids: ONLY_PROD });
    expect(told(made)).toEqual(['/dev added', '/dev/text added', '/dev/config/host added', '/dev/config/password added']);
    expect(made.after).toEqual({ dev: DEV });
    expect(made.record.sent).toEqual({ '/dev/config/password': 'p' });
  });

  it('that somebody deleted is made again whole', () => {
    const made = diff({ last: RECORD, want: { dev: DEV }, live: {}, ids: ONLY_PROD });
    expect(told(made)).toEqual(['/dev drifted', '/dev/text added', '/dev/config/host added', '/dev/config/password added']);
    expect(made.after).toEqual({ dev: DEV });
  });

  it('that somebody deleted is only told where drift is reported, and nothing of it is forgotten', () => {
    const made = diff({ last: RECORD, want: { dev: DEV }, live: {}, ids: ONLY_PROD, drift: 'report' });
    expect(told(made)).toEqual(['/dev drifted stands']);
    expect(made.record).toMatchObject({ fields: RECORD.fields, fingerprints: PRINTS, lists: ['/dev/config'] });
  });

  it('that lifecycle.ignore names is not made', () => {
    expect(told(diff({ last: RECORD, want: { dev: DEV }, live: {}, ids: ONLY_PROD, ignore: ['/dev'] }))).toEqual([
      '/dev ignored stands',
    ]);
  });

  it('that no file names goes, and its id leaves the record with it', () => {
    const gone = diff({ last: RECORD, want: {}, live: { dev: DEV } });
    expect(told(gone)).toEqual(['/dev removed']);
    expect(gone.record).toMatchObject({ ids: ONLY_PROD, fields: {}, fingerprints: {} });
    expect(gone.after).toEqual({});
  });

  it('that something uses stays, with a guard and with everything that the record says of it', () => {
    const waits = diff({ last: RECORD, want: {}, live: { dev: DEV }, extra: { inUse: true } });
    expect(told(waits)).toEqual(['/dev removed stands']);
    expect(waits.guards.map(({ code, pointer }) => [code, pointer])).toEqual([['IN_USE', '/dev']]);
    expect(waits.record).toMatchObject({ ids: IDS, fields: RECORD.fields, fingerprints: PRINTS, lists: ['/dev/config'] });
    expect(waits.after).toEqual({ dev: { text: 'a', config: { host: 'h' } } });
  });

  it('that was adopted stands when no file names it any more', () => {
    expect(told(diff({ last: { ...RECORD, origin: 'adopted' }, want: {}, live: { dev: DEV } }))).toEqual(['/dev unset stands']);
  });
});

describe('of what no file names any more', () => {
  it('only that is shown which the record knows as no secret', () => {
    const live = liveOf(KIND, 'a', { dev: { text: 'a', config: { host: 'h', password: 'p', user: 'who' } } });
    expect(veiled(KIND, live, null, RECORD).spec).toEqual({ dev: { text: 'a', config: { host: 'h' } } });
  });
});

describe('a value that a read masks from now on', () => {
  const config = (of: JsonObject): JsonObject => ({ prod: { config: of } });
  const last = recordOf(config({ host: 'h', user: 'u' }), PATHS.slice(3), {
    ...LISTS,
    fingerprints: { '/prod/config/password': PORTS.fingerprint('p') ?? '' },
  });
  const shown = { host: 'h', user: '***', password: '***' };
  const of = (user: string) =>
    diff({ last, want: config({ host: 'h', user, password: 'p' }), live: config(shown), extra: { masked: 'user' } });

  it('is believed to be what was last applied, and is compared by its fingerprint from then on', () => {
    const believed = of('u');
    expect(told(believed)).toEqual([]);
    expect(believed.record.fingerprints['/prod/config/user']).toBe(PORTS.fingerprint('u'));
    expect(believed.record.assumed).toEqual(['/prod/config/user']);
  });

  it('is sent where the files say another one', () => {
    const sent = of('other');
    expect(told(sent)).toEqual(['/prod/config/user changed']);
    expect(sent.after).toEqual(config({ host: 'h', user: 'other', password: 'p' }));
  });

  it('is sent where it comes from a source now, although it is the first secret of its list', () => {
    const first = { ...last, fingerprints: {} };
    const want = config({ host: 'h', user: { $secret: 'env:USER' } });
    const made = diff({ last: first, want, live: config({ host: 'h', user: '***' }), extra: { masked: 'user' } });
    expect(told(made)).toEqual(['/prod/config/user secret']);
    expect(made.record.sent).toEqual({ '/prod/config/user': { $secret: 'env:USER' } });
  });
});
