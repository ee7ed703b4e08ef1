/**
 * Cases that are known not to converge, each with the reason; they are counted and printed by themselves, and a test fails when
 * one of them converges after all.
 */
import { eventsOf, isSoakLine, parseSoak } from './soak/script.ts';

type Open = {
  readonly is: (line: string) => boolean;
  /** Every problem of the case begins so; absent: any. */
  readonly problems?: string;
  readonly example: string;
  readonly because: string;
};

/** A soak case in which nothing else is left, once it was made as small as it gets, than rows that lists leave out. */
const hides =
  (times: (count: number) => boolean) =>
  (line: string): boolean => {
    const events = isSoakLine(line) ? eventsOf(parseSoak(line)) : [];
    return events.length > 0 && events.every((event) => event.kind === 'fault' && event.fault === 'hide' && times(event.times));
  };

export const OPEN: readonly Open[] = [
  {
    is: (line) => /^scenario=dataServiceGrants\.1\.\S+ .*:not-found-before/.test(line),
    example: 'scenario=dataServiceGrants.1.delete lag=0 names=unique faults=5:not-found-before',
    because: 'the service says "not there" of a grant that is there and that no read shows: its one answer is believed',
  },
  {
    is: hides((times) => times > 1),
    example: 'soak=2000588 keep=dataSources/ds3 without=1,2',
    because:
      'a list that says that it is complete leaves the same row out of two looks that are half a minute apart: what two looks do not see is taken as gone',
  },
  {
    is: hides((times) => times === 1),
    problems: 'it does not end as in peace',
    example: 'soak=22000446 keep=rowPermissions/rp2',
    because:
      'a list that says that it is complete leaves out somebody whom no file names while its resource is adopted: nobody is asked about them, and the next plan takes them off',
  },
];

export const isOpen = (line: string, problems: readonly string[]): boolean =>
  OPEN.some((one) => one.is(line) && problems.every((problem) => problem.startsWith(one.problems ?? '')));
