/** The files of a small workspace: one tenant of the edition basic, all of its resources in one file. */

export type TenantFiles = { readonly 'phinfra.yaml': string; readonly 'tenant.yaml': string };

/**
 * @param collections what is declared, by collection
 * @param head        more of `phinfra.yaml`, or other values
 */
export const tenantFiles = (collections: object, head: object = {}): TenantFiles => ({
  'phinfra.yaml': JSON.stringify({
    phinfra: 1,
    tenant: '300001413',
    edition: 'basic',
    connection: { region: 'cn-shanghai', caller: 'owner@example.com' },
    resources: ['tenant.yaml'],
    ...head,
  }),
  'tenant.yaml': JSON.stringify(collections),
});
