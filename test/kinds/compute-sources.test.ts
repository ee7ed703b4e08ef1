import { computeSourceCases } from './compute-sources.case.ts';
import { describeKind } from './suite.ts';

for (const one of computeSourceCases) describeKind(one);
