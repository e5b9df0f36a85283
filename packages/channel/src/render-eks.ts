import { type Problem, problemAt } from '@roadstead/definition';
import { canonicalJson, digestOf, type Json, type JsonObject } from '@roadstead/foundation';
import { z } from 'zod';
import type { Bindings } from './cel.ts';
import type {
  ReleaseAccessEntry,
  ReleaseAddon,
  ReleaseEks,
  ReleaseNodeGroup,
  ReleasePodIdentityAssociation,
  ReleaseStack,
} from './release.ts';
import type { RenderContext } from './render-release.ts';
import { memberText } from './render-stacks.ts';
import { renderDocument } from './render-template.ts';
import type { TemplateDocument } from './template.ts';

/** Fields of a node group that EKS cannot change in place: a change of one makes a new group with another name. */
const immutableFields = ['nodeRole', 'subnets', 'instanceTypes', 'amiType', 'capacityType', 'diskSize', 'remoteAccess'];

const json = z.custom<Json>((value) => value !== undefined);
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

interface One {
  readonly value: Json;
  readonly variables: Bindings;
  readonly document: TemplateDocument;
}

/** Renders the requests to the EKS API. Undefined when something was wrong; `context.problems` says what. */
export function renderEks(context: RenderContext, stacks: readonly ReleaseStack[]): ReleaseEks | undefined {
  const { eks } = context.channel;
  const before = stacks.filter((stack) => stack.phase !== 'pools');
  const early = context.outputsFor(before, false);
  const middle = context.outputsFor(before, true);
  const all = context.outputsFor(stacks, true);
  const known = context.problems.length;
  const cluster = eks.cluster === undefined ? undefined : renderAll(context, [eks.cluster], early)[0];
  if (cluster === undefined && context.problems.length === known) {
    context.problems.push(
      problemAt(
        'eks/cluster.yaml',
        { line: 1, column: 1 },
        { code: 'NO_CLUSTER', message: 'the channel has no eks/cluster.yaml', hint: 'a CreateCluster request' },
      ),
    );
  }
  const request = cluster === undefined ? undefined : read(context, cluster, clusterDocument);
  const accessEntries = renderAll(context, eks.access, middle).flatMap((one) =>
    readOne<ReleaseAccessEntry>(context, one, accessDocument),
  );
  const nodeGroups = renderAll(context, eks.nodeGroup === undefined ? [] : [eks.nodeGroup], all).flatMap((one) =>
    nodeGroup(context, one),
  );
  const podIdentityAssociations = renderAll(context, eks.podIdentity, all).flatMap((one) =>
    readOne<ReleasePodIdentityAssociation>(context, one, identityDocument),
  );
  const addons = renderAll(context, eks.addons, all).flatMap((one) => addon(context, one));
  refuseTwice(
    context,
    nodeGroups.map((group) => group.request.nodegroupName),
    'node group',
  );
  refuseTwice(
    context,
    addons.map((one) => one.request.addonName),
    'add-on',
  );
  refuseTwice(
    context,
    accessEntries.map(({ principalArn }) => canonicalJson(principalArn)),
    'access entry of',
  );
  refuseTwice(
    context,
    podIdentityAssociations.map(({ namespace, serviceAccount }) => `${namespace}/${serviceAccount}`),
    'pod identity association of',
  );
  if (context.problems.length > known || request === undefined) return undefined;
  return {
    cluster: request as JsonObject,
    logRetentionDays: context.cluster.logRetentionDays,
    accessEntries,
    addons,
    nodeGroups,
    podIdentityAssociations,
  };
}

/** The values of documents; a list at the root is many. */
function renderAll(context: RenderContext, documents: readonly TemplateDocument[], bindings: Bindings): One[] {
  return documents.flatMap((document) => {
    const rendered = renderDocument(document.template, bindings);
    if ('problem' in rendered) {
      context.problems.push(rendered.problem);
      return [];
    }
    return rendered.values.flatMap(({ value, variables }) =>
      (Array.isArray(value) ? (value as readonly Json[]) : [value]).map((item) => ({
        value: item,
        variables,
        document,
      })),
    );
  });
}

function read<T>(context: RenderContext, { value, document }: One, schema: z.ZodType<T>): T | undefined {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  context.problems.push(...parsed.error.issues.map((issue) => problemOf(document, issue)));
  return undefined;
}

function readOne<T>(context: RenderContext, one: One, schema: z.ZodType<T>): T[] {
  const value = read(context, one, schema);
  return value === undefined ? [] : [value];
}

function problemOf(document: TemplateDocument, issue: z.core.$ZodIssue): Problem {
  const path = issue.path.map(String).join('.');
  return problemAt(document.file, document.position, {
    code: 'WRONG_REQUEST',
    message: path === '' ? issue.message : `${path}: ${issue.message}`,
  });
}

function nodeGroup(context: RenderContext, one: One): ReleaseNodeGroup[] {
  const request = read(context, one, nodeGroupDocument) as JsonObject | undefined;
  const pool = memberText(one.variables, 'pool');
  if (request === undefined) return [];
  if (pool === undefined) {
    context.problems.push(
      problemAt(one.document.file, one.document.position, {
        code: 'NO_POOL',
        message: 'node groups are made for each pool',
        hint: 'forEach: [{pool: cluster.nodePools}, {zone: …}]',
      }),
    );
    return [];
  }
  const zone = memberText(one.variables, 'zone');
  const nodegroupName = `${String(request['nodegroupName'])}-${immutableHash(request)}`;
  return [{ pool, ...(zone === undefined ? {} : { zone }), request: { ...request, nodegroupName } }];
}

/** Eight hex digits of what makes a node group another one; late values count as their names. */
export function immutableHash(request: JsonObject): string {
  return digestOf(Object.fromEntries(immutableFields.map((field) => [field, request[field]]))).slice(0, 8);
}

function addon(context: RenderContext, one: One): ReleaseAddon[] {
  const read_ = read(context, one, addonDocument);
  if (read_ === undefined) return [];
  const { configurationValues, ...rest } = read_.request as JsonObject & {
    readonly addonName: string;
    readonly addonVersion: string;
  };
  const text = configurationValues === undefined ? undefined : configurationText(context, one, configurationValues);
  const phase = read_.phase === 'before-nodes' ? 'add-ons-before' : 'add-ons-after';
  return [
    {
      phase,
      request: { ...(rest as ReleaseAddon['request']), ...(text === undefined ? {} : { configurationValues: text }) },
    },
  ];
}

function configurationText(context: RenderContext, { document }: One, values: Json): string {
  const text = canonicalJson(typeof values === 'string' ? parseText(values) : values);
  if (text.includes('"$late')) {
    context.problems.push(
      problemAt(document.file, document.position, {
        code: 'LATE_IN_TEXT',
        message: 'configurationValues hold a late value',
        hint: 'they are sent as text; hand roles over by podIdentityAssociations',
      }),
    );
  }
  return text;
}

function parseText(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

function refuseTwice(context: RenderContext, names: readonly string[], word: string): void {
  for (const name of new Set(names.filter((one, index) => names.indexOf(one) < index))) {
    context.problems.push(
      problemAt(
        context.channel.eks.cluster?.file ?? 'eks',
        { line: 1, column: 1 },
        { code: 'MADE_TWICE', message: `the ${word} ${name} is made twice`, hint: 'each has a name of its own' },
      ),
    );
  }
}
