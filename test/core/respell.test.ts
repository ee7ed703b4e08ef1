import { describe, expect, it } from 'vitest';
import type { RecordedResource } from '../../engine/core/model.ts';
import { respell } from '../../engine/core/respell.ts';

const recorded: RecordedResource = {
  ids: { id: '7' },
  origin: 'created',
  fields: {
    '/use/dataServiceApps~1finance~1portal': 'a',
    '/use/bob@example.com': 'b',
    '/scope/dataServiceApps~1finance~1portal': 'c',
  },
  lists: ['/use', '/rules/east/grant'],
  fingerprints: { '/secret': 'f' },
  assumed: ['/secret'],
  prevent: [],
  onRemove: null,
  causes: { '/use/dataServiceApps~1finance~1portal': 'sets/apps' },
};

describe('a record after renames', () => {
  it('names by the new address what was renamed, in every pointer', () => {
    expect(respell(recorded, new Map([['dataServiceApps/finance/portal', 'dataServiceApps/money/portal']]))).toEqual({
      ...recorded,
      fields: {
        '/use/dataServiceApps~1money~1portal': 'a',
        '/use/bob@example.com': 'b',
        '/scope/dataServiceApps~1money~1portal': 'c',
      },
      causes: { '/use/dataServiceApps~1money~1portal': 'sets/apps' },
    });
  });

  it('is the same value where nothing in it was renamed', () => {
    expect(respell(recorded, new Map())).toBe(recorded);
    expect(respell(recorded, new Map([['dataServiceApps/finance/portal_2', 'dataServiceApps/finance/other']]))).toBe(recorded);
  });
});
