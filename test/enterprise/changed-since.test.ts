/** A few of the edits that `scripts/changed-since.ts` makes by the hundred. */
import { describe, expect, it } from 'vitest';
import { compareEdits } from './changed-since.ts';

describe('examples/enterprise planned with --changed-since', () => {
  it('plans an edit as a plan of everything does, in at most a tenth of the calls', async () => {
    const seen: object[] = [];
    for await (const { wrong, calls, fullCalls, title } of compareEdits(4, 7, 150))
      seen.push({ title, wrong, isTenth: calls * 10 <= fullCalls });
    expect(seen.length).toBe(4);
    expect(seen).toEqual(seen.map((one) => ({ ...one, wrong: [], isTenth: true })));
  }, 120_000);
});
