import { describe, expect, it } from 'vitest';
import { createService, type Edition, type ServiceOptions } from '../../emulator/index.ts';

/** 23:59:50 in +08:00. */
const START = Date.parse('2026-11-24T15:59:50Z');

const startAt = (edition: Edition, options: Omit<ServiceOptions, 'edition' | 'clock' | 'seed'> = {}) => {
  const service = createService({ ...options, edition, seed: 1, clock: { nowMs: () => START } });
  const at = (ms: number, action = 'GetMyTenants') => service.call({ action, parameters: {}, atMs: START + ms });
  const codes = (times: readonly number[], action?: string) => times.map((ms) => at(ms, action).body.Code);
  return { service, at, codes };
};
const LEVEL_3 = 'CreateUserGroup';

describe('quotas', () => {
  it('are half-open windows of 1,000 ms: exactly a second later is another one', () => {
    const { service, codes } = startAt('agile');
    expect(codes([0, 0, 0, 0, 0, 999.9, 1000])).toEqual(['OK', 'OK', 'OK', 'OK', 'OK', 'Throttling.User', 'OK']);
    expect(service.violations()).toEqual([
      {
        kind: 'rate',
        quota: 'L1+L2+L3',
        action: 'GetMyTenants',
        ms: START + 999.9,
        requestId: expect.any(String),
        count: 6,
        limit: 5,
      },
    ]);
  });

  it('slide: six calls that straddle a full second are too many', () => {
    const { codes } = startAt('agile');
    expect(codes([500, 900, 950, 990, 1100, 1499])).toEqual(['OK', 'OK', 'OK', 'OK', 'OK', 'Throttling.User']);
  });

  it('answer a rate with 400 and the milliseconds to wait', () => {
    const { at, codes } = startAt('agile');
    codes([0, 0, 0, 0, 0]);
    expect(at(1)).toMatchObject({ status: 400, headers: { 'x-acs-retry-after': '1000' }, body: { Code: 'Throttling.User' } });
  });

  it('do not count what they refused, unless the switch says so', () => {
    expect(startAt('agile').codes([0, 0, 0, 0, 0, 500, 1000, 1400])).toEqual([
      ...Array(5).fill('OK'),
      'Throttling.User',
      'OK',
      'OK',
    ]);
    const counted = startAt('agile', { switches: { throttledCounts: 'yes' } });
    expect(counted.codes([0, 0, 0, 0, 0, 500, 501, 502, 503, 504, 1000])).toEqual([
      ...Array(5).fill('OK'),
      ...Array(6).fill('Throttling.User'),
    ]);
  });

  it('are apart by level on basic: 50, 20 and 5 a second', () => {
    const { service, codes } = startAt('basic');
    const count = (action: string, calls: number) =>
      codes(Array(calls).fill(0), action).filter((code) => code === 'Throttling.User').length;
    expect([count('GetMyTenants', 51), count('ListComputeSources', 21), count(LEVEL_3, 6)]).toEqual([1, 1, 1]);
    expect(service.violations().map(({ quota, limit }) => [quota, limit])).toEqual([
      ['L1', 50],
      ['L2', 20],
      ['L3', 5],
    ]);
    expect(service.calls()[0]?.quotas).toEqual(['L1', 'L1+L2']);
  });

  it('end the day without a header, and begin anew at midnight in +08:00', () => {
    const { service, at, codes } = startAt('personal', {
      world: { ...createService().world(), usage: { 'L1+L2+L3': { day: '2026-11-24', count: 99 } } },
    });
    expect(codes([0])).toEqual(['OK']);
    expect(at(2000)).toMatchObject({ status: 400, headers: {}, body: { Code: 'Throttling.User' } });
    expect(service.violations()).toMatchObject([{ kind: 'day', quota: 'L1+L2+L3', count: 101, limit: 100 }]);
    expect(at(10_000).body.Code).toBe('OK');
    expect(service.world().usage).toEqual({ 'L1+L2+L3': { day: '2026-11-25', count: 1 } });
  });

  it('allow level 3 on intelligent 10,000 a day and levels 1 and 2 without end', () => {
    const usage = { L3: { day: '2026-11-24', count: 10_000 }, 'L1+L2': { day: '2026-11-24', count: 90_000 } };
    const { codes } = startAt('intelligent', { world: { ...createService().world(), usage } });
    expect([...codes([0]), ...codes([0], LEVEL_3)]).toEqual(['OK', 'Throttling.User']);
  });

  it('can be the world’s own', () => {
    const { codes } = startAt('basic', { world: { ...createService().world(), quotas: [{ levels: [1], perSecond: 1 }] } });
    expect(codes([0, 0])).toEqual(['OK', 'Throttling.User']);
    expect(codes(Array(9).fill(0), 'ListComputeSources')).toEqual(Array(9).fill('Dataphin.OpenAPI.BadRequest'));
  });

  it('survive a change of the world from outside', () => {
    const { service, codes } = startAt('agile');
    codes([0, 0, 0, 0, 0]);
    service.change((world) => {
      world.tables.push('odps.300001413.finance.more');
    });
    expect(codes([1])).toEqual(['Throttling.User']);
  });

  it('of the personal edition are those of agile or nothing but GetProjectByName, by the switch', () => {
    const { codes, service } = startAt('personal');
    expect(codes([0], 'ListAddableRoles')).toEqual(['OK']);
    service.setSwitches({ personal: 'none' });
    expect(codes([1], 'ListAddableRoles')).toEqual(['DPN.Commons.EditionNotSupport']);
    expect(codes([2], 'GetProjectByName')).toEqual(['Dataphin.OpenAPI.BadRequest']);
  });
});
