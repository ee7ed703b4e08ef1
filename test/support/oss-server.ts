/**
 * A bucket of OSS, written from its public description alone and never from our client: signature V4
 * (https://help.aliyun.com/zh/oss/developer-reference/recommend-to-use-signature-version-4), PutObject with
 * `x-oss-forbid-overwrite` and 409 FileAlreadyExists, GetObject, DeleteObject, ListObjectsV2, errors as XML, and versioning, on
 * which the header has no effect (https://help.aliyun.com/zh/oss/developer-reference/putobject).
 */
import { createHash, createHmac } from 'node:crypto';
import type { AccessKey } from '../../engine/shell/sign.ts';
import { type Answer, type Asked, type Backend, createBackend } from './backend-server.ts';
import type { Seen } from './state-server.ts';

export const OSS_KEY = { accessKeyId: 'LTAI5tExampleExample', accessKeySecret: 'oss-secret-30-letters-of-nothing' };
export const OSS_ENV = {
  ALIBABA_CLOUD_ACCESS_KEY_ID: OSS_KEY.accessKeyId,
  ALIBABA_CLOUD_ACCESS_KEY_SECRET: OSS_KEY.accessKeySecret,
};
export const BUCKET = 'acme-phinfra';
export const REGION = 'cn-shanghai';
export const PREFIX = 'finance/prod';
const RECORD = `${PREFIX}/record/`;

export type OssServer = Omit<Backend, 'listen'> & {
  readonly endpoint: string;
  readonly listen: () => Promise<{ readonly endpoint: string; readonly close: () => Promise<void> }>;
  readonly seen: () => readonly Seen[];
  /** Every version of the record that was ever put, in order. */
  readonly versions: () => readonly string[];
  /** The newest object of the lock, where it names a holder. */
  readonly lock: () => string | null;
  /** Puts a version in its place, whatever the rules say. */
  readonly put: (text: string) => void;
  /** What is there, by key without the prefix. */
  readonly keys: () => readonly string[];
  /** Takes a right away, by method. */
  readonly forbid: (method: string) => void;
};

/** `state` of a workspace whose record lies there. */
export const bucketOf = ({ endpoint }: { readonly endpoint: string }) => ({
  backend: 'oss' as const,
  bucket: BUCKET,
  region: REGION,
  endpoint,
  prefix: PREFIX,
});

type OssOptions = {
  readonly versioning?: 'enabled' | 'suspended';
  readonly pageSize?: number;
  /** Who may read and write. */
  readonly key?: AccessKey;
  /** Ids of further keys with the same secret. */
  readonly others?: readonly string[];
};

