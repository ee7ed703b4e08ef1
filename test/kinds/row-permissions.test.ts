import { describeKind } from './suite.ts';
import { rowPermissionCases } from './row-permissions.case.ts';

for (const one of rowPermissionCases) describeKind(one);
