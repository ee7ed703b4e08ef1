/** Grants of APIs: a query to apps, an operation to an app and to people. */
import { dataServiceGrants } from '../../engine/kinds/data-service-grants.ts';
import type { KindCase } from './case.ts';

const [BOB, CAROL] = ['bob@example.com', 'carol@example.com'];
const [PORTAL, OTHER] = ['dataServiceApps/finance/finance_portal', 'dataServiceApps/default/finance_portal'];
const UNTIL = '2027-12-31';

/** Two apps of one name in two groups, one of them with a negative id; two projects. */
export const GRANT_WORLD = {
  appGroups: [
    { Id: '509', Name: 'default' },
    { Id: '510', Name: 'finance' },
  ],
  apps: [
    { AppId: '-809333788831', AppName: 'finance_portal', AppGroupId: '510', AppKey: '200001170', OwnerIds: ['300000001'] },
    { AppId: '1203', AppName: 'finance_portal', AppGroupId: '509', AppKey: '200001171-default', OwnerIds: ['300000001'] },
  ],
  dataServiceProjects: [
    {
      ProjectId: '22',
      ProjectName: 'finance_ds',
      Mode: 'DEV_PROD',
      Apis: [
        {
          ApiId: '1021',
          ApiName: 'get_orders',
          Fields: [
            { Id: '1', ParameterName: 'amount' },
            { Id: '2', ParameterName: 'region' },
          ],
        },
      ],
    },
    {
      ProjectId: '10121',
      ProjectName: 'risk_ds',
      Mode: 'DEV_PROD',
      Apis: [{ ApiId: '1022', ApiName: 'put_order', Query: false }],
    },
  ],
};

const FIELDS = { prod: ['1', '2'], dev: ['1'] };
const use = (who: string, more: object = {}) => ({ who, until: UNTIL, ...more });
const QUERY = { use: [use(PORTAL, { fields: FIELDS })], delegation: [use(PORTAL)] };
const PEOPLE = { use: [use(PORTAL, { halves: ['prod'] }), use(BOB)], delegation: [] };

const switches = [
  { businessErrors: 'http200' },
  { batch: 'partial' },
  { notFound: 'null' },
  { expired: 'gone' },
  { publishedApisWithoutPaging: 'page' },
  { lagMs: 1500 },
] as const;

