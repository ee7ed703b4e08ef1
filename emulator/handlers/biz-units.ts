/** Biz units, to be read (BEHAVIOUR 3.12). */
import { type BizUnit, DEV_SUFFIX } from '../world.ts';
import { type Handlers, timeText, userBrief } from './context.ts';

const environmentsOf = (unit: BizUnit): readonly { readonly Env: string; readonly DisplayName: string }[] => {
  const production = { Env: 'PROD', DisplayName: unit.DisplayName };
  return unit.Mode === 'BASIC' ? [production] : [production, { Env: 'DEV', DisplayName: `${unit.DisplayName}${DEV_SUFFIX}` }];
};

export const bizUnits = {
  /** Unpaged; one row per environment, the name as it was entered. */
  ListBizUnits: (context) => ({
    Data: {
      BizUnitList: context.view.bizUnits.newestFirst().flatMap((unit) =>
        environmentsOf(unit).map(({ Env, DisplayName }) => {
          const owner = userBrief(context.view, unit.OwnerUserId);
          return {
            AccountList: unit.AccountList,
            Description: unit.Description,
            DisplayName,
            Env,
            GmtCreate: timeText(unit.GmtCreate),
            GmtModified: timeText(unit.GmtModified),
            Icon: unit.Icon,
            Id: unit.Id,
            LastModifier: owner.Id,
            LastModifierName: owner.DisplayName,
            Mode: unit.Mode,
            Name: unit.Name,
            OwnerName: owner.DisplayName,
            OwnerUserId: owner.Id,
          };
        }),
      ),
    },
  }),
} as const satisfies Handlers;
