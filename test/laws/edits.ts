/** Random edits of a workspace, and random changes of the live tenant behind its back. */
import type { Draft, World } from '../../emulator/index.ts';
import { DATA_SERVICE_EDITS, dataServiceDrifts } from './data-service.ts';
import { GRANT_EDITS, grantDrifts } from './grants.ts';
import {
  type Drift,
  type Edit,
  groupSpec,
  type Model,
  memberSpec,
  OWNER,
  otherText,
  pointerPart,
  ROLES,
  roleId,
  type Scene,
  sourceSpec,
} from './model.ts';
import type { Random } from './random.ts';
import { ROW_EDITS, rowDrifts } from './rows.ts';
import { SOURCE_EDITS, sourceDrifts } from './sources.ts';

const anyKey = (of: Record<string, unknown>, random: Random): string | null => {
  const keys = Object.keys(of);
  return keys.length === 0 ? null : random.pick(keys);
};
/** Compute sources that no project has, nor had before the edits: one that waits for leave keeps its own. */
const unbound = (model: Model, scene: Scene): readonly string[] =>
  Object.keys(model.computeSources).filter(
    (name) => !JSON.stringify([model.projects, scene.model.projects]).includes(`"${name}"`),
  );
/** Something else of the workspace refers to it. */
const isNamed = (model: Model, text: string): boolean =>
  JSON.stringify([model.rowPermissions, model.resourceGrants, model.dataServiceGrants]).includes(`"${text}"`);
const hasGroups = (scene: Scene): boolean => scene.edition === 'basic' || scene.edition === 'intelligent';

