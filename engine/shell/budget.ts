/** What of the day is spent, set aside and left, and by whom: the ledger, read without a call (DESIGN 4: budget). */

import { CODES, type Diagnostic, sure } from '../core/diagnostic.ts';
import { byText } from '../core/json.ts';
import { dayIn, reservedUnder } from '../core/ledger.ts';
import { callsUnder, dayOf, type LevelCounts, nextDayMs, quotasOf, reserveOf } from '../core/quota.ts';
import { added, NO_RECORD_CALLS, type RecordCalls, type RunCalls, unknownRuns } from '../core/record-calls.ts';
import type { Quota, WorkspaceConfig } from '../core/workspace.ts';
import type { Level } from '../operations/index.ts';
import { diagnosticOf, exitOf, exitOfErrors, SHAPES } from './offline.ts';
import { storeOf } from './open-store.ts';
import { type EnginePorts, endpointOf, ledgerPlace, openLedgerOf } from './session.ts';
import { type Invocation, loadWorkspace } from './workspace.ts';

/** Calls of one quota today; what has no day has null. */
export type QuotaBudget = {
  readonly levels: readonly Level[];
  /** Calls in any second; null where the quota only counts the day. */
  readonly perSecond: number | null;
  readonly perDay: number | null;
  readonly spent: number;
  /** Set aside by runs that are under way, or were killed. */
  readonly reserved: number;
  /** `budget.reserve`: kept for revocations. */
  readonly kept: number;
  /** What a run may still send beside those, the reserve left alone. */
  readonly left: number | null;
};
export type Budget = {
  readonly tenant: string;
  readonly deployment: string;
  readonly day: string;
  readonly timezone: string;
  /** When the day of the quotas ends, ISO 8601. */
  readonly until: string;
  readonly quotas: readonly QuotaBudget[];
  /** Who has spent them, the most first. */
  readonly by: readonly { readonly name: string; readonly calls: LevelCounts }[];
  readonly reservations: readonly { readonly name: string; readonly calls: LevelCounts; readonly expires: string }[];
};
export type BudgetResult = {
  readonly exit: number;
  readonly diagnostics: readonly Diagnostic[];
  readonly config: WorkspaceConfig | null;
  readonly budget: Budget | null;
};

/**
 * The budget of the day as the ledger has it. No call, no credentials.
 *
 * @returns diagnostics TENANT_WRONG without a tenant, LEDGER_WRITE or LEDGER_UNREACHABLE where the ledger cannot be read: then only what this
 * command knows is told, which is nothing
 */
export const budgetOf = async (invocation: Invocation, ports: EnginePorts = {}): Promise<BudgetResult> => {
  const { config, diagnostics } = await loadWorkspace(invocation, SHAPES, { configOnly: true });
  if (config === null || exitOf(diagnostics) !== 0) return { exit: exitOfErrors(diagnostics), diagnostics, config, budget: null };
  try {
    const { budget, warnings } = await readBudget(invocation, config, ports);
    return { exit: 0, diagnostics: [...diagnostics, ...warnings], config, budget };
  } catch (error) {
    const told = diagnosticOf(error);
    return { exit: CODES[told.code], diagnostics: [...diagnostics, told], config, budget: null };
  }
};

const readBudget = async (
  invocation: Invocation,
  config: WorkspaceConfig,
  ports: EnginePorts,
): Promise<{ readonly budget: Budget; readonly warnings: readonly Diagnostic[] }> => {
  const { environment, timezone } = config;
  const endpoint = endpointOf(environment.connection, invocation, ports.connection);
  const tenant = sure(ports.connection?.tenant ?? environment.tenant, 'tenant of an environment with an endpoint');
  const place = { deployment: ledgerPlace(endpoint, ports.connection), tenant };
  const ledger = openLedgerOf(invocation, config, ports, place, 'budget');
  const newest = await ledger.read().finally(ledger.close);
  const record = await recordCalls(invocation, config, ports);
  const nowMs = ledger.wallMs();
  const day = dayOf(nowMs, timezone);
  const entry = dayIn(newest, day, nowMs);
  const there = unknownRuns(record, day, entry);
  const of = (isOpen: boolean): readonly RunCalls[] => there.filter((run) => (run.isOpen ?? false) === isOpen);
  const sum = (quota: Quota, runs: readonly RunCalls[]): number =>
    runs.reduce((all, { calls }) => all + callsUnder(quota, calls), 0);
  const quotas = quotasOf(environment.edition, config.budget.quotas).map((quota): QuotaBudget => {
    const spent = callsUnder(quota, entry.calls) + sum(quota, of(false));
    const reserved = reservedUnder(entry, quota, null) + sum(quota, of(true));
    const kept = reserveOf(quota, config.budget.reserve);
    return {
      levels: quota.levels,
      perSecond: Number.isFinite(quota.perSecond) ? quota.perSecond : null,
      perDay: quota.perDay,
      spent,
      reserved,
      kept,
      left: quota.perDay === null ? null : Math.max(0, quota.perDay - kept - spent - reserved),
    };
  });
  const until = new Date(nextDayMs(nowMs, timezone)).toISOString();
  const by: Record<string, LevelCounts> = { ...entry.by };
  for (const { by: name, calls } of of(false)) by[name] = by[name] ? added(by[name], calls) : calls;
  return {
    budget: {
      tenant,
      deployment: endpoint.deployment,
      day,
      timezone,
      until,
      quotas,
      by: Object.entries(by)
        .map(([name, calls]) => ({ name, calls }))
        .sort((one, other) => total(other.calls) - total(one.calls) || byText(one.name, other.name)),
      reservations: [
        ...Object.values(entry.reservations)
          .filter(({ calls }) => total(calls) > 0)
          .map(({ by, calls, expiresMs }) => ({ name: by, calls, expires: new Date(expiresMs).toISOString() })),
        ...of(true).map(({ by, calls }) => ({ name: by, calls, expires: until })),
      ],
    },
    warnings: ledger.warnings(),
  };
};

/** What the record knows of other machines; it is read, and nothing is locked. */
const recordCalls = async (invocation: Invocation, config: WorkspaceConfig, ports: EnginePorts): Promise<RecordCalls> => {
  if (config.budget.ledger.store !== 'state') return NO_RECORD_CALLS;
  const store = storeOf(invocation, config, ports);
  await store.read();
  return store.calls();
};

const total = (calls: LevelCounts): number => calls['1'] + calls['2'] + calls['3'];
