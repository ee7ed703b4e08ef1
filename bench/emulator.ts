/** Calls a second that the emulator carries out: in process, with codec and signature, over HTTP (DESIGN 10). */
import { createGateway, createService, startEmulator } from '../emulator/index.ts';
import { operationFacts } from '../engine/operations/index.ts';
import { createClient } from '../engine/shell/client.ts';
import { systemClock } from '../engine/shell/clock.ts';
import { resolveEndpoint } from '../engine/shell/endpoint.ts';
import { signRequest, splitRequest } from '../engine/shell/request.ts';
import type { Line } from './line.ts';

const REQUEST = { ListQuery: { PageNo: 1, PageSize: 50 } };
/** Quotas are not what is measured. */
const world = (service: ReturnType<typeof createService>) => ({
  ...service.world(),
  quotas: [{ levels: [1, 2, 3], perSecond: null, perDay: null }],
});

const perSecond = async (count: number, call: (index: number) => unknown): Promise<number> => {
  const from = performance.now();
  for (let index = 0; index < count; index++) {
    const result = call(index);
    if (result instanceof Promise) await result;
  }
  return (count * 1000) / (performance.now() - from);
};

/** The same JSON text parsed over and over: what this machine does a second with nothing around it. */
const parseLoop = async (text: string): Promise<number> => perSecond(20_000, () => JSON.parse(text) as unknown);

const line = (what: string, value: number, least: number, parses: number): Line => ({
  what,
  value: `${Math.round(value).toLocaleString('en')}/s`,
  goal: `>= ${least.toLocaleString('en')}/s`,
  yardstick: `beside ${Math.round(parses).toLocaleString('en')}/s of JSON.parse of one answer`,
  isReached: value >= least,
});

export const emulatorLines = async (): Promise<readonly Line[]> => {
  const service = createService({ seed: 1 });
  service.setWorld(world(service));
  const answer = service.call({ action: 'ListUserGroups', parameters: REQUEST });
  const text = JSON.stringify(answer.body);
  await perSecond(2_000, () => service.call({ action: 'ListUserGroups', parameters: REQUEST }));
  service.clearCalls();
  const parses = await parseLoop(text);
  const inProcess = await perSecond(20_000, () => service.call({ action: 'ListUserGroups', parameters: REQUEST }));
  service.clearCalls();

  const gateway = createGateway(service);
  const [key] = service.keys();
  if (!key) throw new Error('the world has no key');
  const found = resolveEndpoint({ region: null, endpoint: 'http://127.0.0.1:1', allowed: [] });
  if (!found.ok) throw new Error(found.message);
  const facts = operationFacts('ListUserGroups');
  const withCodec = await perSecond(5_000, (index) => {
    const request = signRequest(splitRequest(facts, REQUEST, service.world().tenant, 'body'), {
      operation: 'ListUserGroups',
      host: found.endpoint.host,
      key: { accessKeyId: key.id, accessKeySecret: key.secret },
      signature: 'v3',
      wallMs: Date.now(),
      nonce: `bench-${index}`,
      userAgent: 'bench',
    });
    return gateway.wire({ ...request, body: request.body ?? '' });
  });

  const emulator = await startEmulator({ world: service.world() });
  const endpoint = resolveEndpoint({ region: null, endpoint: emulator.endpoint, allowed: [] });
  if (!endpoint.ok) throw new Error(endpoint.message);
  const client = createClient({
    endpoint: endpoint.endpoint,
    tenant: emulator.tenant,
    credentials: { accessKeyId: emulator.accessKeyId, accessKeySecret: emulator.accessKeySecret },
    clock: systemClock,
  });
  const overHttp = await perSecond(100, () =>
    Promise.all(Array.from({ length: 30 }, () => client.call('ListUserGroups', REQUEST))).then((results) => {
      if (results.some((one) => one.outcome !== 'done')) throw new Error('a call failed');
    }),
  );
  client.close();
  await emulator.close();
  return [
    line('emulator: service(call)', inProcess, 50_000, parses),
    line('emulator: with codec and signature', withCodec, 5_000, parses),
    line('emulator: over HTTP', overHttp * 30, 1_500, parses),
  ];
};
