/** A workspace as a company of some years keeps it, of any size, from a seed; and the two tenants that it begins with. */
import type { JsonObject } from '../../engine/core/ports.ts';
import { CALLER, type Company, foundCompany } from './company.ts';
import { type Documents, startDraft, writeDocument } from './documents.ts';
import { writeGrants } from './grants.ts';
import { writeOverlays } from './overlays.ts';
import { writePeople } from './people.ts';
import { type Secrets, writePlatform } from './platform.ts';
import { writeProjects } from './projects.ts';
import { createRandom } from './random.ts';
import { writeRows } from './rows.ts';
import { writeServices } from './services.ts';
import { TENANTS, worldOf } from './world.ts';

export { COLLECTIONS, type Collection } from './company.ts';
export { type Document, type Documents, writeDocument } from './documents.ts';

export type Enterprise = {
  /** Every file of the workspace by its path, worlds of the emulator and secrets included. */
  readonly files: Readonly<Record<string, string>>;
  /** In the form that the emulator reads. */
  readonly worlds: { readonly dev: JsonObject; readonly prod: JsonObject };
  /** The resource files and overlays before they were text: whoever edits these writes them with `writeDocument`. */
  readonly documents: Documents;
};

/**
 * The same seed and size give the same bytes on every machine.
 *
 * @param resources how many there are in all, over all kinds, before overlays; 70 or more
 * @throws Error when there are fewer
 */
export const generateEnterprise = ({ seed, resources }: { readonly seed: number; readonly resources: number }): Enterprise => {
  const random = createRandom(seed);
  const company = foundCompany(resources, random);
  const secrets: Secrets = {};
  const shared = startDraft();
  writePeople(company, shared, random);
  writePlatform(company, shared, secrets, random);
  writeProjects(company, shared, random);
  writeRows(company, shared, random);
  writeServices(company, shared, secrets, random);
  writeGrants(company, shared, random);
  const overlays = startDraft();
  writeOverlays(company, shared.documents(), overlays, secrets);
  const documents = { ...shared.documents(), ...overlays.documents() };
  const worlds = { dev: worldOf(company, 'dev'), prod: worldOf(company, 'prod') };
  return {
    documents,
    worlds,
    files: {
      '.gitignore': '.phinfra/\n',
      'phinfra.yaml': workspaceFile(company),
      ...Object.fromEntries(Object.entries(documents).map(([path, document]) => [path, writeDocument(document)])),
      ...secrets,
      ...Object.fromEntries(Object.entries(worlds).map(([name, world]) => [`env/${name}/world.json`, worldText(world)])),
    },
  };
};

/** One thing a line, so that a difference between two worlds can be read. */
const worldText = (world: JsonObject): string => {
  const fields = Object.entries(world).map(([key, value]) => {
    const text = Array.isArray(value)
      ? `[\n${value.map((item) => `    ${JSON.stringify(item)}`).join(',\n')}\n  ]`
      : JSON.stringify(value);
    return `  ${JSON.stringify(key)}: ${text}`;
  });
  return `{\n${fields.join(',\n')}\n}\n`;
};

const workspaceFile = ({
  domains,
}: Company): string => `# A company's two Dataphin tenants: one to try things out, one that counts. Try it without an account:
#   phinfra plan  -C examples/enterprise
#   phinfra apply -C examples/enterprise --env prod
phinfra: 1
resources: ["people/*.yaml", "platform/**/*.yaml", "domains/*/*.yaml"]
timezone: Asia/Shanghai
defaultEnvironment: dev
environments:
  dev:
    tenant: "${TENANTS.dev}"
    edition: basic
    # A local Dataphin that begins with what this file holds. For a real tenant: connection: { region, caller }.
    connection: { emulator: { world: env/dev/world.json }, caller: ${CALLER} }
    drift: report
    overlays: ["env/dev/*.yaml"]
  prod:
    tenant: "${TENANTS.prod}"
    edition: basic
    connection: { emulator: { world: env/prod/world.json }, caller: ${CALLER} }
    overlays: ["env/prod/*.yaml"]
# The only places that a secret may come from.
secrets: { files: ["secrets/**"] }
# ${domains.length} domains: ${domains.map(({ key, name }) => `${key} ${name}`).join(', ')}
`;
