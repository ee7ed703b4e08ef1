/** Globs over addresses and pointers: `*` inside one part, `**` over any number of them. */
import picomatch from 'picomatch';

/**
 * Tells whether any of the globs names the text.
 *
 * A glob without wildcards also names everything below it: `projects/finance` covers its members.
 */
export const matcher = (globs: readonly string[]): ((text: string) => boolean) => {
  const tests = globs.map((glob) => {
    const test = picomatch(glob, { dot: true, nonegate: true, noext: true, nobrace: true, nobracket: true });
    return (text: string): boolean => test(text) || text.startsWith(`${glob}/`);
  });
  return (text) => tests.some((test) => test(text));
};
