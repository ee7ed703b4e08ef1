/**
 * A server of Terraform's HTTP state protocol, written from its public description alone and never from our client:
 * https://developer.hashicorp.com/terraform/language/backend/http for the methods, and for `gitlab: true` what GitLab's
 * `lib/api/terraform/state.rb` says beyond it: lock at `/lock` by POST and DELETE, every field of the lock info, 409, a serial
 * in every version, no serial twice (422), 204 for an empty state.
 */
import { createHash } from 'node:crypto';
import { type Answer, type Asked, type Backend, createBackend } from './backend-server.ts';

export type ServerOptions = {
  readonly gitlab?: boolean;
  /**
   * One place for all states, which are named in the query; versions by PUT, the lock beside it by PUT and DELETE: so
   * https://github.com/Ferlab-Ste-Justine/terraform-backend-etcd and servers of a few lines are set up.
   */
  readonly apart?: boolean;
  /** `name:password` that every request must carry. */
  readonly user?: string;
  /** Bytes of the largest version that it takes. */
  readonly mostBytes?: number;
};

export type Seen = { readonly method: string; readonly path: string; readonly id: string | null; readonly status: number };

export type StateServer = Omit<Backend, 'listen'> & {
  readonly address: string;
  readonly seen: () => readonly Seen[];
  readonly versions: () => readonly string[];
  readonly lock: () => string | null;
  /** Puts a version in its place, whatever the rules say. */
  readonly put: (text: string) => void;
  readonly listen: () => Promise<{ readonly address: string; readonly close: () => Promise<void> }>;
};

const PATH = '/api/v4/projects/42/terraform/state/prod';
/** Its name where many lie at one address. */
const STATE = '/finance/prod';
export const inState = (address: string): string => `${address}?state=${encodeURIComponent(STATE)}`;
const LOCK_FIELDS = ['ID', 'Operation', 'Info', 'Who', 'Version', 'Created', 'Path'];
const md5 = (text: string): string => createHash('md5').update(text, 'utf8').digest('base64');

export const createStateServer = ({ gitlab = false, apart = false, user, mostBytes }: ServerOptions = {}): StateServer => {
  const versions: string[] = [];
  const seen: Seen[] = [];
  let lock: string | null = null;

  const lockIdOf = (text: string | null): string | null => (text === null ? null : (JSON.parse(text) as { ID: string }).ID);
  /** GitLab keeps of a lock its id, its owner and its time; all else that it tells is what the asker has just sent. */
  const mixed = (asked: Record<string, unknown>, held: string): string => {
    const { ID, Created } = JSON.parse(held) as Record<string, unknown>;
    return JSON.stringify({ ...asked, ID, Created, Who: 'gitlab-ci-token' });
  };
  const takeLock = (body: string): Answer => {
    const info = JSON.parse(body) as Record<string, unknown>;
    if (gitlab && LOCK_FIELDS.some((field) => typeof info[field] !== 'string'))
      return { status: 400, body: 'a field is missing' };
    if (lock !== null && gitlab) return { status: 409, body: mixed(info, lock) };
    if (lock !== null) return { status: 423, body: lock };
    lock = body;
    return { status: 200, body: gitlab ? body : '' };
  };
  const releaseLock = (body: string): Answer => {
    const id = body === '' ? null : (JSON.parse(body) as { ID?: string }).ID;
    if (lock === null || lockIdOf(lock) !== id) return { status: 409, body: lock ?? '' };
    lock = null;
    return { status: 200, body: '' };
  };
  const store = ({ body, query, headers }: Asked): Answer => {
    const sum = headers['content-md5'];
    if (sum !== undefined && sum !== md5(body)) return { status: 400, body: 'the checksum is wrong' };
    if (lock !== null && query.get('ID') !== lockIdOf(lock)) return { status: gitlab ? 409 : 423, body: lock };
    if (mostBytes !== undefined && Buffer.byteLength(body) > mostBytes) return { status: 413, body: '' };
    if (gitlab) {
      const { serial } = JSON.parse(body) as { serial?: unknown };
      if (serial === undefined) return { status: 422, body: 'No serial in payload' };
      if (versions.some((one) => (JSON.parse(one) as { serial: unknown }).serial === serial))
        return { status: 422, body: 'PG::UniqueViolation' };
    }
    versions.push(body);
    return { status: 200, body: '' };
  };
  const read = (): Answer => {
    const last = versions.at(-1);
    if (last === undefined) return { status: gitlab ? 204 : 404, body: '' };
    return { status: 200, body: last, headers: { 'content-md5': md5(last) } };
  };
  const handle = (asked: Asked): Answer => {
    if (user !== undefined && userOf(asked) !== user) return { status: 401, body: '' };
    const isLock = asked.path === `${PATH}/lock`;
    if (asked.path !== PATH && !((gitlab || apart) && isLock)) return { status: 404, body: '' };
    if (apart && asked.query.get('state') !== STATE) return { status: 400, body: 'which state?' };
    switch (`${isLock ? 'lock ' : ''}${asked.method}`) {
      case 'GET':
        return read();
      case apart ? 'PUT' : 'POST':
        return store(asked);
      case apart ? 'lock PUT' : gitlab ? 'lock POST' : 'LOCK':
        return takeLock(asked.body);
      case apart || gitlab ? 'lock DELETE' : 'UNLOCK':
        return releaseLock(asked.body);
      default:
        return { status: 405, body: '' };
    }
  };
  const served = (asked: Asked): Answer => {
    const answer = handle(asked);
    seen.push({ method: asked.method, path: asked.path.slice(PATH.length), id: asked.query.get('ID'), status: answer.status });
    return answer;
  };

  const backend = createBackend(served);
  return {
    ...backend,
    address: `http://127.0.0.1:1${PATH}`,
    seen: () => seen,
    versions: () => versions,
    lock: () => lock,
    put: (text) => versions.push(text),
    listen: async () => {
      const { origin, close } = await backend.listen();
      return { address: `${origin}${PATH}`, close };
    },
  };
};

const userOf = ({ headers }: Asked): string =>
  Buffer.from((headers['authorization'] ?? '').replace(/^Basic /, ''), 'base64').toString('utf8');
