import { describe, expect, it } from 'vitest';
import { fillIds, fillRequest, findIds, secretsIn, secretText } from '../../engine/core/fill.ts';

const ids = (address: string) =>
  ({
    'userGroups/a': { id: '9' },
    'dataSources/d': { prod: '1', dev: '2' },
    'dataServiceGrants/p/a': { project: '22', api: '1' },
  })[address];
const secret = (reference: string) => ({ 'env:KEY': 'k3y', 'file:empty': '' })[reference];

describe('a request', () => {
  it('has every placeholder replaced, wherever it stands', () => {
    const request = {
      Id: { $id: 'userGroups/a' },
      List: [{ Key: 'k', Value: { $secret: 'env:KEY' } }, 'text', 1, true, null],
      Url: { $concat: ['jdbc:x?key=', { $secret: 'env:KEY' }, '&e=', { $secret: 'file:empty' }] },
    };
    expect(fillRequest(request, { ids, secret })).toEqual({
      Id: '9',
      List: [{ Key: 'k', Value: 'k3y' }, 'text', 1, true, null],
      Url: 'jdbc:x?key=k3y&e=',
    });
    expect(fillIds(request, ids)).toEqual({ ...request, Id: '9' });
  });

  it('means the production half, or the one that a part names', () => {
    const request = {
      Prod: { $id: 'dataSources/d' },
      Dev: { $id: 'dataSources/d#dev' },
      Api: { $id: 'dataServiceGrants/p/a#api' },
    };
    expect(fillRequest(request, { ids, secret })).toEqual({ Prod: '1', Dev: '2', Api: '1' });
  });

  it('means the only id that there is, whatever it is called', () => {
    const only = (address: string) => (address === 'projects/p' ? { account: '5' } : undefined);
    expect(fillIds({ Id: { $id: 'projects/p' }, Same: { $id: 'projects/p#account' } }, only)).toEqual({ Id: '5', Same: '5' });
    expect(() => fillIds({ Id: { $id: 'projects/p#owner' } }, only)).toThrow('has several ids');
    expect(() => fillIds({ Id: { $id: 'projects/q#owner' } }, only)).toThrow('no step has given it');
  });

  it('takes objects with more than the one key for what they are', () => {
    const request = { Config: { $id: 'userGroups/a', other: '1' }, Odd: { $secret: 5 } };
    expect(fillRequest(request, { ids, secret })).toEqual(request);
  });

  it('is not sent without an id, with one of several ids, or without a secret', () => {
    expect(() => fillRequest({ Id: { $id: 'userGroups/x' } }, { ids, secret })).toThrow(
      'The id of "userGroups/x" is needed and no step has given it.',
    );
    expect(() => fillRequest({ Id: { $id: 'dataServiceGrants/p/a' } }, { ids, secret })).toThrow(
      '"dataServiceGrants/p/a" has several ids',
    );
    expect(() => fillRequest({ Key: { $secret: 'env:NONE' } }, { ids, secret })).toThrow(
      'The secret "env:NONE" has no value here.',
    );
  });

  it('tells its secrets, each once', () => {
    expect(
      secretsIn({ a: { $secret: 'env:B' }, b: [{ $concat: ['x', { $secret: 'env:A' }] }] }, { c: { $secret: 'env:B' } }),
    ).toEqual(['env:A', 'env:B']);
    expect(secretText('plain', secret)).toBe('plain');
  });
});

describe('an answer', () => {
  it('gives the id at a pointer, as text', () => {
    const gives = { address: 'userGroups/a', ids: { id: '/CreateResult/Id' } };
    expect(findIds(gives, { CreateResult: { Id: '12' } })).toEqual({ ids: { id: '12' } });
    expect(findIds(gives, { CreateResult: { Id: 12 } })).toEqual({ ids: { id: '12' } });
    for (const answer of [{}, { CreateResult: { Id: null } }, { CreateResult: { Id: '' } }])
      expect(findIds(gives, answer)).toEqual({ problem: 'the answer has no id at /CreateResult/Id', rows: 0 });
  });

  it('gives what was known before', () => {
    expect(findIds({ address: 'tenantMembers/b', ids: {}, known: { id: '3' } }, {})).toEqual({ ids: { id: '3' } });
  });

  it('gives the id of the one row that fits', () => {
    const gives = { address: 'tenantMembers/b', list: '/Page/List', where: { '/Name': 'b', '/Env': 'PROD' }, ids: { id: '/Id' } };
    const row = (Name: string, Env: string, Id: string) => ({ Name, Env, Id });
    const rows = [row('b', 'DEV', '1'), row('b', 'PROD', '2'), row('bb', 'PROD', '3')];
    expect(findIds(gives, { Page: { List: rows } })).toEqual({ ids: { id: '2' } });
    expect(findIds(gives, { Page: { List: [] } })).toEqual({
      problem: '0 rows of /Page/List fit "tenantMembers/b", one was expected',
      rows: 0,
    });
    expect(findIds(gives, { Page: { List: [...rows, row('b', 'PROD', '4')] } })).toEqual({
      problem: '2 rows of /Page/List fit "tenantMembers/b", one was expected',
      rows: 2,
    });
  });
});

describe('an id that is looked for in a list', () => {
  const gives = { address: 'userGroups/a', list: '/Rows', where: { '/Name': 'a' }, ids: { id: '/Id' } };

  it('is that of the one row that fits', () => {
    expect(
      findIds(gives, {
        Rows: [
          { Name: 'a', Id: 7 },
          { Name: 'b', Id: 8 },
        ],
      }),
    ).toEqual({ ids: { id: '7' } });
  });

  it('is none where no row fits, two do, or there is no list', () => {
    const none = (rows: number) => ({ problem: `${rows} rows of /Rows fit "userGroups/a", one was expected`, rows });
    expect(findIds(gives, { Rows: [] })).toEqual(none(0));
    expect(findIds(gives, { Rows: [{ Name: 'a' }, { Name: 'a' }] })).toEqual(none(2));
    expect(findIds(gives, { Rows: 'none' })).toEqual(none(0));
    expect(findIds(gives, {})).toEqual(none(0));
  });
});
