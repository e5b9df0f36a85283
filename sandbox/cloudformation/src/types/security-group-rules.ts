import { isJsonObject, type JsonObject } from '../template/parse.ts';
import { handlerRefusal, type ResourceContext } from './handler.ts';
import { objectsAt, textAt, unlessMissing } from './values.ts';

export type Direction = 'Ingress' | 'Egress';

/** A rule as it is there, under CloudFormation's names, with its id. */
export interface LiveRule {
  readonly id: string;
  readonly rule: JsonObject;
}

const peers: Readonly<Record<Direction, { readonly group: string; readonly prefixList: string }>> = {
  Ingress: { group: 'SourceSecurityGroupId', prefixList: 'SourcePrefixListId' },
  Egress: { group: 'DestinationSecurityGroupId', prefixList: 'DestinationPrefixListId' },
};

/** The properties that make a rule, under CloudFormation's names. */
export function ruleProperties(direction: Direction): string[] {
  const { group, prefixList } = peers[direction];
  return ['IpProtocol', 'FromPort', 'ToPort', 'CidrIp', 'CidrIpv6', group, prefixList, 'Description'];
}

/** Every rule of a group in one direction. */
export async function liveRules(context: ResourceContext, groupId: string, direction: Direction): Promise<LiveRule[]> {
  const Filters = [{ Name: 'group-id', Values: [groupId] }];
  const answer = await unlessMissing(context.call('ec2', 'DescribeSecurityGroupRules', { Filters }));
  return objectsAt(answer, 'SecurityGroupRules')
    .filter((rule) => rule['GroupId'] === groupId && rule['IsEgress'] === (direction === 'Egress'))
    .map((rule) => ({ id: textAt(rule, 'SecurityGroupRuleId'), rule: fromAws(rule, direction) }));
}

function fromAws(rule: JsonObject, direction: Direction): JsonObject {
  const { group, prefixList } = peers[direction];
  const referenced = rule['ReferencedGroupInfo'];
  const members = {
    IpProtocol: rule['IpProtocol'],
    FromPort: rule['FromPort'],
    ToPort: rule['ToPort'],
    CidrIp: rule['CidrIpv4'],
    CidrIpv6: rule['CidrIpv6'],
    [group]: isJsonObject(referenced) ? referenced['GroupId'] : undefined,
    [prefixList]: rule['PrefixListId'],
    Description: rule['Description'],
  };
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

/** Whether two rules let the same traffic through; what they are described with does not matter. */
export function sameTraffic(a: JsonObject, b: JsonObject): boolean {
  return trafficKey(a) === trafficKey(b);
}

function trafficKey(rule: JsonObject): string {
  const protocol = String(rule['IpProtocol']);
  const ports = protocol === '-1' ? [] : [rule['FromPort'] ?? -1, rule['ToPort'] ?? -1];
  const named = ['CidrIp', 'CidrIpv6', ...Object.values(peers).flatMap((peer) => [peer.group, peer.prefixList])];
  return JSON.stringify([protocol, ...ports, ...named.map((name) => rule[name] ?? null)]);
}

/** Adds a rule. Resolves to its id. */
export async function authorize(
  context: ResourceContext,
  groupId: string,
  direction: Direction,
  rule: JsonObject,
): Promise<string> {
  const answer = await context.call('ec2', `AuthorizeSecurityGroup${direction}`, {
    GroupId: groupId,
    IpPermissions: [permission(rule, direction)],
  });
  return textAt(answer, 'SecurityGroupRules', 0, 'SecurityGroupRuleId');
}

/** Takes rules away by their ids. */
export async function revoke(
  context: ResourceContext,
  groupId: string,
  direction: Direction,
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0) return;
  await unlessMissing(
    context.call('ec2', `RevokeSecurityGroup${direction}`, { GroupId: groupId, SecurityGroupRuleIds: ids }),
  );
}

function permission(rule: JsonObject, direction: Direction): JsonObject {
  const { group, prefixList } = peers[direction];
  const description = rule['Description'] === undefined ? {} : { Description: rule['Description'] };
  const given = ['CidrIp', 'CidrIpv6', group, prefixList].filter((name) => rule[name] !== undefined);
  if (given.length !== 1)
    throw handlerRefusal(`Exactly one of CidrIp, CidrIpv6, ${group} and ${prefixList} must be specified`);
  return {
    IpProtocol: rule['IpProtocol'],
    ...(rule['FromPort'] === undefined ? {} : { FromPort: rule['FromPort'] }),
    ...(rule['ToPort'] === undefined ? {} : { ToPort: rule['ToPort'] }),
    ...(rule['CidrIp'] === undefined ? {} : { IpRanges: [{ CidrIp: rule['CidrIp'], ...description }] }),
    ...(rule['CidrIpv6'] === undefined ? {} : { Ipv6Ranges: [{ CidrIpv6: rule['CidrIpv6'], ...description }] }),
    ...(rule[group] === undefined ? {} : { UserIdGroupPairs: [{ GroupId: rule[group], ...description }] }),
    ...(rule[prefixList] === undefined ? {} : { PrefixListIds: [{ PrefixListId: rule[prefixList], ...description }] }),
  };
}

/** Takes away rules that are asked for no more, and adds those that are not there. */
export async function updateRules(
  context: ResourceContext,
  groupId: string,
  direction: Direction,
  rules: { readonly before: readonly JsonObject[]; readonly after: readonly JsonObject[] },
): Promise<void> {
  const live = await liveRules(context, groupId, direction);
  const isWanted = (rule: JsonObject) => rules.after.some((each) => sameRule(each, rule));
  const gone = live.filter(({ rule }) => rules.before.some((each) => sameTraffic(each, rule)) && !isWanted(rule));
  await revoke(
    context,
    groupId,
    direction,
    gone.map(({ id }) => id),
  );
  const left = live.filter((each) => !gone.includes(each));
  for (const rule of rules.after) {
    if (!left.some((each) => sameTraffic(each.rule, rule))) await authorize(context, groupId, direction, rule);
  }
}

function sameRule(a: JsonObject, b: JsonObject): boolean {
  return sameTraffic(a, b) && (a['Description'] ?? '') === (b['Description'] ?? '');
}
