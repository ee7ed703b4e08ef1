/**
 * A client after the provider pattern (PEERS 0), to measure ours against: ten workers, a get for each resource, or a list by
 * name where there is no get or no id yet; then the writes; a throttled call again after 3 s, and after that every 5 s.
 * It is spared what such providers do besides: reading back what they wrote, and giving up when a resource's time is over.
 */
import { fillRequest, findIds } from '../engine/core/fill.ts';
import { givesOf } from '../engine/core/ids.ts';
import { getAt, textOf } from '../engine/core/json.ts';
import type { Address, Change, Ids, Step } from '../engine/core/model.ts';
import type { Client, Clock, Json, JsonObject } from '../engine/core/ports.ts';
import { type OperationName, operationFacts } from '../engine/operations/index.ts';
import { type Get, PAGE_SIZE, PROVIDERS, rows } from './naive-reads.ts';

const WORKERS = 10;
const FIRST_WAIT_MS = 3_000;
const NEXT_WAIT_MS = 5_000;

export type NaivePorts = {
  readonly client: Client;
  readonly clock: Clock;
  readonly secret: (reference: string) => string | undefined;
  /** Ids that the files of a provider's users would hold: of what no resource of theirs makes. */
  readonly written: ReadonlyMap<Address, Ids>;
};
export type Naive = {
  /** Reads each of these; gives those that are there. */
  readonly refresh: (changes: readonly Change[]) => Promise<readonly Address[]>;
  /** Sends each step once those that it comes after have ended. */
  readonly write: (steps: readonly Step[]) => Promise<void>;
};

/** @throws Error where an answer is neither done nor throttled, but for one that says "not found" to a get by name */
export const createNaive = ({ client, clock, secret, written }: NaivePorts): Naive => {
  const ids = new Map(written);
  const call = async (operation: OperationName, request: JsonObject): Promise<JsonObject | null> => {
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = NEXT_WAIT_MS) {
      const result = await client.call(operation, request);
      if (result.outcome === 'done') return result.answer;
      if (result.outcome === 'rejected' && result.code.endsWith('NotFound')) return null;
      if (result.outcome !== 'throttled') throw new Error(`${operation}: ${result.code} ${result.message}`);
      await clock.sleep(waitMs);
    }
  };
  const look = async ({ operation, request, at, row }: Get): Promise<readonly Json[]> => {
    const found = getAt((await call(operation, request)) ?? {}, at);
    if (operationFacts(operation).page && rows(found).length >= PAGE_SIZE)
      throw new Error(`${operation} may have a second page, and it is not read`);
    if (!row) return found === undefined || found === null ? [] : [found];
    return rows(found).filter((one) => Object.entries(row).every(([field, text]) => textOf(getAt(one, field)) === text));
  };
  const read = async (change: Change): Promise<boolean> => {
    const provider = PROVIDERS[change.kind];
    if (!provider) throw new Error(`no provider reads ${change.kind}`);
    const known = ids.get(change.address) ?? {};
    const subject = {
      key: change.key,
      name: change.key.at(-1) ?? '',
      id: known['id'] ?? '',
      ids: known,
      spec: change.after ?? {},
    };
    const found = await look(provider.get(subject));
    if (found.length > 0) for (const more of provider.more?.(subject, found) ?? []) await look(more);
    return found.length > 0;
  };
  const send = async (step: Step): Promise<void> => {
    const request = fillRequest(step.request, { ids: (address) => ids.get(address), secret });
    const answer = await call(step.operation, request);
    if (answer === null) throw new Error(`${step.id}: what it is about is not there`);
    for (const gives of givesOf(step)) {
      const given = findIds(gives, answer, (address) => ids.get(address));
      if (!('ids' in given)) throw new Error(`${step.id}: ${given.problem}`);
      ids.set(gives.address, given.ids);
    }
  };
  return {
    refresh: async (changes) => {
      const there: Address[] = [];
      const nodes = changes.map((change) => ({ id: change.address, after: [], change }));
      await walk(nodes, async ({ id, change }) => void ((await read(change)) && there.push(id)));
      return there;
    },
    write: (steps) => walk(steps, send),
  };
};

/** Ten at a time, each as soon as those it comes after have ended. */
const walk = async <N extends { readonly id: string; readonly after: readonly string[] }>(
  nodes: readonly N[],
  work: (node: N) => Promise<void>,
): Promise<void> => {
  const ended = new Set<string>();
  const running = new Map<string, Promise<string>>();
  let waiting = nodes;
  while (waiting.length > 0 || running.size > 0) {
    const ready = waiting.filter(({ after }) => after.every((id) => ended.has(id))).slice(0, WORKERS - running.size);
    for (const node of ready)
      running.set(
        node.id,
        work(node).then(() => node.id),
      );
    waiting = waiting.filter((node) => !ready.includes(node));
    if (running.size === 0) throw new Error('what is left waits for something that never runs');
    const id = await Promise.race(running.values());
    running.delete(id);
    ended.add(id);
  }
};
