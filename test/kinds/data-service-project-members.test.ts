import { dataServiceProjectMemberCases } from './data-service-project-members.case.ts';
import { describeKind } from './suite.ts';

for (const one of dataServiceProjectMemberCases) describeKind(one);
