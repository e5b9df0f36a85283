import type { JsonObject } from '../template/parse.ts';
import { handlerRefusal, type ResourceHandler } from './handler.ts';
import {
  authorize,
  type Direction,
  liveRules,
  revoke,
  ruleProperties,
  sameTraffic,
  updateRules,
} from './security-group-rules.ts';
import { pick } from './values.ts';

/** A rule as a resource of its own. Ref is the rule's id. */
function ruleHandler(direction: Direction): ResourceHandler {
  const properties = ruleProperties(direction);
  return {
    type: `AWS::EC2::SecurityGroup${direction}`,
    properties: ['GroupId', ...properties],
    attributes: ['Id'],
    usualSeconds: { create: 5, update: 5, delete: 5 },
    async create(context, desired, made) {
      const rule = pick(desired, properties);
      const groupId = groupOf(desired);
      made(await authorize(context, groupId, direction, rule));
    },
    async read(context, ruleId, desired) {
      const live = await liveRules(context, groupOf(desired), direction);
      const found = live.find(({ id }) => id === ruleId) ?? live.find(({ rule }) => sameTraffic(rule, desired));
      if (found === undefined) return undefined;
      return { properties: { GroupId: desired['GroupId'], ...found.rule }, attributes: { Id: found.id } };
    },
    async update(context, _ruleId, before, after) {
      await updateRules(context, groupOf(after), direction, {
        before: [pick(before, properties)],
        after: [pick(after, properties)],
      });
    },
    async delete(context, ruleId, desired) {
      const live = await liveRules(context, groupOf(desired), direction);
      const found = live.find(({ id }) => id === ruleId) ?? live.find(({ rule }) => sameTraffic(rule, desired));
      if (found !== undefined) await revoke(context, groupOf(desired), direction, [found.id]);
    },
  };
}

function groupOf(desired: JsonObject): string {
  const groupId = desired['GroupId'];
  if (typeof groupId === 'string') return groupId;
  throw handlerRefusal('GroupId must be set');
}

/** `AWS::EC2::SecurityGroupIngress`. */
export const securityGroupIngressHandler: ResourceHandler = ruleHandler('Ingress');

/** `AWS::EC2::SecurityGroupEgress`. */
export const securityGroupEgressHandler: ResourceHandler = ruleHandler('Egress');