export const dataServiceGrantCases: readonly KindCase[] = [
  {
    title: 'dataServiceGrants: a query API to apps',
    kind: dataServiceGrants,
    world: GRANT_WORLD,
    key: 'finance_ds/get_orders',
    start: QUERY,
    creates: ['GrantDataServiceApi'],
    // Each right and each half has a call of its own.
    deletes: ['RevokeDataServiceApi', 'RevokeDataServiceApi', 'RevokeDataServiceApi', 'RevokeDataServiceApi'],
    variants: [
      {
        name: 'a later end, of both rights: one call',
        to: {
          use: [{ who: PORTAL, until: '2028-12-31', fields: FIELDS }],
          delegation: [{ who: PORTAL, until: '2028-12-31' }],
        },
        pointers: [`/delegation/${pointed(PORTAL)}`, `/use/${pointed(PORTAL)}`],
        operations: ['GrantDataServiceApi'],
      },
      {
        name: 'no end',
        to: { use: [{ who: PORTAL, fields: FIELDS }], delegation: [PORTAL] },
        pointers: [`/delegation/${pointed(PORTAL)}`, `/use/${pointed(PORTAL)}`],
        operations: ['GrantDataServiceApi'],
      },
      {
        name: 'other fields',
        to: { ...QUERY, use: [use(PORTAL, { fields: { prod: ['2'], dev: ['1'] } })] },
        pointers: [`/scope/${pointed(PORTAL)}`],
        operations: ['GrantDataServiceApi'],
      },
      {
        name: 'without the half that the service does not ask for',
        to: { ...QUERY, use: [use(PORTAL, { fields: { dev: ['1'] } })] },
        pointers: [`/delegation/${pointed(PORTAL)}/halves`, `/scope/${pointed(PORTAL)}`, `/use/${pointed(PORTAL)}/halves`],
        operations: ['RevokeDataServiceApi', 'RevokeDataServiceApi', 'GrantDataServiceApi'],
      },
      {
        name: 'not handed on any more',
        to: { ...QUERY, delegation: [] },
        pointers: [`/delegation/${pointed(PORTAL)}`],
        operations: ['RevokeDataServiceApi', 'RevokeDataServiceApi'],
      },
      {
        name: 'another app beside it, in another group under the same name',
        to: { ...QUERY, use: [...QUERY.use, use(OTHER, { fields: { dev: ['2'] } })] },
        pointers: [`/scope/${pointed(OTHER)}`, `/use/${pointed(OTHER)}`, `/use/${pointed(OTHER)}/halves`],
        operations: ['GrantDataServiceApi'],
      },
      {
        name: 'fields no longer declared',
        to: { use: [use(PORTAL)] },
        pointers: [],
        operations: [],
      },
    ],
    switches,
  },
  {
    title: 'dataServiceGrants: an operation API to an app and to people',
    kind: dataServiceGrants,
    world: GRANT_WORLD,
    key: 'risk_ds/put_order',
    start: PEOPLE,
    creates: ['GrantDataServiceApi', 'GrantDataServiceApi'],
    // Which halves a person holds is not known: both are taken.
    deletes: ['RevokeDataServiceApi', 'RevokeDataServiceApi', 'RevokeDataServiceApi'],
    goesBlindly: [`/use/${BOB}`],
    // What a person holds shows nowhere: it is granted once more, which changes nothing.
    adoptionSends: ['GrantDataServiceApi'],
    variants: [
      {
        name: 'a sooner end of a person',
        to: { ...PEOPLE, use: [use(PORTAL, { halves: ['prod'] }), { who: BOB, until: '2027-06-30' }] },
        pointers: [`/use/${BOB}`],
        operations: ['GrantDataServiceApi'],
      },
      {
        name: 'a sooner end of the app',
        to: { ...PEOPLE, use: [{ who: PORTAL, until: '2027-06-30', halves: ['prod'] }, use(BOB)] },
        pointers: [`/use/${pointed(PORTAL)}`],
        operations: ['GrantDataServiceApi'],
      },
      {
        name: 'another person',
        to: { ...PEOPLE, use: [use(PORTAL, { halves: ['prod'] }), use(CAROL, { halves: ['prod'], reason: 'HR-881' })] },
        pointers: [`/scope/${CAROL}`, `/use/${BOB}`, `/use/${CAROL}`],
        operations: ['RevokeDataServiceApi', 'RevokeDataServiceApi', 'GrantDataServiceApi'],
      },
      {
        name: 'nobody',
        to: { use: [], delegation: [] },
        pointers: [`/use/${BOB}`, `/use/${pointed(PORTAL)}`],
        operations: ['RevokeDataServiceApi', 'RevokeDataServiceApi', 'RevokeDataServiceApi'],
      },
      {
        name: 'both halves for the app',
        to: { ...PEOPLE, use: [use(PORTAL, { halves: ['dev', 'prod'] }), use(BOB)] },
        pointers: [`/use/${pointed(PORTAL)}/halves`],
        operations: ['GrantDataServiceApi'],
      },
      {
        name: 'the other half for the app, and a sooner end',
        to: { ...PEOPLE, use: [{ who: PORTAL, until: '2027-06-30', halves: ['dev'] }, use(BOB)] },
        pointers: [`/use/${pointed(PORTAL)}`, `/use/${pointed(PORTAL)}/halves`],
        operations: ['RevokeDataServiceApi', 'GrantDataServiceApi'],
      },
      {
        name: 'the app may hand it on',
        to: { ...PEOPLE, delegation: [use(PORTAL)] },
        pointers: [`/delegation/${pointed(PORTAL)}`, `/delegation/${pointed(PORTAL)}/halves`],
        operations: ['GrantDataServiceApi'],
      },
      {
        name: 'another reason, which is nobody else’s business',
        to: { ...PEOPLE, use: [use(PORTAL, { halves: ['prod'], reason: 'OPS-1' }), use(BOB, { reason: 'HR-881' })] },
        pointers: [],
        operations: [],
      },
    ],
    switches,
  },
];

/** A principal inside a pointer. */
function pointed(principal: string): string {
  return principal.replaceAll('/', '~1');
}
