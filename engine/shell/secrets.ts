/** Values of secrets, from the only sources that the workspace allows; resolved late, kept nowhere (DESIGN 2, RESOURCES 4). */
import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { matcher } from '../core/glob.ts';
import type { WorkspaceConfig } from '../core/workspace.ts';

/** The value behind `env:NAME` or `file:PATH`; undefined where it is not set here or may not be used. */
export type SecretSource = (reference: string) => string | undefined;

/** A file of a secret is at most this long; a larger one is some other file. */
const MAX_BYTES = 1024 * 1024;

/**
 * @param folder the workspace; paths of files are relative to it. One line end at the end of a file is not part of the value:
 *               editors and `echo` put it there
 */
export const secretSource = (
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
  allowed: WorkspaceConfig['secrets'],
): SecretSource => {
  const mayEnv = matcher(allowed.env);
  const mayFile = matcher(allowed.files);
  const known = new Map<string, string | undefined>();
  const read = (reference: string): string | undefined => {
    const at = reference.indexOf(':');
    const [sort, name] = [reference.slice(0, at), reference.slice(at + 1)];
    if (sort === 'env') return mayEnv(name) && env[name] !== '' ? env[name] : undefined;
    if (sort !== 'file' || !mayFile(name)) return undefined;
    try {
      const bytes = readFileSync(isAbsolute(name) ? name : join(folder, name));
      return bytes.length > MAX_BYTES || bytes.length === 0 ? undefined : bytes.toString('utf8').replace(/\r?\n$/, '');
    } catch {
      // Not there or not readable: "not set here", which the plan and the apply each say in their own way.
      return undefined;
    }
  };
  return (reference) => {
    if (!known.has(reference)) known.set(reference, read(reference));
    return known.get(reference);
  };
};
