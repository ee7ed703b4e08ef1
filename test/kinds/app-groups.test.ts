import { appGroupCases } from './app-groups.case.ts';
import { describeKind } from './suite.ts';

for (const one of appGroupCases) describeKind(one);