const EDITS: Readonly<Record<string, Edit>> = {
  'group description': (model, _scene, random) => {
    const key = anyKey(model.userGroups, random);
    const group = key === null ? undefined : model.userGroups[key];
    if (!group) return null;
    group.description = otherText(random, group.description);
    return `userGroups/${key}`;
  },
  'group active': (model, _scene, random) => {
    const key = anyKey(model.userGroups, random);
    const group = key === null ? undefined : model.userGroups[key];
    if (!group) return null;
    group.active = !(group.active ?? true);
    return `userGroups/${key}`;
  },
  'group members': (model, scene, random) => {
    const key = anyKey(model.userGroups, random);
    const group = key === null ? undefined : model.userGroups[key];
    if (!group) return null;
    group.members = random.some(scene.members, 0.4);
    return `userGroups/${key}`;
  },
  'group admins': (model, scene, random) => {
    const key = anyKey(model.userGroups, random);
    const group = key === null ? undefined : model.userGroups[key];
    if (!group) return null;
    group.admins = random.some(scene.members, 0.3).slice(0, 4);
    return `userGroups/${key}`;
  },
  'group without members': (model, _scene, random) => {
    const key = anyKey(model.userGroups, random);
    const group = key === null ? undefined : model.userGroups[key];
    if (!group?.members) return null;
    delete group.members;
    return `userGroups/${key}`;
  },
  'group removed': (model, _scene, random) => {
    const key = anyKey(model.userGroups, random);
    if (key === null || isNamed(model, `userGroups/${key}`)) return null;
    delete model.userGroups[key];
    return `userGroups/${key}`;
  },
  'group added': (model, scene, random) => {
    if (!hasGroups(scene) || model.userGroups['added']) return null;
    model.userGroups['added'] = groupSpec(random, scene.members, []);
    return 'userGroups/added';
  },
  'group renamed': (model, _scene, random) => {
    const key = anyKey(model.userGroups, random);
    if (key === null || model.userGroups[key]?.renamedFrom || model.userGroups[`${key}_new`]) return null;
    if (isNamed(model, `userGroups/${key}`)) return null;
    const { lifecycle: _lifecycle, ...group } = model.userGroups[key] ?? {};
    delete model.userGroups[key];
    model.userGroups[`${key}_new`] = { ...group, renamedFrom: key };
    return `userGroups/${key}_new`;
  },
  'source description': (model, _scene, random) => {
    const key = anyKey(model.computeSources, random);
    const source = key === null ? undefined : model.computeSources[key];
    if (!source) return null;
    source.description = otherText(random, source.description);
    return `computeSources/${key}`;
  },
  'source config': (model, _scene, random) => {
    const key = anyKey(model.computeSources, random);
    const source = key === null ? undefined : model.computeSources[key];
    if (!source?.config) return null;
    source.config = { ...source.config, 'maxcompute.endpoint': `http://other.example.com/${random.below(100)}` };
    return `computeSources/${key}`;
  },
  'source config key': (model, _scene, random) => {
    const key = anyKey(model.computeSources, random);
    const source = key === null ? undefined : model.computeSources[key];
    if (!source?.config) return null;
    const { 'odps.extra': extra, ...rest } = source.config;
    source.config = extra === undefined ? { ...rest, 'odps.extra': 'two' } : rest;
    return `computeSources/${key}`;
  },
  'source rotation': (model, _scene, random) => {
    const key = anyKey(model.computeSources, random);
    const source = key === null ? undefined : model.computeSources[key];
    if (!source) return null;
    source.secretsVersion = `2026-${10 + random.below(90)}`;
    return `computeSources/${key}`;
  },
  'source type': (model, _scene, random) => {
    const key = anyKey(model.computeSources, random);
    const source = key === null ? undefined : model.computeSources[key];
    if (!source) return null;
    source.type = 'HADOOP';
    return `computeSources/${key}`;
  },
  'source removed': (model, _scene, random) => {
    const free = Object.keys(model.computeSources).filter((key) => !JSON.stringify(model.projects).includes(`"${key}"`));
    if (free.length === 0) return null;
    const key = random.pick(free);
    delete model.computeSources[key];
    return `computeSources/${key}`;
  },
  'source added': (model, _scene, random) => {
    if (model.computeSources['added']) return null;
    model.computeSources['added'] = sourceSpec(random, `mp_added_${random.below(1_000_000)}`);
    return 'computeSources/added';
  },
  'source renamed': (model, _scene, random) => {
    const free = Object.keys(model.computeSources).filter(
      (key) =>
        !JSON.stringify(model.projects).includes(`"${key}"`) &&
        !model.computeSources[key]?.renamedFrom &&
        !model.computeSources[`${key}_new`],
    );
    if (free.length === 0) return null;
    const key = random.pick(free);
    const { ...source } = model.computeSources[key];
    delete model.computeSources[key];
    model.computeSources[`${key}_new`] = { ...source, renamedFrom: key };
    return `computeSources/${key}_new`;
  },
  'project name shown': (model, _scene, random) => {
    const key = anyKey(model.projects, random);
    const project = key === null ? undefined : model.projects[key];
    if (!project) return null;
    project.displayName = `edited ${key} ${random.below(1000)}`;
    return `projects/${key}`;
  },
  'project description': (model, _scene, random) => {
    const key = anyKey(model.projects, random);
    const project = key === null ? undefined : model.projects[key];
    if (!project) return null;
    project.description =
      project.mode === 'basic' ? otherText(random, undefined) : { prod: otherText(random, undefined), dev: 'edited' };
    return `projects/${key}`;
  },
  'project members': (model, scene, random) => {
    const key = anyKey(model.projects, random);
    const project = key === null ? undefined : model.projects[key];
    if (!project) return null;
    project.members = {
      ...project.members,
      prod: { admin: random.some(scene.members, 0.3), analyst: random.some(scene.members, 0.4) },
    };
    return `projects/${key}`;
  },
  'project white list': (model, _scene, random) => {
    const key = anyKey(model.projects, random);
    const project = key === null ? undefined : model.projects[key];
    if (!project) return null;
    project.whiteList = [{ ip: '10.9.0.0/16', port: String(3000 + random.below(9)), description: 'edited' }];
    return `projects/${key}`;
  },
  'project tag': (model, _scene, random) => {
    const key = anyKey(model.projects, random);
    const project = key === null ? undefined : model.projects[key];
    if (!project) return null;
    project.namespaceTag = random.pick(['PUBLIC', 'APPLICATION', 'BASE']);
    return `projects/${key}`;
  },
  'project unit': (model, scene, random) => {
    const key = anyKey(model.projects, random);
    const project = key === null ? undefined : model.projects[key];
    if (!project || scene.edition !== 'intelligent') return null;
    project.bizUnit = random.pick(['retail', 'bank']);
    return `projects/${key}`;
  },
  'project mode': (model, _scene, random) => {
    const key = anyKey(model.projects, random);
    const project = key === null ? undefined : model.projects[key];
    if (project?.mode !== 'basic' || project.type !== undefined) return null;
    model.projects[key as string] = { mode: 'dev-prod', ...(project.displayName ? { displayName: project.displayName } : {}) };
    return `projects/${key}`;
  },
  'project bound': (model, scene, random) => {
    const key = anyKey(model.projects, random);
    const project = key === null ? undefined : model.projects[key];
    const free = unbound(model, scene);
    if (!project || project.computeSource !== undefined || free.length === 0) return null;
    project.computeSource = project.mode === 'basic' ? random.pick(free) : { prod: random.pick(free) };
    return `projects/${key}`;
  },
  'project rebound': (model, scene, random) => {
    const key = anyKey(model.projects, random);
    const project = key === null ? undefined : model.projects[key];
    const free = unbound(model, scene);
    if (!project || project.computeSource === undefined || free.length === 0) return null;
    project.computeSource = project.mode === 'basic' ? random.pick(free) : { prod: random.pick(free) };
    return `projects/${key}`;
  },
  'project removed': (model, scene, random) => {
    const key = anyKey(model.projects, random);
    if (key === null) return null;
    // One that is only forgotten, or is protected, keeps its compute sources bound: nobody else could use them.
    const { computeSource, streamComputeSource, lifecycle } = model.projects[key] ?? {};
    const wasLive = JSON.stringify(scene.world['projects']).includes(`"${key}"`);
    if ((computeSource ?? streamComputeSource) !== undefined && (wasLive || lifecycle === undefined)) return null;
    if (isNamed(model, `projects/${key}`) || isNamed(model, `${key}.orders`) || isNamed(model, `${key}.items`)) return null;
    delete model.projects[key];
    return `projects/${key}`;
  },
  'member roles': (model, _scene, random) => {
    const key = anyKey(model.tenantMembers, random);
    const member = key === null ? undefined : model.tenantMembers[key];
    if (!member) return null;
    member.roles = random.some(ROLES, 0.3);
    return `tenantMembers/${key}`;
  },
  'member contacts': (model, _scene, random) => {
    const key = anyKey(model.tenantMembers, random);
    const member = key === null ? undefined : model.tenantMembers[key];
    if (!member) return null;
    member.mail = `edited${random.below(100)}@example.com`;
    return `tenantMembers/${key}`;
  },
  'member removed': (model, _scene, random) => {
    // Only somebody whom nothing else names: the files would be in error otherwise, once he is gone.
    const { tenantMembers, ...rest } = model;
    const free = Object.keys(tenantMembers).filter((key) => !JSON.stringify(rest).includes(key));
    if (free.length === 0) return null;
    const key = random.pick(free);
    delete tenantMembers[key];
    return `tenantMembers/${key}`;
  },
  'member added': (model, scene, random) => {
    const free = scene.addable.filter((account) => !model.tenantMembers[account]);
    if (free.length === 0) return null;
    const key = random.pick(free);
    model.tenantMembers[key] = memberSpec(random);
    return `tenantMembers/${key}`;
  },
  'set people': (model, scene, random) => {
    const key = anyKey(model.sets, random);
    if (key === null) return null;
    model.sets[key] = { people: random.some(scene.members, 0.4) };
    return `sets/${key}`;
  },
  ...SOURCE_EDITS,
  ...ROW_EDITS,
  ...DATA_SERVICE_EDITS,
  ...GRANT_EDITS,
};
export const EDIT_NAMES: readonly string[] = Object.keys(EDITS);

