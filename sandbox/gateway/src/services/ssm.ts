import { type EksAmi, eksAmiId, eksAmis } from '@roadstead/sandbox-moto';
import { AwsError, type AwsRequest, type AwsService, type Place } from '../service.ts';

/** A call of the emulator's own Parameter Store. */
export type ParameterStore = (
  place: Place,
  operation: string,
  input: Record<string, unknown>,
) => Promise<Record<string, unknown>>;

/** The public parameters of EKS and Bottlerocket images in a region, by name. */
export function publicAmiParameters(region: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const ami of eksAmis) {
    for (const [name, value] of ami.family === 'bottlerocket' ? bottlerocket(ami, region) : amazonLinux(ami, region)) {
      parameters.set(name, value);
    }
  }
  return parameters;
}

function amazonLinux(ami: EksAmi, region: string): [string, string][] {
  const base = `/aws/service/eks/optimized-ami/${ami.minor}/amazon-linux-2023/${ami.architecture}/standard`;
  const image = {
    schema_version: '2',
    image_id: eksAmiId(ami.name, region),
    image_name: ami.name,
    release_version: ami.release,
  };
  const under = (folder: string): [string, string][] => [
    [folder, JSON.stringify(image)],
    ...Object.entries(image)
      .filter(([name]) => name !== 'schema_version')
      .map(([name, value]): [string, string] => [`${folder}/${name}`, value]),
  ];
  return [...under(`${base}/${ami.name}`), ...(ami.latest ? under(`${base}/recommended`) : [])];
}

function bottlerocket(ami: EksAmi, region: string): [string, string][] {
  const base = `/aws/service/bottlerocket/aws-k8s-${ami.minor}/${ami.architecture}`;
  return [ami.release, ...(ami.latest ? ['latest'] : [])].flatMap((version): [string, string][] => [
    [`${base}/${version}/image_id`, eksAmiId(ami.name, region)],
    [`${base}/${version}/image_version`, ami.release],
  ]);
}

const isPublic = (name: string): boolean => /^\/aws\/service\/(eks|bottlerocket)(\/|$)/.test(name);

/** Parameter Store: AWS's public image parameters are answered here, all else by the emulator. */
export function createSsmService(store: ParameterStore): AwsService {
  return {
    service: 'ssm',
    operations: new Set(['GetParameter', 'GetParameters', 'GetParametersByPath']),
    async handle(request) {
      if (request.operation === 'GetParameter') return getParameter(store, request);
      if (request.operation === 'GetParameters') return getParameters(store, request);
      return getByPath(store, request);
    },
  };
}

async function getParameter(store: ParameterStore, request: AwsRequest): Promise<Record<string, unknown>> {
  const name = nameOf(String(request.input['Name']));
  if (!isPublic(name)) return store(request, 'GetParameter', request.input);
  const value = publicAmiParameters(request.region).get(name);
  if (value === undefined) throw new AwsError('ParameterNotFound', `Parameter ${name} not found.`);
  return { Parameter: parameter(request.region, name, value) };
}

async function getParameters(store: ParameterStore, request: AwsRequest): Promise<Record<string, unknown>> {
  const names = (request.input['Names'] as readonly string[]).map(nameOf);
  const known = publicAmiParameters(request.region);
  const ours = names.filter(isPublic);
  const theirs = names.filter((name) => !isPublic(name));
  const rest = theirs.length === 0 ? {} : await store(request, 'GetParameters', { ...request.input, Names: theirs });
  const found = ours.flatMap((name) => {
    const value = known.get(name);
    return value === undefined ? [] : [parameter(request.region, name, value)];
  });
  return {
    Parameters: [...found, ...((rest['Parameters'] as unknown[] | undefined) ?? [])],
    InvalidParameters: [
      ...ours.filter((name) => !known.has(name)),
      ...((rest['InvalidParameters'] as string[] | undefined) ?? []),
    ],
  };
}

/** Ten to a page, as AWS; the token is the number of parameters already given. */
async function getByPath(store: ParameterStore, request: AwsRequest): Promise<Record<string, unknown>> {
  const path = String(request.input['Path']).replace(/\/$/, '');
  if (!isPublic(path)) return store(request, 'GetParametersByPath', request.input);
  const under = [...publicAmiParameters(request.region)].filter(([name]) => {
    if (!name.startsWith(`${path}/`)) return false;
    return request.input['Recursive'] === true || !name.slice(path.length + 1).includes('/');
  });
  const start = Number(request.input['NextToken'] ?? 0);
  if (!Number.isInteger(start) || start < 0)
    throw new AwsError('InvalidNextToken', 'The specified token is not valid.');
  const size = Number(request.input['MaxResults'] ?? 10);
  const page = under.slice(start, start + size).map(([name, value]) => parameter(request.region, name, value));
  const next = start + size < under.length ? { NextToken: String(start + size) } : {};
  return { Parameters: page, ...next };
}

/** A parameter may be asked for by its ARN. */
function nameOf(nameOrArn: string): string {
  return nameOrArn.replace(/^arn:aws:ssm:[^:]*:[^:]*:parameter/, '');
}

const published = new Date('2026-11-10T00:00:00Z');

function parameter(region: string, name: string, value: string): Record<string, unknown> {
  const arn = `arn:aws:ssm:${region}::parameter${name}`;
  return {
    Name: name,
    Type: 'String',
    Value: value,
    Version: 1,
    LastModifiedDate: published,
    ARN: arn,
    DataType: 'text',
  };
}
