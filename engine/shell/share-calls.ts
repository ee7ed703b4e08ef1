/** What machines know of each other’s calls by the record that they share: `budget.ledger: state` (DESIGN 7). */
import { randomUUID } from 'node:crypto';
import { type Diagnostic, EngineError } from '../core/diagnostic.ts';
import { isSame } from '../core/json.ts';
import { type RecordCalls, withRun } from '../core/record-calls.ts';
import type { WorkspaceConfig } from '../core/workspace.ts';
import type { LedgerPort } from './ledger.ts';
import { type ReadRecord, type RecordStore, readRecord } from './state.ts';
import type { Store } from './store.ts';

/** The record as a run reads it that makes no changes; its ledger counts from now on what other machines have spent. */
export const readShared = async (store: Store, config: WorkspaceConfig, ledger: LedgerPort): Promise<ReadRecord> => {
  const record = await readRecord(store);
  joinRecord(store, config, ledger);
  return record;
};

/** @param store that was read */
export const joinRecord = ({ calls }: Pick<Store, 'calls'>, { budget }: WorkspaceConfig, ledger: LedgerPort): void => {
  if (budget.ledger.store === 'state') ledger.join({ calls, apply: null });
};

export type SharedApply = {
  /** The record, which says along with its last version what the apply has made. */
  readonly record: RecordStore;
  /** For an apply that has written no last version: says it now. A warning LEDGER_WRITE where it cannot. */
  readonly end: () => Promise<readonly Diagnostic[]>;
};

/**
 * Counts an apply beside its record: its bill before its first call, what it has made at its end. Called under the lock.
 *
 * @param by for people: who spends the calls
 */
export const shareApply = (
  {
    store,
    config,
    record,
    ledger,
  }: { readonly store: Store; readonly config: WorkspaceConfig; readonly record: RecordStore; readonly ledger: LedgerPort },
  by: string,
): SharedApply => {
  if (config.budget.ledger.store !== 'state') return { record, end: async () => [] };
  const run = randomUUID();
  const put = (calls: RecordCalls, isLater: boolean): Promise<void> => store.putCalls(calls, { state: record.base, isLater });
  ledger.join({
    calls: store.calls,
    apply: {
      run,
      cover: (day, calls, { isLater }) =>
        put(withRun(endedHere(store.calls(), run, ledger), day, run, { by, calls, isOpen: true }), isLater),
    },
  });
  const made = (): RecordCalls => {
    const counted = ledger.made(run);
    const days = new Set([...counted.keys(), ...Object.keys(store.calls()).filter((day) => store.calls()[day]?.[run])]);
    return [...days].reduce(
      (calls, day) => withRun(calls, day, run, { by, calls: counted.get(day) ?? { '1': 0, '2': 0, '3': 0 } }),
      store.calls(),
    );
  };
  return {
    record: {
      ...record,
      get state() {
        return record.state;
      },
      get base() {
        return record.base;
      },
      compact: async (...last) => {
        await put(made(), true);
        return record.compact(...last);
      },
    },
    end: async () => {
      try {
        await put(made(), false);
        return [];
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        return [
          {
            code: 'LEDGER_WRITE',
            severity: 'warning',
            message: `What this apply has spent today cannot be put beside the record. ${error.message}`,
            hint: 'Other machines count its whole bill until the day is over.',
          },
        ];
      }
    },
  };
};

/** Nobody else applies while this run holds the lock: what is open of runs that this machine has counted was killed, and is known. */
const endedHere = (calls: RecordCalls, mine: string, ledger: LedgerPort): RecordCalls => {
  let ended = calls;
  for (const [day, runs] of Object.entries(calls))
    for (const [run, { by, isOpen }] of Object.entries(runs)) {
      const known = isOpen && run !== mine ? ledger.made(run).get(day) : undefined;
      if (known) ended = withRun(ended, day, run, { by, calls: known });
    }
  return isSame(ended, calls) ? calls : ended;
};
