import { describe, expect, it } from 'vitest';
import { parseTable, projectsOf, tableGuid, tableName } from '../../engine/kinds/tables.ts';

const TENANT = '300001413';

describe('a table as written', () => {
  it('is a project and a table, or a GUID of this tenant', () => {
    expect(parseTable('finance.orders', TENANT)).toEqual({ project: 'finance', table: 'orders', engine: null });
    expect(parseTable('odps.300001413.finance.orders', TENANT)).toEqual({ project: 'finance', table: 'orders', engine: 'odps' });
    expect(parseTable('hadoop.300001413.finance.orders', TENANT)).toMatchObject({ engine: 'hadoop' });
  });
  it('is passed through where the GUID has another form', () => {
    for (const guid of ['adb.300001413.finance.orders', 'odps.300001413.finance.public.orders', 'odps.300001413.finance'])
      expect(parseTable(guid, TENANT)).toEqual({ guid });
  });
  it('is no GUID of another tenant, where the tenant is known', () => {
    expect(parseTable('odps.42.finance.orders', TENANT)).toMatchObject({
      error: { message: expect.stringContaining('tenant 42') },
    });
    expect(parseTable('odps.42.finance.orders', '')).toEqual({ project: 'finance', table: 'orders', engine: 'odps' });
  });
  it('is nothing else', () => {
    for (const text of ['orders', '', 'finance.', '.orders', 'a.b.c', 'odps.x.finance.orders', 'finance.my orders'])
      expect(parseTable(text, TENANT), text).toHaveProperty('error');
  });
});

it('has the same name whether it is written short or as a GUID, and another GUID is a name by itself', () => {
  expect(
    ['odps.300001413.finance.orders', 'hadoop.300001413.finance.orders', 'finance.orders'].map((guid) => tableName(guid, TENANT)),
  ).toEqual(['finance.orders', 'finance.orders', 'finance.orders']);
  expect(tableName('odps.42.finance.orders', TENANT)).toBe('odps.42.finance.orders');
  expect(tableName('adb.300001413.finance.orders', TENANT)).toBe('adb.300001413.finance.orders');
});

it('has a GUID of the engine that was named, else of MaxCompute', () => {
  expect(tableGuid({ project: 'finance', table: 'orders', engine: null }, TENANT)).toBe('odps.300001413.finance.orders');
  expect(tableGuid({ project: 'finance', table: 'orders', engine: 'hadoop' }, TENANT)).toBe('hadoop.300001413.finance.orders');
});

it('belongs to the project whose development half is named', () => {
  expect(projectsOf('finance')).toEqual(['finance']);
  expect(projectsOf('finance_dev')).toEqual(['finance_dev', 'finance']);
  expect(projectsOf('_dev')).toEqual(['_dev']);
});
