/** The open questions of BEHAVIOUR 4 as switches; the first value is the default (EMULATOR.md). */
const CHOICES = {
  notFound: ['error', 'null'],
  businessErrors: ['http400', 'http200'],
  rowPermissionId: ['true', 'number'],
  secretsInReads: ['masked', 'omitted', 'plain'],
  dataSourceConfig: ['replace', 'merge'],
  boundComputeSource: ['fixed', 'changeable'],
  absentOnUpdate: ['kept', 'cleared'],
  publishedApisWithoutPaging: ['empty', 'page'],
  computeSourceType: ['strict', 'both'],
  memberTwice: ['error', 'ignored'],
  batch: ['all', 'partial'],
  effectiveEnd: ['text', 'both'],
  expired: ['listed', 'gone'],
  parameters: ['both', 'query', 'body'],
  signature: ['both', 'v1', 'v3'],
  duplicates: ['refused', 'allowed'],
  permissionRows: ['Data', 'RecordList'],
  approvals: ['off', 'on'],
  personal: ['agile', 'none'],
  appOwnerOnly: ['superAdminPasses', 'strict'],
  throttledCounts: ['no', 'yes'],
} as const;

/** The answers to each question but `lagMs`, which is a number. */
export const SWITCH_CHOICES: Readonly<Record<string, readonly string[]>> = CHOICES;

type Choices = typeof CHOICES;
export type Switches = { readonly [N in keyof Choices]: Choices[N][number] } & {
  /** How long a read after a write shows the world as it was, in milliseconds. */
  readonly lagMs: number;
};
export type SwitchSettings = { readonly [N in keyof Switches]?: Switches[N] };

export const DEFAULT_SWITCHES: Switches = {
  ...(Object.fromEntries(Object.entries(CHOICES).map(([name, values]) => [name, values[0]])) as unknown as Omit<
    Switches,
    'lagMs'
  >),
  lagMs: 0,
};

const readOne = (name: string, value: unknown): unknown => {
  if (name === 'lagMs') {
    const lagMs = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
    if (typeof lagMs !== 'number' || !Number.isFinite(lagMs) || lagMs < 0)
      throw new Error('switch lagMs: a number of milliseconds, 0 or more');
    return lagMs;
  }
  if (!Object.hasOwn(CHOICES, name))
    throw new Error(`unknown switch "${name}"; known: ${[...Object.keys(CHOICES), 'lagMs'].join(', ')}`);
  const allowed: readonly string[] = CHOICES[name as keyof Choices];
  if (typeof value !== 'string' || !allowed.includes(value)) throw new Error(`switch ${name}: one of ${allowed.join(', ')}`);
  return value;
};

/**
 * Switches with some of them set anew.
 *
 * @param settings names and values, as from the command line or `PUT /_emulator/switches`
 * @throws Error for an unknown name or value
 */
export const setSwitches = (switches: Switches, settings: { readonly [name: string]: unknown }): Switches => ({
  ...switches,
  ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, readOne(name, value)])),
});
