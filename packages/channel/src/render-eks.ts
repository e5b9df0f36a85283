import { type Fault, type Path, type PositionIndex, problemAt, readBySchema } from '@roadstead/definition';
import { canonicalJson, digestOf, type Json, type JsonObject } from '@roadstead/foundation';
import { z } from 'zod';
import type { Bindings } from './cel.ts';
import { placesUnder } from './locate.ts';
import type { ReleaseAddon, ReleaseEks, ReleaseNodeGroup, ReleaseStack } from './release.ts';
import type { RenderContext } from './render-release.ts';
import { memberText } from './render-stacks.ts';
import { renderDocument } from './render-template.ts';
import type { TemplateDocument } from './template.ts';
import { lateValuesIn } from './walk-json.ts';

/** Fields of a node group that EKS cannot change in place: a change of one makes a new group with another name. */
const immutableFields = ['nodeRole', 'subnets', 'instanceTypes', 'amiType', 'capacityType', 'diskSize', 'remoteAccess'];

const json = z.custom<Json>((value) => value !== undefined, 'a value');
const addonDocument = z.strictObject({
  phase: z.enum(['before-nodes', 'after-nodes']),
  request: z.looseObject({ addonName: z.string(), addonVersion: z.string(), configurationValues: json.optional() }),
});
const accessDocument = z.strictObject({
  principalArn: json,
  kubernetesGroups: z.array(z.string()).default([]),
  accessPolicies: z.array(z.string()).default([]),
});
const identityDocument = z.strictObject({ namespace: z.string(), serviceAccount: z.string(), roleArn: json });
const clusterDocument = z.looseObject({
  name: z.string(),
  version: z.string(),
  roleArn: json,
  resourcesVpcConfig: z.looseObject({}),
});
const nodeGroupDocument = z.looseObject({ nodegroupName: z.string(), nodeRole: json, subnets: z.array(json) });

/** One request: what was rendered, and where its parts stand. */
interface One {
  readonly value: Json;
  readonly variables: Bindings;
  readonly file: string;
  readonly places: PositionIndex;
}

/** What was read of a request, and the request. */
interface Read<T> {
  readonly value: T;
  readonly from: One;
}

/** Renders the requests to the EKS API. Undefined when something was wrong; `context.problems` says what. */
export function renderEks(context: RenderContext, stacks: readonly ReleaseStack[]): ReleaseEks | undefined {
  const { eks } = context.channel;
  const known = context.problems.length;
  const before = stacks.filter((stack) => stack.phase !== 'pools');
  const middle = context.outputsFor(before, true);
  const all = context.outputsFor(stacks, true);
  const cluster = renderCluster(context, context.outputsFor(before, false));
  const access = renderAll(context, eks.access, middle).flatMap((one) => read(context, one, accessDocument));
  const groups = renderAll(context, eks.nodeGroup === undefined ? [] : [eks.nodeGroup], all).flatMap((one) =>
    nodeGroup(context, one),
  );
  const identities = renderAll(context, eks.podIdentity, all).flatMap((one) => read(context, one, identityDocument));
  const addons = renderAll(context, eks.addons, all).flatMap((one) => addon(context, one));
  refuseTwice(context, groups, {
    path: ['nodegroupName'],
    nameOf: ({ request }) => `node group ${request.nodegroupName}`,
  });
  refuseTwice(context, addons, {
    path: ['request', 'addonName'],
    nameOf: ({ request }) => `add-on ${request.addonName}`,
  });
  refuseTwice(context, access, {
    path: ['principalArn'],
    nameOf: ({ principalArn }) => `access entry of ${canonicalJson(principalArn)}`,
  });
  refuseTwice(context, identities, {
    path: ['serviceAccount'],
    nameOf: ({ namespace, serviceAccount }) => `pod identity association of ${namespace}/${serviceAccount}`,
  });
  if (context.problems.length > known || cluster === undefined) return undefined;
  return {
    cluster,
    logRetentionDays: context.cluster.logRetentionDays,
    accessEntries: access.map(({ value }) => value),
    addons: addons.map(({ value }) => value),
    nodeGroups: groups.map(({ value }) => value),
    podIdentityAssociations: identities.map(({ value }) => value),
  };
}

