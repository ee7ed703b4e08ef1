import { describe, expect, it } from 'vitest';
import { as, startApps } from '../support/apps.ts';
import { ALICE, BOB, CAROL, DAVE, OWNER } from '../support/emulator-fixture.ts';

describe('members of an app', () => {
  const until = (EffectiveEnd: string, ...users: string[]) => users.map((UserId) => ({ UserId, EffectiveEnd }));
  const startApp = () => {
    const fixture = startApps();
    const { ok, code, create } = fixture;
    const id = create();
    const add = (MemberList: object[]) => ({ AddCommand: { AppId: id, MemberList } });
    const members = (keyId?: string) =>
      (ok('GetDataServiceAppMembers', { AppId: id }, keyId).Data as { MemberList: Record<string, string>[] }).MemberList.map(
        (row) => `${row.Role} ${row.UserId} ${row.EffectiveEnd}`,
      );
    return {
      ...fixture,
      id,
      members,
      add: (list: object[]) => ok('AddDataServiceAppMember', add(list)),
      addCode: (list: object[]) => code('AddDataServiceAppMember', add(list)),
    };
  };

  it('show beside the owners, who were never added', () => {
    const { add, members } = startApp();
    add(until('2027-12-31', BOB, CAROL));
    expect(members()).toEqual([`owner ${ALICE} `, `general ${BOB} 2027-12-31`, `general ${CAROL} 2027-12-31`]);
  });

  it('have a day for their end, written as a day', () => {
    const { add, addCode, members } = startApp();
    for (const day of ['2027-02-30', '2027-12-31 00:00:00', '1830268799000', '31.12.2027', ''])
      expect(addCode(until(day, BOB)), day).toBe('DPN.Oltp.MgmtSys.ParamError');
    add(until('3025-12-31', BOB));
    add(until('2020-02-29', CAROL));
    expect(members()).toEqual([`owner ${ALICE} `, `general ${BOB} 3025-12-31`, `general ${CAROL} 2020-02-29`]);
  });

  it('are added once; owners are there already; by the switch a second time changes nothing', () => {
    const { add, addCode, members, service } = startApp();
    add(until('2027-12-31', BOB));
    expect(addCode(until('2028-12-31', BOB))).toBe('DPN.AppMember.AlreadyExists');
    expect(addCode(until('2028-12-31', CAROL, ALICE))).toBe('DPN.AppMember.AlreadyExists');
    service.setSwitches({ memberTwice: 'ignored' });
    add(until('2028-12-31', BOB, ALICE));
    expect(members()).toEqual([`owner ${ALICE} `, `general ${BOB} 2027-12-31`]);
  });

  it('are refused as a whole when one is a stranger, or as far as possible by the switch', () => {
    const { addCode, members, service } = startApp();
    expect(addCode(until('2027-12-31', BOB, DAVE))).toBe('DPN.TenantMember.NotFound');
    expect(members()).toEqual([`owner ${ALICE} `]);
    service.setSwitches({ batch: 'partial' });
    expect(addCode(until('2027-12-31', BOB, DAVE))).toBe('DPN.TenantMember.NotFound');
    expect(members()).toEqual([`owner ${ALICE} `, `general ${BOB} 2027-12-31`]);
  });

  it('get another end by an update, and go by their user ids', () => {
    const { ok, code, id, add, members } = startApp();
    add(until('2027-12-31', BOB));
    const update = (...list: object[]) => ({ UpdateCommand: { AppId: id, MemberList: list } });
    ok('UpdateDataServiceAppMember', update(...until('2028-01-31', BOB)));
    expect(members()).toEqual([`owner ${ALICE} `, `general ${BOB} 2028-01-31`]);
    expect(code('UpdateDataServiceAppMember', update(...until('2028-01-31', CAROL)))).toBe('DPN.AppMember.NotFound');
    const remove = (...MemberIds: string[]) => ({ RemoveCommand: { AppId: id, MemberIds } });
    expect(code('RemoveDataServiceAppMember', remove(BOB, CAROL))).toBe('DPN.AppMember.NotFound');
    expect(code('RemoveDataServiceAppMember', remove(ALICE))).toBe('DPN.AppMember.Invalid');
    ok('RemoveDataServiceAppMember', remove(BOB));
    expect(members()).toEqual([`owner ${ALICE} `]);
  });

  it('whose time is over are listed, or gone by the switch and may be added anew', () => {
    const { add, addCode, clock, members, service } = startApp();
    add(until('2026-11-24', BOB));
    clock.ms += 86_400_000;
    expect(members()).toEqual([`owner ${ALICE} `, `general ${BOB} 2026-11-24`]);
    expect(addCode(until('2027-12-31', BOB))).toBe('DPN.AppMember.AlreadyExists');
    service.setSwitches({ expired: 'gone' });
    expect(members()).toEqual([`owner ${ALICE} `]);
    add(until('2027-12-31', BOB));
    expect(members()).toEqual([`owner ${ALICE} `, `general ${BOB} 2027-12-31`]);
  });

  it('who become owners show as owners, and as members again afterwards', () => {
    const { ok, id, add, members } = startApp();
    add(until('2027-12-31', BOB));
    ok('UpdateDataServiceApp', { UpdateCommand: { AppId: id, OwnerIds: [BOB] } });
    expect(members()).toEqual([`owner ${BOB} `]);
    ok('UpdateDataServiceApp', { UpdateCommand: { AppId: id, OwnerIds: [ALICE] } });
    expect(members()).toEqual([`owner ${ALICE} `, `general ${BOB} 2027-12-31`]);
  });

  it('are seen and changed by owners only', () => {
    const { code, id, add, members } = startApp();
    add(until('2027-12-31', BOB));
    expect(members(as(ALICE))).toEqual(members());
    const refused = (action: string, parameters: object) => code(action, parameters as Record<string, unknown>, as(BOB));
    const list = { AppId: id, MemberList: until('2027-12-31', CAROL) };
    expect([
      refused('GetDataServiceAppMembers', { AppId: id }),
      refused('AddDataServiceAppMember', { AddCommand: list }),
      refused('UpdateDataServiceAppMember', { UpdateCommand: list }),
      refused('RemoveDataServiceAppMember', { RemoveCommand: { AppId: id, MemberIds: [BOB] } }),
    ]).toEqual(Array(4).fill('DPN.Oltp.MgmtSys.NoAuthorized'));
  });

  it('leave with the tenant; the last owner of an app cannot', () => {
    const { ok, code, id, add, members } = startApp();
    add(until('2027-12-31', BOB));
    ok('RemoveTenantMember', { RemoveCommand: { SourceId: BOB } });
    expect(members()).toEqual([`owner ${ALICE} `]);
    expect(code('RemoveTenantMember', { RemoveCommand: { SourceId: ALICE } })).toBe('DPN.TenantMember.InUse');
    ok('UpdateDataServiceApp', { UpdateCommand: { AppId: id, OwnerIds: [ALICE, OWNER] } });
    ok('RemoveTenantMember', { RemoveCommand: { SourceId: ALICE } });
    expect(members()).toEqual([`owner ${OWNER} `]);
  });
});
