/**
 * `npx tsx scripts/generate-enterprise.ts --seed N --resources N --out DIR`: writes a workspace as a company keeps it, of any
 * size, with the tenants that it begins with. Files that are there and that the generator does not write stay as they are.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { generateEnterprise } from './enterprise/index.ts';

const { values } = parseArgs({
  options: { seed: { type: 'string' }, resources: { type: 'string' }, out: { type: 'string' } },
});
const { seed, resources, out } = values;
if (seed === undefined || resources === undefined || out === undefined || !/^\d+$/.test(seed) || !/^\d+$/.test(resources)) {
  console.error('usage: npx tsx scripts/generate-enterprise.ts --seed N --resources N --out DIR');
  process.exitCode = 3;
} else {
  const { files } = generateEnterprise({ seed: Number(seed), resources: Number(resources) });
  for (const [path, text] of Object.entries(files)) {
    const file = join(out, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  console.log(`${Object.keys(files).length} files in ${out}`);
}
