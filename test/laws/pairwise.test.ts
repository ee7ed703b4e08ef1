import { describe, expect, it } from 'vitest';
import { DEFAULT_SWITCHES } from '../../emulator/index.ts';
import { setSwitches } from '../../emulator/switches.ts';
import { pairCount, pairsOf, ROW_COUNT, rowOf, switchesOf } from './pairwise.ts';

describe('the table of switches', () => {
  it('lets every two answers to two open questions meet, in few rows', () => {
    const met = new Set(Array.from({ length: ROW_COUNT }, (_, row) => pairsOf(rowOf(row))).flat());
    expect(met.size).toBe(pairCount());
    expect(ROW_COUNT).toBeLessThan(40);
  });

  it('begins with the defaults, and holds what the emulator takes', () => {
    const { parameters: _parameters, signature: _signature, ...defaults } = DEFAULT_SWITCHES;
    expect(switchesOf(0)).toEqual(defaults);
    for (let row = 0; row < ROW_COUNT; row++) expect(() => setSwitches(DEFAULT_SWITCHES, switchesOf(row))).not.toThrow();
  });
});
