/**
 * State and journal as one document, the form in which a backend keeps the record.
 *
 *     { "version": 1000, "serial": 7, "lineage": "…", "phinfra": { "format": "phinfra.record/1", "state": {…}, "journal": ["…"], "calls": {…} } }
 *
 * The outside is what servers of Terraform's protocol look at: GitLab refuses a document without `serial`, and a serial that it
 * has already. It is of the document, one higher with every version. No Terraform reads a state of version 1000, so none that
 * is pointed at this address by mistake takes it for an empty one of its own.
 */
import { EngineError } from '../core/diagnostic.ts';
import { isObject } from '../core/json.ts';
import type { State } from '../core/model.ts';
import { isRecordCalls, type RecordCalls } from '../core/record-calls.ts';
import { stateOf } from './state.ts';

const VERSION = 1000;
const FORMAT = 'phinfra.record/1';

export type RemoteRecord = {
  readonly serial: number;
  readonly state: State;
  /** Whole lines, each with its line break. */
  readonly journal: string;
  /** What the applies have made of each day; nothing where it is absent. */
  readonly calls?: RecordCalls;
};

export const textOfRecord = ({ serial, state, journal, calls = {} }: RemoteRecord): string =>
  `${JSON.stringify({
    version: VERSION,
    serial,
    lineage: state.lineage,
    phinfra: {
      format: FORMAT,
      state,
      journal: journal.split('\n').slice(0, -1),
      ...(Object.keys(calls).length > 0 ? { calls } : {}),
    },
  })}\n`;

/**
 * @param name the address, for messages
 * @throws EngineError STATE_UNREADABLE, STATE_FORMAT
 */
export const recordOf = (text: string, name: string): RemoteRecord => {
  const unreadable = (what: string): EngineError => new EngineError('STATE_UNREADABLE', `What lies at ${name} ${what}.`, HINT);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw unreadable('is not JSON');
  }
  const held = isObject(value) ? value['phinfra'] : undefined;
  if (!isObject(value) || !isObject(held)) throw unreadable('is no record of phinfra');
  if (held['format'] !== FORMAT)
    throw new EngineError(
      'STATE_FORMAT',
      `What lies at ${name} has the format "${String(held['format'])}", and this version reads "${FORMAT}".`,
      'Use the version that wrote it, or a later one.',
    );
  const { serial, lineage } = value;
  if (typeof serial !== 'number' || !Number.isSafeInteger(serial) || serial < 0) throw unreadable('has no serial');
  const { journal } = held;
  if (!Array.isArray(journal) || !journal.every((line) => typeof line === 'string')) throw unreadable('has no journal');
  const { calls } = held;
  if (calls !== undefined && !isRecordCalls(calls)) throw unreadable('holds calls in another form');
  const state = stateOf(held['state'], name, HINT);
  if (state.lineage !== lineage) throw unreadable('has two lineages');
  return { serial, state, journal: journal.map((line) => `${line}\n`).join(''), ...(calls ? { calls } : {}) };
};

const HINT = 'Put back an earlier version that the server keeps, or name another address; it is never started afresh by itself.';
