/** Fifty edits of every kind, drawn by a seed. */
import type { Random } from '../laws/random.ts';
import type { Edit } from './edit.ts';
import { API_GRANTS, APPS, RESOURCE_GRANTS, ROWS, SERVICE_MEMBERS } from './edits-access.ts';
import { PEOPLE, PROJECTS } from './edits-people.ts';
import { PLATFORM } from './edits-platform.ts';

export const EDITS: readonly Edit[] = [
  ...PEOPLE,
  ...PLATFORM,
  ...PROJECTS,
  ...ROWS,
  ...APPS,
  ...SERVICE_MEMBERS,
  ...API_GRANTS,
  ...RESOURCE_GRANTS,
];

export const LEAST_OF_EACH_KIND = 4;

/** Every removal, renaming and ending, so many changes of each kind that it has four, and others up to the number; in a random order. */
export const drawEdits = (count: number, random: Random): readonly Edit[] => {
  const drawn: Edit[] = EDITS.filter(({ sort }) => sort !== 'change');
  const changes = EDITS.filter(({ sort }) => sort === 'change');
  for (const kind of new Set(EDITS.map((edit) => edit.kind))) {
    const own = random.shuffled(changes.filter((edit) => edit.kind === kind));
    const least = kind === 'sets' ? 1 : LEAST_OF_EACH_KIND;
    for (let at = 0; drawn.filter((edit) => edit.kind === kind).length < least; at++) drawn.push(own[at % own.length] as Edit);
  }
  while (drawn.length < count) drawn.push(random.pick(changes));
  return random.shuffled(drawn);
};
