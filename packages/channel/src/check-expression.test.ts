import { describe, expect, it } from 'vitest';
import { isExpression, parseExpression } from './cel.ts';
import { checkExpression } from './check-expression.ts';
import { outputsType, scopeTypes } from './scope-types.ts';
import { bool, describe as describeType, nullable, record, string } from './types.ts';

const declared = [
  { id: 'network', isOfPool: false, names: ['VpcId'], prefixes: ['PrivateSubnet'] },
  { id: 'node-pool', isOfPool: true, names: ['NodeRoleArn'], prefixes: [] },
];
const base = scopeTypes(record('config', { metricsServer: bool, policy: string, note: nullable(string) }));
const { cluster } = base;
const pools = cluster?.kind === 'record' ? cluster.fields['nodePools'] : undefined;
const scope = {
  ...base,
  ...(pools?.kind === 'list' ? { pool: pools.element } : {}),
  outputs: outputsType(declared, false, { foundation: 'its stack is made later' }),
};

function check(source: string) {
  const parsed = parseExpression(source);
  if (!isExpression(parsed)) throw new Error(parsed.message);
  return checkExpression(parsed, scope);
}

describe('a right expression', () => {
  it.each([
    ['cluster.name', 'text'],
    ['cluster.dns != null', 'true or false'],
    ['cluster.dns.zone', 'text'],
    ['cluster.criticality + 1', 'a whole number'],
    ['cluster.nodePools.map(p, p.name)', 'a list of text'],
    ['cluster.nodePools.filter(p, p.size.max > 3)', 'a list of pool'],
    ['cluster.nodePools.exists(p, "nodeType" in p.labels && p.labels.nodeType == "systemNode")', 'true or false'],
    ['cluster.nodePools.all(p, p.name.startsWith("a"))', 'true or false'],
    ['pool.zones == "each" ? network.zones : [null]', 'a list of zone or null'],
    ['pool.maxPods == null ? "" : "maxPods: " + string(pool.maxPods)', 'text'],
    ['network.zones[0].suffix', 'text'],
    ['inputs.addonVersions["vpc-cni"]', 'text'],
    ['inputs.instanceTypes[pool.instanceTypes[0]].architecture', 'text'],
    ['outputs.network.VpcId', 'a late value'],
    ['outputs.network["PrivateSubnet" + network.zones[0].suffix]', 'a late value'],
    ['outputs["pool-" + pool.name].NodeRoleArn', 'a late value'],
    ['cluster.dns == null ? outputs.network.VpcId : "none"', 'a late value'],
    ['network.zones.map(z, outputs.network["PrivateSubnet" + z.suffix])', 'a list of a late value'],
    ['merge({"a": outputs.network.VpcId}, {})', 'a map'],
    ['config.metricsServer && config.policy == "sync"', 'true or false'],
    ['config.note', 'text or null'],
    ['toJson(compact({"cpu": pool.reserve.kube.cpu}))', 'text'],
    ['has(pool.labels.team) ? pool.labels.team : "none"', 'text'],
    ['dyn(1) + dyn("a")', 'anything'],
    ['1 < 2.5', 'true or false'],
    ['pool.labels == {}', 'true or false'],
    ['"a,b".split(",")', 'a list of text'],
  ])('%s is %s', (source, type) => {
    const checked = check(source);
    expect(checked.faults).toEqual([]);
    expect(describeType(checked.type)).toBe(type);
  });
});

describe('a wrong expression', () => {
  it.each([
    ['clutser.name', 0, 'UNKNOWN_NAME', 'did you mean cluster?'],
    ['cluster.nmae', 7, 'UNKNOWN_MEMBER', 'did you mean name?'],
    ['cluster.nodePools.map(p, p.nam)', 26, 'UNKNOWN_MEMBER', 'did you mean name?'],
    ['cluster.nodePools[0].sizes', 20, 'UNKNOWN_MEMBER', 'did you mean size?'],
    ['cluster.name.length', 12, 'NO_MEMBER', ''],
    ['has(cluster.nope)', 0, 'UNKNOWN_MEMBER', 'it has'],
    ['cluster.name.uppercase()', 12, 'UNKNOWN_FUNCTION', ''],
    ['shelQuote(cluster.name)', 0, 'UNKNOWN_FUNCTION', 'did you mean shellQuote()?'],
    ['cluster.criticality + "a"', 20, 'TYPE_MISMATCH', 'string('],
    ['cluster.name && true', 0, 'TYPE_MISMATCH', ''],
    ['cluster.name == 3', 13, 'TYPE_MISMATCH', ''],
    ['"x" in cluster.name', 4, 'TYPE_MISMATCH', ''],
    ['3 in cluster.logs', 2, 'TYPE_MISMATCH', ''],
    ['size(cluster.criticality)', 0, 'TYPE_MISMATCH', ''],
    ['cluster.name ? 1 : 2', 0, 'TYPE_MISMATCH', ''],
    ['network.zones["a"]', 13, 'TYPE_MISMATCH', 'the first is [0]'],
    ['cluster.name.map(x, x)', 7, 'TYPE_MISMATCH', ''],
    ['outputs.network.Vpc', 15, 'UNKNOWN_MEMBER', 'did you mean VpcId?'],
    ['outputs.network["PublicSubnet" + pool.name]', 15, 'UNKNOWN_MEMBER', 'PrivateSubnet…'],
    ['outputs.foundation.RoleArn', 7, 'NOT_YET_KNOWN', ''],
    ['outputs.network.VpcId + "x"', 22, 'LATE_COMPUTED', 'use it whole'],
    ['outputs.network.VpcId == "x"', 22, 'LATE_COMPUTED', 'use it whole'],
    ['size([outputs.network.VpcId]) > 0', 0, 'LATE_COMPUTED', 'use it whole'],
    ['toJson({"a": outputs.network.VpcId})', 0, 'LATE_COMPUTED', 'use it whole'],
    ['outputs.network.VpcId.x', 21, 'LATE_COMPUTED', 'use it whole'],
    ['config.metricServer', 6, 'UNKNOWN_MEMBER', 'did you mean metricsServer?'],
  ])('%s is refused at %i', (source, offset, code, hint) => {
    const [first] = check(source).faults;
    expect(first && { offset: first.offset, code: first.fault.code }).toEqual({ offset, code });
    expect(first?.fault.hint ?? '').toContain(hint);
  });
});
