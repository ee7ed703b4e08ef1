/** `node:os`: the name of the machine. */
export const hostname = (): string => 'simulated';
