/** What every code means and what to do about it: the source of docs/codes.md and of `phinfra explain CODE`. */
import { CODES, type DiagnosticCode } from './diagnostic.ts';

/** Half sentences in Markdown, as in a table: names in backticks, links to pages below docs/. */
export type CodeText = { readonly means: string; readonly next: string };

/** Parts of the page; each begins with the code that is named here and goes on in the order of `CODES`. */
const SECTIONS: readonly { readonly title: string; readonly from: DiagnosticCode }[] = [
  { title: 'Files and their form', from: 'WORKSPACE_MISSING' },
  { title: 'What the files say', from: 'COLLECTION_UNKNOWN' },
  { title: 'References and people', from: 'REFERENCE_UNKNOWN' },
  { title: 'Options and plan files', from: 'OPTION_WRONG' },
  { title: 'Access to the service', from: 'CREDENTIALS_MISSING' },
  { title: 'The record', from: 'STATE_UNREADABLE' },
  { title: 'Guards of a plan', from: 'ADOPT_HAS_OTHERS' },
  { title: 'Outcomes of calls', from: 'STEP_REJECTED' },
];

export const CODE_TEXTS: Readonly<Record<DiagnosticCode, CodeText>> = {
  WORKSPACE_MISSING: { means: 'there is no folder, or no `phinfra.yaml` in it', next: 'give the folder with `-C DIR`' },
  FILE_UNREADABLE: { means: 'a file is gone, may not be read, or is no file', next: 'mend it, or let the pattern leave it out' },
  FILE_TOO_LARGE: { means: 'a file is over 4 MiB, or all together are over 256 MiB', next: 'split it' },
  FILE_ENCODING: { means: 'a file is not UTF-8', next: 'save it as UTF-8' },
  PATTERN_EMPTY: { means: 'a pattern under `resources` or `overlays` matches no file', next: 'mend the pattern, or take it out' },
  PATH_OUTSIDE: { means: 'a pattern or a link leads out of the workspace', next: 'keep the files below `phinfra.yaml`' },
  YAML_SYNTAX: { means: 'the text is not YAML', next: 'mend what the place shows' },
  YAML_MULTIPLE_DOCUMENTS: { means: 'a file holds several documents', next: 'one document a file' },
  YAML_ALIAS: { means: 'an anchor or an alias', next: 'write the value out, or use a variable or a set' },
  YAML_TAG: { means: 'a tag such as `!!binary`', next: 'take it out; quote what is text' },
  YAML_MERGE: { means: 'a merge key `<<`', next: 'write the values out; overlays change values for an environment' },
  YAML_DIRECTIVE: { means: 'a line that begins with `%`', next: 'take it out' },
  YAML_TOO_DEEP: { means: 'maps and lists are nested more than 64 deep', next: 'look for a bracket or a blank too many' },
  YAML_TOO_MANY_KEYS: { means: 'a map or list has more than 50,000 entries', next: 'spread it over several files' },
  YAML_TOO_MANY_NODES: { means: 'all files hold more than 5 million values', next: 'split the workspace' },
  KEY_DUPLICATE: { means: 'a key stands twice in one map', next: 'keep one of them' },
  KEY_FORBIDDEN: { means: "a key such as `__proto__`, or one of phinfra's own references", next: 'choose another name' },
  CHARACTER_FORBIDDEN: { means: 'a control character, a bidi override, a zero-width character', next: 'take it out' },
  NUMBER_RANGE: { means: 'a number that cannot be kept exactly', next: 'quote it if it is text, such as an id' },
  COLLECTION_UNKNOWN: {
    means: 'a collection that does not exist, or is not supported yet',
    next: 'mend the name; [kinds.md](kinds.md) lists them',
  },
  KEY_UNKNOWN: { means: 'a key that this map does not have', next: 'the message names the nearest one' },
  KEY_MISSING: { means: 'a key that must be there is not', next: 'add it' },
  TYPE_WRONG: {
    means: 'text where a list is wanted, and the like',
    next: 'write it in the form that the message names; quote numbers that are text',
  },
  VALUE_WRONG: { means: 'a value that is not among the allowed ones', next: 'choose one of those that the message names' },
  NULL_RESOURCE: {
    means: 'a resource or collection with nothing after the colon',
    next: '`{}` for none of its fields; leave the line out for "not managed"',
  },
  NAME_WRONG: { means: 'a name that the service does not take', next: 'mend it' },
  ADDRESS_DUPLICATE: { means: 'one resource is declared twice; both places are shown', next: 'keep one of them' },
  ENVIRONMENT_UNKNOWN: {
    means: '`--env`, `PHINFRA_ENV` or `defaultEnvironment` names none of the environments',
    next: 'mend the name',
  },
  ENVIRONMENT_MISSING: { means: 'there are several environments and none was chosen', next: '`--env NAME`' },
  ENVIRONMENT_CONFLICT: {
    means: 'settings of one tenant stand beside `environments`, or two environments are the same tenant',
    next: 'the message says which to move',
  },
  OPTION_UNSUPPORTED: { means: 'something of a later version, such as `protected: true`', next: 'leave it out' },
  VARIABLE_UNKNOWN: { means: '`${name}` is not declared', next: 'add it under `variables`, or give `--var name=value`' },
  VARIABLE_UNSET: {
    means: 'the environment variable behind it is not set, or the environment does not say its tenant or region',
    next: 'set it',
  },
  SECRET_LITERAL: {
    means: 'a secret stands in a file as it is',
    next: 'take it out of the file and its history; write `${env:NAME}` or `${file:path}`',
  },
  SECRET_PLACE: { means: 'a secret source where plans show the value', next: 'use a variable' },
  SECRET_NOT_ALLOWED: { means: 'a source that `secrets` in `phinfra.yaml` does not list', next: 'add it there' },
  SECRET_UNSET: {
    means: 'a secret that the plan needs has no value here; nothing was sent',
    next: 'set it, run the same command again',
  },
  ENDPOINT_WRONG: {
    means: 'an endpoint that is malformed, plain http beyond this machine, or not allowed',
    next: '[connecting.md](connecting.md)',
  },
  EDITION_TOO_LOW: {
    means: "the environment's edition lacks this kind",
    next: 'take it out of this environment, or mend `edition`',
  },
  SERVER_TOO_OLD: { means: 'the private deployment is too old for writes of this kind', next: 'keep it out of this environment' },
  REFERENCE_UNKNOWN: { means: 'a name that is neither declared nor live', next: 'the message names the nearest one' },
  REFERENCE_CYCLE: {
    means: 'sets that hold each other, or calls that wait for each other',
    next: 'take one of the links out; for calls apply a part first',
  },
  PRINCIPAL_UNSUPPORTED: {
    means: 'a group, project or app where the service takes people only',
    next: 'name people, or sets of them',
  },
  CONFIG_NEEDED: {
    means: 'an update of a compute source would wipe a config that no file gives',
    next: 'write the whole config, or take the change back',
  },
  FIELD_REQUIRED: { means: 'a field without which the service creates nothing', next: 'add it' },
  RENAME_UNSUPPORTED: {
    means: '`renamedFrom` on a kind that the service cannot rename',
    next: 'declare the new one beside the old one',
  },
  RENAME_CONFLICT: { means: 'old and new name both exist', next: 'delete one, or take `renamedFrom` out' },
  UNTIL_WRONG: { means: '`until` is not a day', next: 'write it as 2027-03-31' },
  LIMIT_EXCEEDED: { means: 'more than the service takes, such as six administrators of a group', next: 'shorten the list' },
  PERSON_GONE: {
    means: 'somebody who was known has left the tenant; absent everywhere from now on',
    next: 'delete the name where it stands',
  },
  PERSON_RENAMED: { means: 'the same person under another account name; nothing changes', next: 'write the new name' },
  PERSON_EXPIRED: { means: 'an `until` has passed; the entry counts as absent', next: 'delete the line, or write a later day' },
  GROUP_DISABLED: {
    means: 'a grant to a group that is declared with `active: false` does not work',
    next: '`active: true` for the group, or take the grant out',
  },
  OWNER_NOT_CALLER: {
    means: 'an app whose `owners` lack the account of the key: what only owners may see is not read',
    next: 'add the account to `owners`, or accept that these fields are not compared',
  },
  GUARD_LOOSENED: {
    means: 'the files write a looser guard than the last apply recorded; the recorded one still holds for this plan',
    next: 'nothing, if that is meant: after the next apply the written one holds',
  },
  LOOKS_LIKE_RENAME: { means: 'one resource goes and almost the same comes', next: '`renamedFrom: OLD` keeps it' },
  LIST_INCOMPLETE: { means: 'a list changed while it was read, twice; nothing is planned from it', next: 'plan again' },
  NAMESAKE: {
    means: 'something that is not ours has the name of what is: a create that came too late has made it, or somebody',
    next: 'look at both ids in the console, and delete the one that nobody needs',
  },
  UNCLAIMED: {
    means: 'a run that broke off has sent a create, what it made is there, and nothing declares or records it now',
    next: 'declare it again, so that the next apply takes it over, or delete it in the console',
  },
  OPTION_WRONG: {
    means: 'an option, a file that it names, or a variable such as `HTTPS_PROXY` cannot be used',
    next: 'the message says which',
  },
  SELECTION_EMPTY: {
    means: 'a glob of `--target` or `--exclude` names nothing that is declared or recorded',
    next: 'write an address as plans show it, or a glob in quotes: `"userGroups/finance_*"`',
  },
  REVISION_UNKNOWN: {
    means: 'the revision of `--changed-since` cannot be had: no git, no repository, no such revision, a shallow clone',
    next: 'the message says which; name a revision that `git log` shows, or fetch the whole history',
  },
  REVISION_INVALID: {
    means: 'the files of the revision of `--changed-since` have errors',
    next: 'name one whose files validate, or plan without it',
  },
  CONFIRMATION_MISSING: {
    means: 'there is no terminal to ask on, or the answer was not `yes`',
    next: 'apply a saved plan, or `--auto-approve`',
  },
  PLAN_UNREADABLE: { means: 'the file is no plan', next: '`phinfra plan -o FILE` writes one' },
  PLAN_EDITED: { means: "the plan's digest does not fit: somebody changed it", next: 'plan again' },
  PLAN_FORMAT: { means: 'a plan of another version', next: 'plan again with this version' },
  RESUME_NOTHING: {
    means: '`apply --resume` finds no plan that was begun and not carried out to its end',
    next: 'plan again, or apply the file that the plan was saved in',
  },
  SNAPSHOT_UNREADABLE: { means: 'the file is no snapshot', next: '`phinfra snapshot -o FILE` writes one' },
  SNAPSHOT_FORMAT: { means: 'a snapshot of another version', next: 'make it again with this version' },
  SNAPSHOT_LACKS: {
    means: 'the snapshot does not hold a read that the files need by now',
    next: 'make a new snapshot, or plan without `--from`',
  },
  SNAPSHOT_BEHIND: {
    means: 'the record has been written since the snapshot was made: what was applied then shows as not there',
    next: 'make a new snapshot, or plan without `--from`',
  },
  ADOPT_NOT_LIVE: {
    means: '`state adopt` names something that is not live, or not with this id',
    next: 'check the name and the id; what does not exist yet is made by an apply',
  },
  ADOPT_RECORDED: {
    means: '`state adopt` names something that the record holds already, under this address or another',
    next: 'leave the id out; a new name is written as `renamedFrom` and applied',
  },
  CREDENTIALS_MISSING: {
    means: 'no access key pair was found, or half of one',
    next: '[connecting.md](connecting.md) has the places',
  },
  CREDENTIALS_TEMPORARY: {
    means: 'temporary credentials, which this OpenAPI does not take',
    next: 'use the pair of a RAM user that is a member of the tenant',
  },
  CREDENTIALS_UNREADABLE: { means: 'a credentials file or a key is malformed', next: 'write it again' },
  CREDENTIALS_REFUSED: {
    means: 'the service refused the key or its signature',
    next: 'check key, endpoint, clock, and `signature` for older gateways',
  },
  TENANT_WRONG: {
    means: "the key's account is not in this tenant, or a plan was made for another one",
    next: 'check `tenant` and the key',
  },
  PERMISSION_DENIED: { means: 'the key may not do this', next: 'give the account the RAM policy or the Dataphin role' },
  UNREACHABLE: {
    means: 'no connection; or a compute source that failed its `check` (then exit 5)',
    next: 'check endpoint, network, proxy; run the same command again',
  },
  THROTTLED: { means: 'the service kept refusing calls for their number', next: 'run the same command later' },
  ANSWER_WRONG: {
    means: 'a read was refused or its answer cannot be used; nothing was changed',
    next: "run the same command again; look the service's code up",
  },
  DAY_SPENT: { means: "the day's calls are spent", next: "run the same command when the quota's day is over" },
  LEDGER_WRITE: {
    means: 'the calls of the day cannot be counted on this machine, or what was counted is lost',
    next: 'make room or mend the rights of the folder that the message names; a count that is lost begins anew',
  },
  LEDGER_REVIEW: {
    means:
      'what this run spends is not put beside the record, where only applies are counted, so it takes no more than `budget.review`',
    next: 'nothing; where it is too little: `budget.review`, or one ledger for all machines',
  },
  LEDGER_UNREACHABLE: {
    means: 'the shared ledger of calls (`budget.ledger`) does not answer, so an apply sends nothing further',
    next: 'run the same command again once it answers; a plan goes on with no more than `budget.review`',
  },
  LEDGER_REFUSED: {
    means: 'the shared ledger of calls (`budget.ledger`) refuses the user, so an apply sends nothing',
    next: 'mend `budget.ledger.username` and the variable that `budget.ledger.password` names, or PHINFRA_LEDGER',
  },
  LOOKED_UNUSABLE: {
    means: 'when what was last looked at is not known, or cannot be kept',
    next: 'nothing; or mend the file that the message names, so that drift goes on with the stalest',
  },
  READS_UNUSABLE: {
    means: 'what an earlier day of the same plan has read, `reads.json` beside the record, cannot be read or written',
    next: 'nothing is lost but its calls: it is read once more',
  },
  STATE_UNREADABLE: { means: 'the record is damaged or half gone', next: 'put back a copy such as `state.json.1`' },
  STATE_FORMAT: { means: 'the record was written by a later version', next: 'use that version' },
  STATE_TENANT: {
    means: 'the record belongs to another tenant or deployment',
    next: 'give the other tenant an environment of its own',
  },
  STATE_STALE: { means: 'the record has moved since the plan was made; nothing was sent', next: 'plan again' },
  STATE_OLDER: {
    means: 'state and journal are older than the last run in this folder',
    next: 'put back the newer ones, or remove `journal.mark`',
  },
  JOURNAL_DAMAGED: { means: 'a line of the journal was changed or lost', next: 'put back state and journal from one copy' },
  AUDIT_DAMAGED: { means: 'lines of the audit cannot be read', next: 'nothing; or put back a copy of the file' },
  JOURNAL_WRITE: {
    means: 'the record cannot be written, so nothing further was sent',
    next: 'make room or mend the rights, then plan again',
  },
  LOCKED: { means: 'another apply of this environment runs', next: 'wait; the message names the holder' },
  LOCK_LEFT: {
    means: 'the run has ended and its record is written, but the lock could not be given back',
    next: '`phinfra state unlock --fence ID`, as the message names it',
  },
  STATE_UNREACHABLE: { means: 'the backend of the record does not answer; nothing was sent', next: 'run the same command again' },
  STATE_REFUSED: {
    means: 'the backend of the record refuses the user',
    next: 'mend `state.username` and the variable that `state.password` names; of a bucket the rights of the AccessKey',
  },
  BUCKET_VERSIONED: {
    means: 'the bucket of the record lets one object be written over another, as it does with versioning; nothing was sent',
    next: 'name a bucket on which versioning was never switched on',
  },
  PACKAGE_MISSING: {
    means: 'what the workspace asks for needs a package that is not installed; nothing was sent',
    next: 'install it, as the message names it',
  },
  ADOPT_HAS_OTHERS: {
    means: 'a live list holds entries that no file names; it is left alone',
    next: 'write them in, or `lifecycle: { exclusive: true }` or `{ exclusive: false }`',
  },
  ADOPT_AMBIGUOUS: {
    means: 'several live resources have the name that is to be adopted',
    next: '`phinfra state adopt ADDRESS=ID` names the one that is meant',
  },
  DELETE_PREVENTED: {
    means: 'a protected resource would be deleted',
    next: '`lifecycle: { allow: [delete] }`, apply, then take it out; or `onRemove: forget`',
  },
  REPLACE_PREVENTED: {
    means: 'a change would delete the resource and make a new one',
    next: '`lifecycle: { allow: [replace] }`',
  },
  REPLACE_REFUSED: { means: 'a change would need a new project', next: 'make a new project under another name by hand' },
  REBIND_REFUSED: {
    means: 'a project would get another compute source than the one it is bound to',
    next: '`lifecycle: { allow: [rebind] }`; the service may still refuse',
  },
  PROJECT_IN_USE: {
    means: 'tasks or other objects depend on a project that would be deleted',
    next: 'take its tasks offline and delete them in the console',
  },
  IN_USE: { means: 'a compute source that would be deleted is bound to a project', next: 'delete the project first, or keep it' },
  CONTACTS_UNREAD: {
    means: 'an update would send contact data along, and the snapshot leaves them out',
    next: 'plan that change without `--from`',
  },
  STEP_REJECTED: {
    means: 'the service refused a call; what did not depend on it was applied',
    next: "mend what the service's code names, plan again",
  },
  STEP_UNKNOWN: {
    means: 'a call may or may not have happened, and looking did not tell',
    next: 'look in the console, then plan again',
  },
  APPROVAL_WAITING: {
    means: 'the service took the call, and its effect waits for an approval in Dataphin',
    next: 'have it approved there: the next plan sees it; [apply.md](apply.md#what-waits-for-an-approval)',
  },
  APPROVAL_LEFT: {
    means: 'something was asked for, is not approved yet, and no file names it any more',
    next: 'withdraw the request in Dataphin, or it may be approved later',
  },
  STEP_STALE: {
    means: 'what a change was planned from is another thing by now: somebody has changed, made or removed it',
    next: 'plan again and review; what did not depend on it was applied',
  },
  BUDGET_PER_RUN: {
    means: 'the run would make more calls than `budget.perRun` allows; nothing was sent',
    next: '`--max-calls N` applies a part now and the rest later; or raise the limit',
  },
  GUARD_UNCONFIRMED: {
    means: 'the plan goes beyond a guard of the workspace, and its number was not confirmed; nothing was sent',
    next: 'read what it counts; then `--confirm deletes=12` with the number that the plan says',
  },
  BRANCH_BEHIND: {
    means: 'the files lack commits of what was applied last, and would take back what those changed; nothing was sent',
    next: 'merge or rebase, and plan again; if it is meant, `--confirm behind=3` with the number that is told',
  },
  PROTECTED_UNREVIEWED: {
    means: 'the environment is protected, and its plan was not said to be reviewed; nothing was sent',
    next: 'have the plan reviewed; then `--reviewed DIGEST`, with the digest that the plan says, or `--reviewed FILE`',
  },
  PROTECTED_REFUSED: {
    means: 'a protected environment would be destroyed, or applied in parts; nothing was sent',
    next: 'plan the whole',
  },
  REVIEW_DIFFERS: {
    means: 'the changes of the plan are not the ones that were reviewed; nothing was sent',
    next: 'look at what has moved since, and have this plan reviewed',
  },
  BREAK_GLASS_WIDE: {
    means: '`--break-glass` would change more than 20 resources; nothing was sent',
    next: '`--target` with what cannot wait; or a review',
  },
  ADOPT_PROTECTED: {
    means: 'something live and not ours would be adopted in a protected environment; it is left alone',
    next: '`adopt: { allow: [GLOB] }` in the environment',
  },
  INTERNAL: { means: 'a fault of phinfra', next: 'report it with the output of `--log-level debug`' },
};

/** Every part of the page with its codes, in the order of `CODES`. */
export const codeSections = (): readonly { readonly title: string; readonly codes: readonly DiagnosticCode[] }[] => {
  const codes = Object.keys(CODES) as DiagnosticCode[];
  const starts = SECTIONS.map(({ from }) => codes.indexOf(from));
  return SECTIONS.map(({ title }, index) => ({ title, codes: codes.slice(starts[index], starts[index + 1]) }));
};
