/** `node:os`: the name of the machine. */
export const hostname = (): string => 'simulated';

/** Where files of another revision are put, which no case of the sweep comes to. */
export const tmpdir = (): string => '/tmp';
