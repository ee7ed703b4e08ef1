/** What is not adopted: in a protected environment, what `adopt.allow` does not name (DESIGN 2). */
import type { ChangeDraft, ChangesFound } from './changes.ts';
import { matcher } from './glob.ts';

/** Adoptions outside the globs are held back: shown, not recorded, and nothing is sent for them. */
export const holdAdoptions = (found: ChangesFound, allow: readonly string[]): ChangesFound => {
  const isAllowed = matcher(allow);
  const isAdoption = ({ live, recorded, action }: ChangeDraft): boolean =>
    live !== null && recorded === null && (action === 'adopt' || action === 'update' || action === 'replace');
  return {
    ...found,
    drafts: found.drafts.map((draft) => {
      if (!isAdoption(draft) || isAllowed(draft.address)) return draft;
      const guard = {
        code: 'ADOPT_PROTECTED',
        address: draft.address,
        message: `The ${draft.kind.noun} is live and not ours, and the environment is protected: it is not adopted.`,
        hint: `adopt: { allow: [${draft.address}] } in the environment lets it be.`,
        ...(draft.desired ? { source: draft.desired.source } : {}),
      };
      return {
        ...draft,
        action: draft.action === 'adopt' ? 'none' : draft.action,
        guards: [...draft.guards, guard],
        isHeld: true,
      };
    }),
  };
};
