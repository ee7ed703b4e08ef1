/** The plan as one JSON value: assembled, digested, read back (DESIGN 5). */
import type { AccessChange } from './access-model.ts';
import { type ChangesFound, changeOf } from './changes.ts';
import { byPlace, type Diagnostic, sure } from './diagnostic.ts';
import { type DiffPorts, sourcesIn } from './diff.ts';
import { byText, canonical } from './json.ts';
import type { Kind } from './kind.ts';
import { ACTIONS, type Action, type Bill, type Change, type Coverage, type Guard, type Plan, type Selection } from './model.ts';
import { planDigest } from './plan-file.ts';
import type { Hash } from './ports.ts';
import type { StepsMade } from './steps.ts';

export type PlanHead = Pick<
  Plan,
  | 'workspace'
  | 'environment'
  | 'tenant'
  | 'endpoint'
  | 'deployment'
  | 'region'
  | 'edition'
  | 'caller'
  | 'key'
  | 'day'
  | 'timezone'
  | 'madeAt'
  | 'record'
  | 'commit'
  | 'destroy'
>;

export type PlanParts = {
  readonly head: PlanHead;
  readonly kinds: readonly Kind[];
  readonly found: ChangesFound;
  readonly made: StepsMade;
  readonly bill: Bill;
  readonly access: AccessChange;
  readonly guarding?: Pick<Plan, 'beyond' | 'guarding' | 'isProtected'>;
  readonly coverage: readonly Coverage[];
  readonly selection?: Selection;
  readonly looked: Plan['looked'];
  readonly parts: Plan['parts'];
  /** Kinds of which everything live is known: only of them unmanaged resources are told. */
  readonly managedKinds: ReadonlySet<string>;
  readonly people: Readonly<Record<string, string>>;
  readonly warnings: readonly Diagnostic[];
};

/** Puts the parts together; the same parts give the same bytes. */
export const assemblePlan = (
  {
    head,
    kinds,
    found,
    made,
    bill,
    access,
    guarding,
    coverage,
    selection,
    looked,
    parts,
    managedKinds,
    people,
    warnings,
  }: PlanParts,
  ports: DiffPorts,
): Plan => {
  const heldByGuard = new Set(made.guards.map((guard) => guard.address));
  const changes = found.drafts
    .map((draft) => {
      const held = heldByGuard.has(draft.address) ? { ...draft, isHeld: true } : draft;
      return changeOf(held, made.byAddress.get(draft.address) ?? [], made.manual.get(draft.address) ?? [], ports);
    })
    .sort(byKindAndAddress(kinds));
  const guards: readonly Guard[] = [...found.drafts.flatMap((draft) => draft.guards), ...made.guards].sort((a, b) =>
    a.address < b.address ? -1 : a.address > b.address ? 1 : 0,
  );
  const unmanaged = [...found.unmanaged]
    .filter(([kind, addresses]) => managedKinds.has(kind) && addresses.length > 0)
    .map(([kind, addresses]) => ({ kind, count: addresses.length, addresses }));
  const count = (action: Action): number => changes.filter((change) => change.action === action).length;
  const counts = Object.fromEntries(ACTIONS.map((action) => [action, count(action)])) as Record<Action, number>;
  const body: Omit<Plan, 'planDigest'> = {
    format: 'phinfra.plan/1',
    ...head,
    changes,
    steps: made.steps,
    summary: {
      ...counts,
      unchanged: found.unchanged + counts.none,
      unmanaged: unmanaged.reduce((sum, one) => sum + one.count, 0),
    },
    coverage,
    ...(selection ? { selection } : {}),
    looked,
    parts,
    notCompared: found.drafts.flatMap((draft) =>
      (draft.difference?.notCompared ?? []).map((one) => ({ address: draft.address, ...one })),
    ),
    trusted: found.drafts.reduce((sum, draft) => sum + (draft.difference?.trusted ?? 0), 0),
    unmanaged,
    bill,
    access,
    ...guarding,
    guards,
    ...(found.settled.size > 0 ? { settled: Object.fromEntries([...found.settled].sort()) } : {}),
    needs: [...new Set(made.steps.flatMap((step) => sourcesIn(step.request)))].sort(),
    people,
    warnings: [...warnings].sort(byPlace),
    changesDigest: changesDigest(head.environment, head.tenant, changes, ports.hash),
  };
  const plain = JSON.parse(JSON.stringify(body)) as Omit<Plan, 'planDigest'>;
  return { ...plain, planDigest: planDigest(plain, ports.hash) };
};

const byKindAndAddress = (kinds: readonly Kind[]) => {
  const rank = new Map(kinds.map((kind, index) => [kind.collection, index]));
  const rankOf = ({ kind }: Change): number => sure(rank.get(kind), 'kind of a change');
  return (a: Change, b: Change): number => rankOf(a) - rankOf(b) || byText(a.address, b.address);
};

/** The same change has the same digest on a branch and on main: no time, line or bill goes in. */
const changesDigest = (environment: string, tenant: string, changes: readonly Change[], hash: Hash): string =>
  hash(
    canonical(
      changes
        .filter((change) => change.action !== 'none')
        .map((change) => [
          environment,
          tenant,
          change.address,
          change.action,
          change.fields
            .filter((field) => field.stands !== true)
            .map((field) => [field.pointer, field.after ?? null, field.sensitive ?? false]),
          change.preimage,
        ])
        .sort((a, b) => byText(String(a[2]), String(b[2]))),
    ),
  );