function renderCluster(context: RenderContext, bindings: Bindings): JsonObject | undefined {
  const { cluster: document } = context.channel.eks;
  const known = context.problems.length;
  const [one] = document === undefined ? [] : renderAll(context, [document], bindings);
  if (one !== undefined) return read(context, one, clusterDocument)[0]?.value as JsonObject | undefined;
  if (context.problems.length > known) return undefined;
  const fault =
    document === undefined
      ? { code: 'NO_CLUSTER', message: 'the channel has no eks/cluster.yaml', hint: 'a CreateCluster request' }
      : { code: 'NO_CLUSTER', message: 'the request for the cluster is left out', hint: 'a cluster needs one' };
  const { file = 'eks/cluster.yaml', position = { line: 1, column: 1 } } = document ?? {};
  context.problems.push(problemAt(file, position, fault));
  return undefined;
}

/** The values of documents; a list at the root is many. */
function renderAll(context: RenderContext, documents: readonly TemplateDocument[], bindings: Bindings): One[] {
  return documents.flatMap((document) => {
    const rendered = renderDocument(document, bindings);
    if ('problem' in rendered) {
      context.problems.push(rendered.problem);
      return [];
    }
    const { file } = document;
    return rendered.values.flatMap(({ value, variables, places }) =>
      Array.isArray(value)
        ? (value as readonly Json[]).map((item, index) => ({
            value: item,
            variables,
            file,
            places: placesUnder(places, [index]),
          }))
        : [{ value, variables, file, places }],
    );
  });
}

/** None where the request is wrong; `context.problems` says how. */
function read<T>(context: RenderContext, from: One, schema: z.ZodType<T>): Read<T>[] {
  const parsed = readBySchema(schema, from.value, { file: from.file, positions: from.places });
  if ('value' in parsed) return [{ value: parsed.value, from }];
  context.problems.push(...parsed.problems);
  return [];
}

function report(context: RenderContext, { file, places }: One, path: Path, fault: Fault): void {
  context.problems.push(problemAt(file, places.value(path), fault));
}

function nodeGroup(context: RenderContext, one: One): Read<ReleaseNodeGroup>[] {
  const [parsed] = read(context, one, nodeGroupDocument);
  const pool = memberText(one.variables, 'pool');
  if (parsed === undefined) return [];
  if (pool === undefined) {
    const hint = 'forEach: [{pool: cluster.nodePools}, {zone: …}]';
    report(context, one, [], { code: 'NO_POOL', message: 'node groups are made for each pool', hint });
    return [];
  }
  const request = parsed.value as JsonObject;
  const zone = memberText(one.variables, 'zone');
  const nodegroupName = `${parsed.value.nodegroupName}-${immutableHash(request)}`;
  const group = { pool, ...(zone === undefined ? {} : { zone }), request: { ...request, nodegroupName } };
  return [{ value: group, from: one }];
}

/** Eight hex digits of what makes a node group another one; late values count as their names. */
export function immutableHash(request: JsonObject): string {
  return digestOf(Object.fromEntries(immutableFields.map((field) => [field, request[field]]))).slice(0, 8);
}

function addon(context: RenderContext, one: One): Read<ReleaseAddon>[] {
  const [parsed] = read(context, one, addonDocument);
  if (parsed === undefined) return [];
  const { configurationValues, ...rest } = parsed.value.request;
  const text = configurationValues === undefined ? undefined : configurationText(context, one, configurationValues);
  const value: ReleaseAddon = {
    phase: parsed.value.phase === 'before-nodes' ? 'add-ons-before' : 'add-ons-after',
    request: { ...(rest as ReleaseAddon['request']), ...(text === undefined ? {} : { configurationValues: text }) },
  };
  return [{ value, from: one }];
}

function configurationText(context: RenderContext, one: One, values: Json): string {
  for (const { path } of lateValuesIn(values)) {
    report(context, one, ['request', 'configurationValues', ...path], {
      code: 'LATE_IN_TEXT',
      message: 'configurationValues hold a late value',
      hint: 'they are sent as text; hand roles over by podIdentityAssociations',
    });
  }
  return canonicalJson(typeof values === 'string' ? parseText(values) : values);
}

function parseText(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

function refuseTwice<T>(
  context: RenderContext,
  all: readonly Read<T>[],
  { path, nameOf }: { readonly path: Path; readonly nameOf: (value: T) => string },
): void {
  const seen = new Set<string>();
  for (const { value, from } of all) {
    const name = nameOf(value);
    if (seen.has(name)) {
      const hint = 'each has a name of its own';
      report(context, from, path, { code: 'MADE_TWICE', message: `the ${name} is made twice`, hint });
    }
    seen.add(name);
  }
}
