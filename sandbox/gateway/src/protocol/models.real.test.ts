import { ensureMoto } from '@roadstead/sandbox-moto';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ServiceModel, type ShapeRef, shapeOf } from '../model/service-model.ts';
import { ServiceModels } from '../model/service-models.ts';
import { validate } from '../model/validate.ts';
import { testCacheDirectory } from '../testing.ts';
import { operationNameOf, readAnswer, readRequest, writeOutput, writeRequest } from './wire.ts';

// Every operation of the services on our road, by botocore's own models: what is written is what is read.

let models: ServiceModels;
beforeAll(async () => {
  const tools = await ensureMoto({ cacheDirectory: testCacheDirectory(process.env), environment: process.env });
  models = new ServiceModels(tools.botocoreData);
});

/** A value of the shape with every member set, down to a depth at which recursive shapes end. */
function sample(model: ServiceModel, ref: ShapeRef, depth: number): unknown {
  const shape = shapeOf(model, ref.shape);
  switch (shape.type) {
    case 'structure': {
      if (shape.document === true) return {};
      if (depth === 0) return {};
      const members = Object.entries(shape.members ?? {}).filter(([name]) => name !== 'DryRun');
      return Object.fromEntries(members.map(([name, member]) => [name, sample(model, member, depth - 1)]));
    }
    case 'list':
      return shape.member === undefined || depth === 0
        ? []
        : [sample(model, shape.member, depth - 1), sample(model, shape.member, depth - 1)];
    case 'map':
      return shape.value === undefined || depth === 0
        ? {}
        : { [shapeOf(model, shape.key?.shape ?? '').enum?.[0] ?? 'k.1']: sample(model, shape.value, depth - 1) };
    case 'boolean':
      return true;
    case 'integer':
    case 'long':
      return Math.max(shape.min ?? 7, Math.min(7, shape.max ?? 7));
    case 'float':
    case 'double':
      return 1.5;
    case 'timestamp':
      return new Date('2026-11-21T12:00:00.000Z');
    case 'blob':
      return new Uint8Array([1, 2, 255]);
    default:
      return shape.enum?.[0] ?? 'ä <&> "x" = 1';
  }
}

/** Empty records and lists have no form in forms and XML: they are left out of the comparison. */
function dense(value: unknown): unknown {
  if (value instanceof Date || value instanceof Uint8Array || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items = value.map(dense).filter((item) => item !== undefined);
    return items.length === 0 ? undefined : items;
  }
  const members = Object.entries(value)
    .map(([name, item]) => [name, dense(item)] as const)
    .filter(([, item]) => item !== undefined);
  return members.length === 0 ? undefined : Object.fromEntries(members);
}

const services = [
  'eks',
  'cloudformation',
  'ec2',
  'iam',
  'sts',
  'autoscaling',
  'elbv2',
  'elb',
  'ssm',
  'logs',
  'kms',
  'sqs',
  'events',
  'servicequotas',
  'pricing',
];

describe.each(services)('%s', (service) => {
  it('writes and reads every operation’s input and output', () => {
    const model = models.find(service, service === 'elb' ? '2012-06-01' : undefined);
    if (model === undefined) throw new Error(`no model of ${service}`);
    const wrong: string[] = [];
    for (const operation of Object.values(model.operations)) {
      const input =
        operation.input === undefined
          ? {}
          : (sample(model, { shape: operation.input.shape }, 5) as Record<string, unknown>);
      const wire = writeRequest(model, operation, input);
      if (operationNameOf(model, wire) !== operation.name)
        wrong.push(`${operation.name}: is taken for ${operationNameOf(model, wire)}`);
      if (!same(readRequest(model, operation, wire), input)) wrong.push(`${operation.name}: input`);
      if (operation.output === undefined) continue;
      const output = sample(model, { shape: operation.output.shape }, 5) as Record<string, unknown>;
      const answer = writeOutput(model, operation, output, 'r');
      const read = readAnswer(model, operation, { ...answer, body: Buffer.from(answer.body) });
      if (!same(read, output)) wrong.push(`${operation.name}: output`);
    }
    expect(wrong).toEqual([]);
  });
});

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(sorted(dense(a))) === JSON.stringify(sorted(dense(b)));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null || value instanceof Date || value instanceof Uint8Array) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, item]) => [name, sorted(item)]),
  );
}

it('a pattern of every EKS and CloudFormation shape compiles and judges', () => {
  for (const service of ['eks', 'cloudformation']) {
    const model = models.find(service);
    if (model === undefined) throw new Error(`no model of ${service}`);
    const patterned = Object.entries(model.shapes).filter(([, shape]) => shape.pattern !== undefined);
    expect(patterned.length).toBeGreaterThan(3);
    const judged = patterned.filter(([name]) => validate(model, name, '\u0000', { refuseUnknown: true }).length > 0);
    expect(judged.length / patterned.length).toBeGreaterThan(0.8);
  }
});
