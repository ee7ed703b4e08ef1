import { appCases } from './apps.case.ts';
import { describeKind } from './suite.ts';

for (const one of appCases) describeKind(one);
