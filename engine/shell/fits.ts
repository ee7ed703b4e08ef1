/** Whether state, journal and mark belong together, and whether something is missing between them (DESIGN 6). */
import { EngineError } from '../core/diagnostic.ts';
import { isObject } from '../core/json.ts';
import type { State } from '../core/model.ts';
import type { JournalText, Place } from './journal.ts';
import type { Mark } from './mark.ts';
import { continues, isLeftOver } from './state.ts';

/** What a state knows of the journals at its sides. */
export type JournalPlaces = {
  /** The end of the journal that was folded into it. */
  readonly folded: Place;
  /** The open intents with which the journal after it begins. */
  readonly carried: Place;
};

export const isPlaces = (value: unknown): value is JournalPlaces =>
  isObject(value) && isPlace(value.folded) && isPlace(value.carried);
const isPlace = (value: unknown): value is Place =>
  isObject(value) && typeof value.seq === 'number' && (value.seq === 0 ? value.last === null : typeof value.last === 'string');

export type RecordTexts = {
  readonly state: State | null;
  /** Null: the state was written before it kept them. */
  readonly places: JournalPlaces | null;
  readonly text: JournalText;
  readonly mark: Mark | null;
};
export type RecordFiles = { readonly state: string; readonly journal: string; readonly mark: string };

/** The journal that goes on from the state was begun. */
const isMarked = (state: State, mark: Mark | null): mark is Mark =>
  mark !== null && mark.lineage === state.lineage && mark.serial === state.serial;
const holds = (text: JournalText, { seq, last }: Place): boolean => seq === 0 || text.hashes[seq - 1] === last;
const isSame = (a: Place, b: Place): boolean => a.seq === b.seq && a.last === b.last;

/**
 * Why the three do not belong together; null: they do.
 *
 *     the journal           must
 *     goes on from the state  begin with the intents that the state left open, and reach to the mark
 *     is empty                be so by both
 *     is the state's past     be the one that was folded, to its last line, and not have been followed yet
 *
 * Not seen: all of the folder put back from one older copy; and, where the mark is lost too, whole lines that are missing at
 * the journal's end, after the intents that the state left open.
 */
export const misfitOf = ({ state, places, text, mark }: RecordTexts, files: RecordFiles): EngineError | null => {
  if (state === null) {
    if (text.genesis === null && mark === null) return null;
    return new EngineError(
      'STATE_UNREADABLE',
      `${text.genesis === null ? files.mark : files.journal} is there, but ${files.state} is not.`,
      `Put back ${files.state} from a copy, such as ${files.state}.1.`,
    );
  }
  if (mark !== null && mark.lineage === state.lineage && mark.serial > state.serial)
    return new EngineError(
      'STATE_OLDER',
      `${files.state} is number ${state.serial} of the record, and number ${mark.serial} was written here.`,
      `Put back the newer one. Where there is none, remove ${files.mark}: what was applied since then is then compared as if others had done it.`,
    );
  const isEmpty = text.genesis === null;
  if (isEmpty || continues(text, state)) return shortOf(state, places, text, mark, files);
  if (isLeftOver(text, state) && !isMarked(state, mark) && (places === null || isSame(places.folded, text))) return null;
  return new EngineError(
    'JOURNAL_DAMAGED',
    `${files.journal} does not continue ${files.state}.`,
    'Put back both files from one copy.',
  );
};

/** The lines that must be there and are not. */
const shortOf = (
  state: State,
  places: JournalPlaces | null,
  text: JournalText,
  mark: Mark | null,
  files: RecordFiles,
): EngineError | null => {
  const known: readonly Place[] = [...(places ? [places.carried] : []), ...(isMarked(state, mark) ? [mark] : [])];
  const missed = known.find((place) => !holds(text, place));
  if (!missed) return null;
  return new EngineError(
    'JOURNAL_DAMAGED',
    missed.seq > text.seq
      ? `${files.journal} ends after line ${text.seq}, and line ${missed.seq} was written.`
      : `Line ${missed.seq} of ${files.journal} is not the one that was written.`,
    `Put back the file from a copy. Nothing was sent and nothing was changed.`,
  );
};
