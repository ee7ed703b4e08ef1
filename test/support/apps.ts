/** Apps of the data service for tests: Alice owns them, Bob does not, Carol is a system administrator. */
import { ALICE, BOB, CAROL, startFixture, withKeysOf } from './emulator-fixture.ts';

export const DEFAULT_GROUP = '509';
export const as = (userId: string): string => `AK-${userId}`;
export const SYSTEM_ADMIN = as(CAROL);

export const appCommand = (more: object = {}) => ({
  AppGroupId: DEFAULT_GROUP,
  AppName: 'portal',
  OwnerIds: [ALICE],
  Scenarios: 'reporting',
  ...more,
});

export const startApps = (options: Parameters<typeof startFixture>[0] = {}) => {
  const fixture = startFixture(options);
  withKeysOf(fixture.service, ALICE, BOB, CAROL);
  fixture.service.change((world) => {
    for (const member of world.members) if (member.UserId === CAROL) member.RoleList = ['SYSTEM_ADMIN'];
  });
  const { ok, code, service } = fixture;
  return {
    ...fixture,
    /** The id of a new app. */
    create: (more: object = {}): string => String(ok('CreateDataServiceApp', { CreateCommand: appCommand(more) }).Data),
    /** The code with which an app is refused. */
    created: (more: object): string => code('CreateDataServiceApp', { CreateCommand: appCommand(more) }),
    read: (id: string, keyId?: string) => ok('GetDataServiceApp', { AppId: id }, keyId).Data as Record<string, unknown>,
    app: (id: string) => service.world().apps.find((one) => one.AppId === id),
  };
};