/** Removals are drawn more often: most of them end as protected or as a forgetting. */
const DRAWN: readonly string[] = [
  ...EDIT_NAMES,
  'group removed',
  'source removed',
  'project removed',
  'member removed',
  'project unit',
  'app removed',
  'app removed',
  'app rotation',
  'API grant removed',
  'app group removed',
  'row permission removed',
];

/** Some random edits of the model in place; their names. */
export const edit = (model: Model, scene: Scene, random: Random, count: number): readonly string[] => {
  const done: string[] = [];
  for (let tries = 0; tries < 8 * count && done.length < count; tries++) {
    const name = random.pick(DRAWN);
    const where = EDITS[name]?.(model, scene, random);
    if (where) done.push(`${name} ${where}`);
  }
  return done;
};

/** Every declared field that somebody could change in the console so that exactly this field differs. */
export const driftsOf = (model: Model, world: World, random: Random): readonly Drift[] => {
  const found: Drift[] = [];
  const accountOf = new Map(world.users.map((user) => [user.Id, user.AccountName]));
  const memberIds = world.members.map((member) => member.UserId);
  const escapePart = pointerPart;
  const add = (address: string, pointer: string, change: Drift['change'], isReadable = true): void => {
    found.push({ address, pointer, isReadable, change });
  };
  for (const [name, group] of Object.entries(model.userGroups)) {
    const address = `userGroups/${name}`;
    const live = world.userGroups.find((one) => one.Name === name);
    if (!live) continue;
    const edit = (run: (one: Draft<World>['userGroups'][number]) => void) => (draft: Draft<World>) => {
      const one = draft.userGroups.find((row) => row.Name === name);
      if (one) run(one);
    };
    if (group.description !== undefined)
      add(
        address,
        '/description',
        edit((one) => {
          one.Description += ' (edited)';
        }),
      );
    if (group.active !== undefined)
      add(
        address,
        '/active',
        edit((one) => {
          one.Active = !one.Active;
        }),
      );
    if (group.members !== undefined) {
      const inside = live.Members.map((row) => row.UserId);
      const outsiders = memberIds.filter((id) => !inside.includes(id) && !live.Admins.includes(id));
      if (outsiders.length > 0) {
        const id = random.pick(outsiders);
        add(
          address,
          `/members/${escapePart(accountOf.get(id) ?? '')}`,
          edit((one) => {
            one.Members.push({ Id: `9${id}`, UserId: id, GmtCreate: 0 });
          }),
        );
      }
      const leavers = inside.filter((id) => !live.Admins.includes(id));
      if (leavers.length > 0) {
        const id = random.pick(leavers);
        add(
          address,
          `/members/${escapePart(accountOf.get(id) ?? '')}`,
          edit((one) => {
            one.Members = one.Members.filter((row) => row.UserId !== id);
          }),
        );
      }
    }
    if (group.admins !== undefined && group.members === undefined) {
      const outsiders = memberIds.filter((id) => !live.Admins.includes(id));
      if (outsiders.length > 0 && live.Admins.length < 5) {
        const id = random.pick(outsiders);
        add(
          address,
          `/admins/${escapePart(accountOf.get(id) ?? '')}`,
          edit((one) => {
            one.Admins.push(id);
          }),
        );
      }
      if (live.Admins.length > 0) {
        const id = random.pick(live.Admins);
        add(
          address,
          `/admins/${escapePart(accountOf.get(id) ?? '')}`,
          edit((one) => {
            one.Admins = one.Admins.filter((row) => row !== id);
          }),
        );
      }
    }
  }
  for (const [name, source] of Object.entries(model.computeSources)) {
    const live = world.computeSources.find((one) => one.Name === name);
    if (!live) continue;
    const edit = (run: (one: Draft<World>['computeSources'][number]) => void) => (draft: Draft<World>) => {
      const one = draft.computeSources.find((row) => row.Name === name);
      if (one) run(one);
    };
    if (source.description !== undefined)
      add(
        `computeSources/${name}`,
        '/description',
        edit((one) => {
          one.Description += ' (edited)';
        }),
      );
    if (source.config !== undefined)
      add(
        `computeSources/${name}`,
        '/config',
        edit((one) => {
          one.Config = { ...one.Config, 'maxcompute.endpoint': 'http://by.hand.example.com' };
        }),
        false,
      );
  }
  for (const [name, project] of Object.entries(model.projects)) {
    const address = `projects/${name}`;
    const live = world.projects.find((one) => one.Name === name);
    if (!live) continue;
    const edit = (run: (one: Draft<World>['projects'][number]) => void) => (draft: Draft<World>) => {
      const one = draft.projects.find((row) => row.Name === name);
      if (one) run(one);
    };
    if (project.displayName !== undefined)
      add(
        address,
        '/displayName',
        edit((one) => {
          one.Halves.PROD.DisplayName += ' (edited)';
        }),
      );
    if (project.namespaceTag !== undefined)
      add(
        address,
        '/namespaceTag',
        edit((one) => {
          one.NameSpaceTag = `${one.NameSpaceTag}X`;
        }),
      );
    if (project.whiteList !== undefined)
      add(
        address,
        '/whiteList/9.9.9.9:99',
        edit((one) => {
          one.WhiteLists.push({ Ip: '9.9.9.9', Port: '99', Description: '' });
        }),
      );
    const given = (field: ProjectText, half: 'prod' | 'dev'): boolean =>
      typeof project[field] === 'string'
        ? half === 'prod'
        : (project[field] as Record<string, string> | undefined)?.[half] !== undefined;
    for (const half of ['prod', 'dev'] as const) {
      const key = half === 'prod' ? 'PROD' : 'DEV';
      const liveHalf = live.Halves[key];
      if (!liveHalf) continue;
      const editHalf = (run: (one: Draft<World>['projects'][number]['Halves']['PROD']) => void) =>
        edit((one) => {
          const at = one.Halves[key];
          if (at) run(at);
        });
      if (given('description', half))
        add(
          address,
          `/description/${half}`,
          editHalf((one) => {
            one.Description += ' (edited)';
          }),
        );
      if (project.members?.[half] === undefined) continue;
      const inside = Object.keys(liveHalf.Members);
      const declared = declaredIn(project.members[half] ?? {}, model);
      const outsiders = memberIds.filter((id) => !inside.includes(id) && id !== live.OwnerId);
      if (outsiders.length > 0) {
        const id = random.pick(outsiders);
        add(
          address,
          `/members/${half}/${escapePart(accountOf.get(id) ?? '')}`,
          editHalf((one) => {
            one.Members[id] = [roleId('visitor')];
          }),
        );
      }
      const ours = inside.filter((id) => declared.has(accountOf.get(id) ?? ''));
      if (ours.length > 0) {
        const id = random.pick(ours);
        add(
          address,
          `/members/${half}/${escapePart(accountOf.get(id) ?? '')}`,
          editHalf((one) => {
            one.Members[id] = [...(one.Members[id] ?? []), 99];
          }),
        );
        add(
          address,
          `/members/${half}/${escapePart(accountOf.get(id) ?? '')}`,
          editHalf((one) => {
            delete one.Members[id];
          }),
        );
      }
    }
  }
  for (const [account, member] of Object.entries(model.tenantMembers)) {
    const id = world.users.find((user) => user.AccountName === account)?.Id;
    const live = world.members.find((one) => one.UserId === id);
    if (!live || account === OWNER) continue;
    const edit = (run: (one: Draft<World>['members'][number]) => void) => (draft: Draft<World>) => {
      const one = draft.members.find((row) => row.UserId === id);
      if (one) run(one);
    };
    const address = `tenantMembers/${account}`;
    if (member.mail !== undefined)
      add(
        address,
        '/mail',
        edit((one) => {
          one.Mail += 'x';
        }),
      );
    if (member.mobile !== undefined)
      add(
        address,
        '/mobile',
        edit((one) => {
          one.MobilePhone += '1';
        }),
      );
    if (member.ding !== undefined)
      add(
        address,
        '/ding',
        edit((one) => {
          one.DingNumber += 'x';
        }),
      );
    if (member.roles !== undefined) {
      add(
        address,
        '/roles/LABELS_BUSINESS_PLANNER',
        edit((one) => {
          one.RoleList.push('LABELS_BUSINESS_PLANNER');
        }),
      );
      const [role] = member.roles;
      if (role !== undefined)
        add(
          address,
          `/roles/${role}`,
          edit((one) => {
            one.RoleList = one.RoleList.filter((row) => row !== role);
          }),
        );
    }
  }
  for (const drifts of [sourceDrifts, rowDrifts, dataServiceDrifts, grantDrifts]) drifts(model, world, random, add);
  return found;
};

type ProjectText = 'description' | 'computeSource' | 'streamComputeSource';

/** Accounts that a half names, sets expanded as far as the generator nests them. */
const declaredIn = (half: Record<string, unknown[]>, model: Model): ReadonlySet<string> => {
  const found = new Set<string>();
  const walk = (list: readonly unknown[]): void => {
    for (const item of list) {
      const who = typeof item === 'string' ? item : (item as { who: string }).who;
      if (who.startsWith('sets/')) walk(model.sets[who.slice(5)]?.people ?? []);
      else found.add(who);
    }
  };
  for (const list of Object.values(half)) walk(list);
  return found;
};
