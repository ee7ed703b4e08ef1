/** What is live before the first apply: people, APIs and tables, and what the company made by hand. */
import type { Json, JsonObject } from '../../engine/core/ports.ts';
import { CALLER, type Company, FOUND, tablesOf } from './company.ts';
import { serviceProjectsOf } from './services.ts';

export const TENANTS = { dev: '300001500', prod: '300001413' } as const;
export type EnvironmentName = keyof typeof TENANTS;

/** A world in the form that an emulator reads; ids that are left out are given by it. */
export const worldOf = (company: Company, environment: EnvironmentName): JsonObject => {
  const tenant = TENANTS[environment];
  const known = company.units.flatMap((unit) => unit.declared.filter((account) => !unit.unregistered.includes(account)));
  const members = [CALLER, ...FOUND.auditors, ...company.units.flatMap((unit) => unit.found)];
  const ids = new Map([...members, ...known].map((account, at) => [account, String(301_000_001 + at)]));
  const idOf = (account: string): string => ids.get(account) ?? '';
  const guid = (table: string): string => `odps.${tenant}.${table}`;
  return {
    format: 'phinfra.world/1',
    tenant,
    edition: 'basic',
    users: [...ids].map(([account, id]) => ({
      Id: id,
      AccountName: account,
      DisplayName: account.replace('@example.com', ''),
      SourceId: `2047${id}`,
      SourceType: 'aliyun',
    })),
    members: members.map((account) => ({
      UserId: idOf(account),
      RoleList: account === CALLER ? ['SUPER_ADMIN'] : [],
    })),
    userGroups: [
      {
        Id: '12001',
        Name: FOUND.userGroup,
        Description: '全体员工',
        Members: FOUND.auditors.map((account) => ({ UserId: idOf(account) })),
      },
    ],
    computeSources: [
      { Id: '6865280996000001', Name: FOUND.boundSource, Config: { 'maxcompute.project': 'shared_dims' } },
      { Id: '6865280996000002', Name: FOUND.computeSource, Config: { 'maxcompute.project': 'before_files' } },
    ],
    projects: [
      {
        Id: '7155117168000001',
        Name: FOUND.project,
        Mode: 'BASIC',
        ProduceUserId: '304900001',
        Halves: { PROD: { DisplayName: '公共维度', ComputeSourceId: '6865280996000001', Members: { [idOf(CALLER)]: [1] } } },
      },
    ],
    dataSources: [
      {
        Prod: {
          Id: '7461272386043500001',
          Name: FOUND.dataSource,
          Type: 'ORACLE',
          Description: '人力资源核心库',
          Config: {
            'jdbc.url': 'jdbc:oracle:thin:@hr.example.com:1521:core',
            'jdbc.username': 'reader',
            'deploy.type': 'PUBLIC',
          },
        },
      },
    ],
    appGroups: [{ Id: '509', Name: FOUND.appGroup }],
    apps: [
      {
        AppId: '538893915001',
        AppName: FOUND.app,
        AppGroupId: '509',
        AppKey: '200001170-old-portal',
        Scenarios: '旧门户',
        OwnerIds: [idOf(CALLER)],
      },
    ],
    dataServiceProjects: serviceProjects(company),
    tables: [
      ...FOUND.tables.map((table) => guid(`${FOUND.project}.${table}`)),
      ...company.units.flatMap((unit) => tablesOf(unit).map(({ table }) => guid(table))),
    ],
  };
};

const serviceProjects = (company: Company): readonly Json[] => {
  let project = 10_100;
  let api = 1_000;
  return company.domains.flatMap(serviceProjectsOf).map(({ key, isPair, apis }) => ({
    ProjectId: String(++project),
    ProjectName: key,
    Mode: isPair ? 'DEV_PROD' : 'BASIC',
    Apis: apis.map(({ key: name, isQuery, fields }) => ({
      ApiId: String(++api),
      ApiName: name,
      Query: isQuery,
      Fields: fields.map((id) => ({ Id: id, ParameterName: `field_${id}` })),
    })),
  }));
};
