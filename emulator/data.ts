/** A world in a file. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { World } from './world.ts';

/**
 * The value in a world file, not yet checked.
 *
 * @throws Error when there is no such file or it is not JSON
 */
export const readWorldFile = (file: string): unknown => {
  const text = readFileSync(file, 'utf8');
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${file}: not JSON`);
  }
};

export const hasWorldFile = (file: string): boolean => existsSync(file);

/** Replaces a world file at one stroke. It holds the secrets of the world, so only its owner may read it. */
export const writeWorldFile = (file: string, world: World): void => {
  mkdirSync(dirname(file), { recursive: true });
  const temporary = `${file}.${randomBytes(4).toString('hex')}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(world)}\n`, { mode: 0o600 });
  renameSync(temporary, file);
};
