/** `node:crypto` with the machine's own randomness: one seed, one run. */
export * from 'node:crypto';

import { machineHere } from './machine.ts';

export const randomBytes = (size: number): Buffer =>
  Buffer.from(Array.from({ length: size }, () => machineHere().random.below(256)));

export const randomInt = (max: number): number => machineHere().random.below(max);

export const randomUUID = (): string => {
  const hex = randomBytes(16).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
};
