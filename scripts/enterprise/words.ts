/** What the company is made of, in the words of its people: English keys, Chinese names. */

export type Word = { readonly key: string; readonly name: string };
const words = (text: string): readonly Word[] =>
  text
    .trim()
    .split(/\s+/)
    .map((pair) => {
      const [key = '', name = ''] = pair.split('=');
      return { key, name };
    });

/** Business domains; keys of at most ten characters. */
export const DOMAINS = words(`finance=财务 risk=风控 retail=零售 supply=供应链 marketing=营销 logistics=物流 service=客服
  factory=制造 sales=销售 hr=人力资源 legal=法务 quality=质量 energy=能源 property=物业 store=门店 online=电商
  insurance=保险 leasing=租赁 travel=差旅 media=媒体`);
/** What tells domains apart once their names are used up. */
export const REGIONS = words('=总部 _east=华东 _west=西部');

export const FIRST_NAMES =
  'mei bo lin yan hao jie ning tao wei xin yu zhen an chen dan fei gang hui jun kai lan min nan peng qing rui shan ting wen yi'.split(
    ' ',
  );

export const PROJECTS = words('=核心 _mart=集市 _lab=实验室 _ods=贴源 _report=报表 _model=模型 _stream=实时 _open=开放');
export const TABLES = words(`orders=订单 customers=客户 payments=支付 invoices=发票 contracts=合同 products=产品 stock=库存
  shipments=发货 claims=理赔 budgets=预算 events=事件 scores=评分`);
export const COLUMNS = words('region=大区 level=级别 channel=渠道 department=部门 branch=分支 product_line=产品线');
export const COLUMN_VALUES: Readonly<Record<string, readonly string[]>> = {
  region: ['east', 'north', 'south', 'west', 'overseas'],
  level: ['a', 'b', 'c'],
  channel: ['store', 'app', 'partner', 'phone'],
  department: ['1001', '1002', '2001', '3007'],
  branch: ['shanghai', 'hangzhou', 'beijing', 'shenzhen', 'chengdu'],
  product_line: ['home', 'office', 'care'],
};
export const SYSTEMS = words(`erp=进销存系统 crm=客户系统 ledger=总账 billing=计费 warehouse=仓储系统 portal=门户 archive=归档
  telemetry=埋点 contract=合同系统 workflow=审批系统`);
/** Of four characters or more, beginning with a letter or a Chinese character (BEHAVIOUR 3.9). */
export const APPS = [
  'portal',
  'mobile_app',
  '经营驾驶舱',
  'report_bot',
  'partner_gateway',
  '管理看板',
  'call_center',
  'open_platform',
  'risk_engine',
  '门店助手',
];
export const API_VERBS = ['get', 'list', 'search', 'count'];
export const GROUPS = words('_analysts=分析师 _engineers=数据工程师 _readers=只读用户 _stewards=数据管家 _on_call=值班');
export const REASONS = ['年度审计', '外包合同到期', '项目制授权', 'HR-881', 'HR-902', 'INC-4711', '季度复核', '系统割接'];
/** Far enough away that the example still applies in full when it is read. */
export const ENDS = ['2031-03-31', '2031-12-31', '2032-06-30', '2033-12-31', '2035-12-31'];
