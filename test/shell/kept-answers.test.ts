/** Answers of an earlier day: what is redacted in them is asked for again where a call needs it. */
import { describe, expect, it } from 'vitest';
import type { CallResult, JsonObject } from '../../engine/core/ports.ts';
import { redactRead } from '../../engine/core/snapshot-redact.ts';
import { KINDS } from '../../engine/kinds/index.ts';
import { type KeptRead, keptAnswers } from '../../engine/shell/kept-answers.ts';
import { createReader } from '../../engine/shell/reader.ts';
import { sha256 } from '../../engine/shell/sign.ts';
import { createVirtualClock } from '../support/apply-clock.ts';

const DAY_1 = '2026-11-24T02:00:00.000Z';
const DAY_2 = '2026-11-25T02:00:00.000Z';
const PACER = {
  pass: async () => undefined,
  throttled: () => ({ waitMs: 0, isSpent: false }),
  accepted: () => undefined,
  unanswered: () => undefined,
  over: () => null,
};
const list = (...apps: readonly string[]): JsonObject => ({
  Data: { AppInfoList: apps.map((AppKeyStr, index) => ({ Id: String(index), AppKeyStr })) },
});
const ofDay1 = (operation: string, request: JsonObject, answer: JsonObject): KeptRead => ({
  ...redactRead({ operation, request, answer }, KINDS, { desired: [], recorded: {}, hash: sha256 }),
  at: DAY_1,
});
const SOURCE = 'ListDataServicePublishedApis';
const DETAILS = 'ListAuthorizedDataServiceApiDetails';
const detailsOf = (key: string): JsonObject => ({ ListQuery: { AppKeyStr: key } });
const keysIn = (answer: JsonObject | null): readonly string[] =>
  [...JSON.stringify(answer).matchAll(/"AppKeyStr":"([^"]*)"/g)].map(([, key = '']) => key);

const started = (kept: readonly KeptRead[], live: (operation: string, request: JsonObject) => JsonObject) => {
  const sent: string[] = [];
  const answers = keptAnswers(kept, () => DAY_2);
  const client = {
    call: async (operation: string, request: JsonObject): Promise<CallResult> => {
      sent.push(`${operation} ${JSON.stringify(request)}`);
      return { outcome: 'done', answer: live(operation, request), requestId: null };
    },
    close: () => undefined,
  };
  const reader = createReader({ client, pacer: PACER, clock: createVirtualClock(), random: () => 0, answers });
  return { sent, answers, reader };
};

describe('answers of an earlier day', () => {
  it('hold no key of an app; the key is asked for once, where a call wants it that was not made that day', async () => {
    const kept = [
      ofDay1(SOURCE, { GroupId: '7' }, list('key-one-1', 'key-two-2', 'key-three')),
      ofDay1(DETAILS, detailsOf('key-one-1'), {}),
    ];
    expect(JSON.stringify(kept)).not.toMatch(/key-(one|two|three)/);
    const { sent, answers, reader } = started(kept, () => list('key-one-1', 'key-two-2', 'key-three'));
    const [one = '', two = '', three = ''] = keysIn(await reader.call(SOURCE, { GroupId: '7' }));
    expect(sent).toEqual([]);
    await Promise.all([one, two, three].map((digest) => reader.call(DETAILS, detailsOf(digest))));
    expect(sent.sort()).toEqual([
      `${DETAILS} {"ListQuery":{"AppKeyStr":"key-three"}}`,
      `${DETAILS} {"ListQuery":{"AppKeyStr":"key-two-2"}}`,
      `${SOURCE} {"GroupId":"7"}`,
    ]);
    expect(reader.spent().operations).toEqual({ [SOURCE]: 1, [DETAILS]: 2 });
    expect([answers.since([SOURCE]), answers.since([DETAILS])]).toEqual([null, DAY_1]);
    // The real key finds what was kept under its digest.
    expect(answers.reads().filter(({ operation }) => operation === DETAILS).length).toBe(3);
  });

  it('are given once: who asks again wants to know anew', async () => {
    const { sent, reader, answers } = started([ofDay1('ListUserGroups', { ListQuery: {} }, { a: 1 })], () => ({ a: 2 }));
    expect(await reader.call('ListUserGroups', { ListQuery: {} })).toEqual({ a: 1 });
    expect(answers.since(['ListUserGroups'])).toBe(DAY_1);
    expect(await reader.call('ListUserGroups', { ListQuery: {} })).toEqual({ a: 2 });
    expect(sent.length).toBe(1);
    expect(answers.reads()).toEqual([{ operation: 'ListUserGroups', request: { ListQuery: {} }, answer: { a: 2 }, at: DAY_2 }]);
  });

  it('stop with a word where what told a key tells it no more', async () => {
    const { reader } = started([ofDay1(SOURCE, { GroupId: '7' }, list('key-one-1'))], () => list());
    const [one = ''] = keysIn(await reader.call(SOURCE, { GroupId: '7' }));
    await expect(reader.call(DETAILS, detailsOf(one))).rejects.toMatchObject({ code: 'ANSWER_WRONG' });
  });

  it('never prove the tenant', async () => {
    const { reader, answers } = started([], () => ({ TenantList: [] }));
    await reader.call('GetMyTenants', {});
    expect(answers.reads()).toEqual([]);
  });
});
