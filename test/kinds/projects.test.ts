import { projectCases } from './projects.case.ts';
import { describeKind } from './suite.ts';

for (const one of projectCases) describeKind(one);
