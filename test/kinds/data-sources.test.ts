import { dataSourceCases } from './data-sources.case.ts';
import { describeKind } from './suite.ts';

for (const one of dataSourceCases) describeKind(one);
