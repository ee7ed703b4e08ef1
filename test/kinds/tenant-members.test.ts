import { describeKind } from './suite.ts';
import { tenantMemberCases } from './tenant-members.case.ts';

for (const one of tenantMemberCases) describeKind(one);