export const createOssServer = (of: OssOptions = {}): OssServer => {
  const { key: user = OSS_KEY, others = [] } = of;
  const objects = new Map<string, string>();
  const history: { readonly key: string; readonly text: string }[] = [];
  const seen: Seen[] = [];
  const forbidden = new Set<string>();
  let requests = 0;

  const failure = (status: number, code: string, more = ''): Answer => ({
    status,
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error>\n  <Code>${code}</Code>\n  <Message>${code}.</Message>\n  <RequestId>${requests}</RequestId>\n  <HostId>${BUCKET}.oss-${REGION}.aliyuncs.com</HostId>\n${more}  <EC>0026-00000201</EC>\n</Error>\n`,
    headers: { 'content-type': 'application/xml' },
  });
  const put = (key: string, { headers, body }: Asked): Answer => {
    const sum = headers['content-md5'];
    if (sum !== undefined && sum !== md5(body)) return failure(400, 'InvalidDigest');
    const mayReplace = headers['x-oss-forbid-overwrite'] !== 'true' || of.versioning !== undefined;
    if (!mayReplace && objects.has(key)) return failure(409, 'FileAlreadyExists');
    objects.set(key, body);
    history.push({ key, text: body });
    const version =
      of.versioning === undefined ? {} : { 'x-oss-version-id': of.versioning === 'enabled' ? `v${requests}` : 'null' };
    return { status: 200, body: '', headers: { etag: `"${md5(body)}"`, ...version } };
  };
  const get = (key: string): Answer => {
    const text = objects.get(key);
    return text === undefined ? failure(404, 'NoSuchKey') : { status: 200, body: text, headers: { 'content-md5': md5(text) } };
  };
  const list = (query: URLSearchParams): Answer => {
    const prefix = query.get('prefix') ?? '';
    const after = query.get('continuation-token') ?? '';
    const size = Math.min(Number(query.get('max-keys') ?? 100), of.pageSize ?? 1000);
    const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
    const page = keys.slice(0, size);
    const more = keys.length > page.length ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : '';
    const contents = page.map((key) => `<Contents><Key>${key}</Key><Size>${objects.get(key)?.length}</Size></Contents>`).join('');
    return {
      status: 200,
      body: `<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><Name>${BUCKET}</Name><Prefix>${prefix}</Prefix><KeyCount>${page.length}</KeyCount><IsTruncated>${more !== ''}</IsTruncated>${contents}${more}</ListBucketResult>`,
    };
  };
  const handle = (asked: Asked): Answer => {
    const bucket = (asked.headers['host'] ?? '').split('.')[0] ?? '';
    const key = decodeURIComponent(asked.path.slice(1));
    const wrong = signatureFault(asked, bucket, key, user, others);
    if (wrong !== null) return failure(403, wrong, `  <StringToSign>${user.accessKeyId}</StringToSign>\n`);
    if (bucket !== BUCKET) return failure(404, 'NoSuchBucket');
    if (forbidden.has(asked.method)) return failure(403, 'AccessDenied');
    if (key === '') return asked.query.get('list-type') === '2' ? list(asked.query) : failure(400, 'InvalidArgument');
    switch (asked.method) {
      case 'PUT':
        return put(key, asked);
      case 'GET':
        return get(key);
      case 'DELETE':
        objects.delete(key);
        return { status: 204, body: '' };
      default:
        return failure(405, 'MethodNotAllowed');
    }
  };
  const backend = createBackend((asked) => {
    requests += 1;
    const answer = handle(asked);
    const what = asked.query.get('prefix') ?? asked.path.slice(1);
    const path = what.slice(PREFIX.length + 1).replace(/[0-9a-f-]{36}/, 'ID');
    seen.push({ method: asked.method, path, id: null, status: answer.status });
    return { ...answer, headers: { 'x-oss-request-id': String(requests), ...answer.headers } };
  });
  return {
    ...backend,
    endpoint: 'http://127.0.0.1:1',
    listen: async () => {
      const { origin, close } = await backend.listen();
      return { endpoint: origin, close };
    },
    seen: () => seen,
    versions: () => history.flatMap(({ key, text }) => (key.startsWith(RECORD) ? [text] : [])),
    lock: () => {
      const newest = [...objects.keys()]
        .filter((key) => key.startsWith(`${PREFIX}/lock/`))
        .sort()
        .at(-1);
      const text = newest === undefined ? '{"released":true}' : (objects.get(newest) ?? '');
      return (JSON.parse(text) as { released?: true }).released ? null : text;
    },
    put: (text) => {
      const newest =
        [...objects.keys()]
          .filter((key) => key.startsWith(RECORD))
          .sort()
          .at(-1) ?? `${RECORD}0`;
      const number = Number(/\d+/.exec(newest.slice(RECORD.length))?.[0]) + 1;
      objects.set(`${RECORD}${String(number).padStart(10, '0')}.json`, text);
    },
    keys: () => [...objects.keys()].map((key) => key.slice(PREFIX.length + 1)).sort(),
    forbid: (method) => forbidden.add(method),
  };
};

const md5 = (text: string): string => createHash('md5').update(text, 'utf8').digest('base64');
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text, 'utf8').digest();

/** Null: it is signed with the key, for this region and day, and it is of now. */
const signatureFault = (
  { method, query, headers }: Asked,
  bucket: string,
  key: string,
  user: AccessKey,
  others: readonly string[],
): string | null => {
  const found =
    /^OSS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/oss\/aliyun_v4_request,\s*(?:AdditionalHeaders=([^,]*),\s*)?Signature=([0-9a-f]{64})$/.exec(
      headers['authorization'] ?? '',
    );
  if (!found) return 'AccessDenied';
  const [, id = '', day = '', region = '', additional = '', signature = ''] = found;
  if (id !== user.accessKeyId && !others.includes(id)) return 'InvalidAccessKeyId';
  if (region !== REGION) return 'SignatureDoesNotMatch';
  const time = headers['x-oss-date'] ?? '';
  const atMs = Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (!(Math.abs(Date.now() - atMs) < 15 * 60_000)) return 'RequestTimeTooSkewed';
  const more = additional === '' ? [] : additional.split(';');
  const isSigned = (name: string): boolean =>
    name.startsWith('x-oss-') || name === 'content-type' || name === 'content-md5' || more.includes(name);
  const canonicalHeaders = Object.keys(headers)
    .filter((name) => isSigned(name.toLowerCase()))
    .sort()
    .map((name) => `${name.toLowerCase()}:${(headers[name] ?? '').trim()}\n`)
    .join('');
  const canonicalQuery = [...query]
    .map(([name, value]) => (value === '' ? encode(name) : `${encode(name)}=${encode(value)}`))
    .sort()
    .join('&');
  const canonical = [
    method,
    encode(`/${bucket}/${key}`).replaceAll('%2F', '/'),
    canonicalQuery,
    canonicalHeaders,
    more.join(';'),
    headers['x-oss-content-sha256'] ?? 'UNSIGNED-PAYLOAD',
  ].join('\n');
  const toSign = [
    'OSS4-HMAC-SHA256',
    time,
    `${day}/${region}/oss/aliyun_v4_request`,
    createHash('sha256').update(canonical, 'utf8').digest('hex'),
  ].join('\n');
  const dated = hmac(`aliyun_v4${user.accessKeySecret}`, day);
  const signing = hmac(hmac(hmac(dated, region), 'oss'), 'aliyun_v4_request');
  return createHmac('sha256', signing).update(toSign, 'utf8').digest('hex') === signature ? null : 'SignatureDoesNotMatch';
};
