import { describeKind } from './suite.ts';
import { userGroupCases } from './user-groups.case.ts';

for (const one of userGroupCases) describeKind(one);
