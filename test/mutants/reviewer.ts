/** Bugs that a reviewer has thought of from the sources alone, before looking at what the tests look at. */
import { type Mutant, tests } from './mutant.ts';

export const REVIEWER: readonly Mutant[] = [
  {
    bug: 'one too many in a full batch',
    edits: [{ file: 'engine/core/merge-steps.ts', from: '    if (room < size) {', to: '    if (room < size - 1) {' }],
    checks: [tests('engine/batches')],
  },
  {
    bug: 'the reserve is open to deletes',
    edits: [{ file: 'engine/core/quota.ts', from: `=> phase === 'revoke';`, to: `=> phase === 'revoke' || phase === 'delete';` }],
    checks: [tests('core/quota')],
  },
  {
    bug: 'a row permission that comes is taken for one that widens',
    edits: [
      {
        file: 'engine/kinds/passages.ts',
        from: `if (draft.name === 'create') return everywhere(after, 'narrows');`,
        to: `if (draft.name === 'create') return everywhere(after, 'widens');`,
      },
    ],
    checks: [tests('engine/stop-anywhere')],
  },
  {
    bug: 'the lock is given back before the last outcome is on the disk',
    edits: [
      {
        file: 'engine/shell/store.ts',
        from: '    result = await run(lock);',
        to: '    const running = run(lock);\n    running.catch(() => undefined);\n    await lock.release();\n    result = await running;',
      },
    ],
    checks: [tests('shell/lock')],
  },
  {
    bug: 'who loses access through a group is not told',
    edits: [
      {
        file: 'engine/core/access-index.ts',
        from: '    else for (const person of hubs.get(who) ?? []) found.add(person);\n',
        to: '',
      },
    ],
    checks: [tests('core/access')],
  },
];
