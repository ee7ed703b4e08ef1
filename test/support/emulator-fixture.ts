/** A service on a clock that stands still until a test moves it. */
import { type Answer, createService, type Service, type ServiceOptions } from '../../emulator/index.ts';

type Payload = Readonly<Record<string, unknown>>;

/** 2026-11-24 10:00:00 in +08:00. */
export const START_MS = Date.parse('2026-11-24T02:00:00Z');
export const OWNER = '300000001';
export const ALICE = '300000002';
export const BOB = '300000003';
export const CAROL = '300000004';
export const DAVE = '300000005';

export type Fixture = {
  readonly service: Service;
  readonly clock: { ms: number };
  /** One call; half a second apart each, so that no quota is in the way. */
  readonly call: (action: string, parameters?: Payload, keyId?: string) => Answer;
  /** The payload of a call that must succeed. */
  readonly ok: (action: string, parameters?: Payload, keyId?: string) => Payload;
  /** The code of a call that must be refused. */
  readonly code: (action: string, parameters?: Payload, keyId?: string) => string;
};

const ENVELOPE = ['Code', 'HttpStatusCode', 'Message', 'RequestId', 'Success'];

export const startFixture = (options: Omit<ServiceOptions, 'clock' | 'seed'> = {}): Fixture => {
  const clock = { ms: START_MS };
  const service = createService({ ...options, seed: 1, clock: { nowMs: () => clock.ms } });
  const call: Fixture['call'] = (action, parameters = {}, keyId) => {
    clock.ms += 500;
    return service.call({ action, parameters: parameters as never, ...(keyId === undefined ? {} : { keyId }) });
  };
  return {
    service,
    clock,
    call,
    ok: (...given) => {
      const { body } = call(...given);
      if (body.Code !== 'OK') throw new Error(`${given[0]}: ${JSON.stringify(body)}`);
      return Object.fromEntries(Object.entries(body).filter(([key]) => !ENVELOPE.includes(key)));
    },
    code: (...given) => {
      const { body } = call(...given);
      if (body.Code === 'OK') throw new Error(`${given[0]}: was not refused`);
      return String(body.Code);
    },
  };
};

/** A world with keys of other people: `AK-300000002` belongs to Alice. */
export const withKeysOf = (service: Service, ...users: readonly string[]): void =>
  service.change((world) => {
    for (const userId of users) world.keys.push({ id: `AK-${userId}`, secret: `secret-${userId}`, userId, readOnly: false });
  });
