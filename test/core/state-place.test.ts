/** Where a record is kept: what is refused, key by key, and what stands in for what is not said. */
import { describe, expect, it } from 'vitest';
import { behindOf } from '../../engine/core/behind.ts';
import type { JsonObject } from '../../engine/core/ports.ts';
import { ageText } from '../../engine/core/snapshot.ts';
import { statePlaceOf } from '../../engine/core/state-place.ts';

const HTTP = { backend: 'http', address: 'https://state.example.com/a' };
const faultsOf = (value: JsonObject): readonly string[] =>
  statePlaceOf(value).faults.map(({ key, code, message }) => `${key} ${code} ${message}`);

describe('a place of the record', () => {
  it('is the folder of the workspace where none is named', () => {
    for (const value of [undefined, 'http', {}, { backend: 7 }])
      expect(statePlaceOf(value)).toEqual({ place: { backend: 'local' }, faults: [] });
  });

  it.each([
    ['a backend that nobody knows', { backend: 'ftp' }, ['backend VALUE_WRONG "state.backend: ftp" is not known.']],
    ['a key of another backend', { ...HTTP, bucket: 'b' }, ['bucket KEY_UNKNOWN "state.bucket" belongs to backend: oss.']],
    ['no address', { backend: 'http' }, [' KEY_MISSING The backend http needs an address.']],
    ['a blank in it', { ...HTTP, address: 'https://a b' }, ['address ENDPOINT_WRONG "state.address" is no address.']],
    ['none that can be read', { ...HTTP, address: 'https:///' }, ['address ENDPOINT_WRONG "state.address" is no address.']],
    ['a user in it', { ...HTTP, address: 'https://u:p@a.com' }, ['address ENDPOINT_WRONG "state.address" names a user.']],
    ['a fragment', { ...HTTP, address: 'https://a.com/#x' }, ['address ENDPOINT_WRONG "state.address" ends with a fragment.']],
    [
      'an address in the clear',
      { ...HTTP, lockAddress: 'http://a.com/l' },
      ['lockAddress ENDPOINT_WRONG "state.lockAddress" is neither https nor on this machine.'],
    ],
    ['a username alone', { ...HTTP, username: 'u' }, ['username KEY_MISSING There is a username and no password.']],
    ['a password alone', { ...HTTP, password: '${env:P}' }, ['password KEY_MISSING There is a password and no username.']],
  ])('is refused for %s', (_claim, value, expected) => expect(faultsOf(value)).toEqual(expected));

  it('of GitLab is locked as GitLab does it, also with a query behind the address', () => {
    const address = 'https://gitlab.example.com/api/v4/projects/7/terraform/state/prod';
    expect(statePlaceOf({ ...HTTP, address }).place).toMatchObject({
      lock: { method: 'POST', address: `${address}/lock` },
      unlock: { method: 'DELETE', address: `${address}/lock` },
    });
    expect(statePlaceOf(HTTP).place).toMatchObject({ lock: { method: 'LOCK', address: HTTP.address }, user: null });
  });
});

describe('an age', () => {
  it.each([
    [0, 'less than a minute old'],
    [60_000, '1 minute old'],
    [7_200_000, '2 hours old'],
    [86_400_000, '1 day old'],
    [-5, 'less than a minute old'],
  ])('of %i ms is told in its largest unit', (ms, text) => expect(ageText(ms)).toBe(text));
});

describe('a branch that lacks what was applied', () => {
  const says = (lacking: { commits: number; isBehind: boolean } | null, isProtected: boolean, behind?: number) => {
    const told = behindOf({ last: '0123456789abcdef', lacking, isProtected }, behind === undefined ? {} : { behind });
    return told && `${told.severity} ${told.message} ${told.hint}`;
  };

  it('is told how much it lacks, and how that is confirmed', () => {
    expect(says({ commits: 0, isBehind: false }, true)).toBeNull();
    expect(says({ commits: 2, isBehind: true }, false, 2)).toBeNull();
    expect(says({ commits: 1, isBehind: false }, false)).toMatch(/^warning These files lack 1 commit of .* plan again\.$/);
    expect(says({ commits: 3, isBehind: true }, false, 2)).toMatch(
      /^error These files lack 3 commits of .* behind=2 was confirmed, and it is 3\. .* If it is meant: --confirm behind=3\.$/,
    );
  });

  it('is told how to find out where the clone does not know the commit', () => {
    expect(says(null, false)).toMatch(
      /^warning The commit that was applied last \(0123456789\) is not in this clone: .* Fetch it: /,
    );
    expect(says(null, true, 4)).toMatch(/^error .* behind=4 was confirmed, and it is 1\. Fetch it: .* --confirm behind=1\.$/);
    expect(says(null, true, 1)).toBeNull();
  });
});
