import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { ServiceModel } from './service-model.ts';

/** Signing names whose model botocore keeps in a folder of another name. */
const folders: Readonly<Record<string, string>> = {
  elasticloadbalancing: 'elbv2',
  monitoring: 'cloudwatch',
  servicequotas: 'service-quotas',
  tagging: 'resourcegroupstaggingapi',
  'api.ecr': 'ecr',
};

/** Names a caller may use for a service whose requests are signed as another. */
const signedAs: Readonly<Record<string, string>> = {
  elb: 'elasticloadbalancing',
  elbv2: 'elasticloadbalancing',
  cloudwatch: 'monitoring',
  'service-quotas': 'servicequotas',
  resourcegroupstaggingapi: 'tagging',
};

export function signingNameOf(service: string): string {
  return signedAs[service] ?? service;
}

/** botocore's models, read when first asked for and kept. */
export class ServiceModels {
  readonly #data: string;
  readonly #loaded = new Map<string, ServiceModel | undefined>();

  /** `data` is botocore's `data` folder. */
  constructor(data: string) {
    this.#data = data;
  }

  /**
   * The model of a service by its signing name or botocore's folder name, `undefined` when there is none. Two
   * services sign as `elasticloadbalancing`: `apiVersion` 2012-06-01 asks for the classic one.
   */
  find(service: string, apiVersion?: string): ServiceModel | undefined {
    const classic = service === 'elasticloadbalancing' && apiVersion === '2012-06-01';
    const folder = classic ? 'elb' : (folders[service] ?? service);
    if (!this.#loaded.has(folder)) this.#loaded.set(folder, this.#read(folder));
    return this.#loaded.get(folder);
  }

  #read(folder: string): ServiceModel | undefined {
    const root = join(this.#data, folder);
    if (!/^[a-z0-9.-]+$/.test(folder) || !existsSync(root)) return undefined;
    const version = readdirSync(root).toSorted().at(-1);
    if (version === undefined) return undefined;
    const plain = join(root, version, 'service-2.json');
    const text = existsSync(plain) ? readFileSync(plain, 'utf8') : gunzipSync(readFileSync(`${plain}.gz`)).toString();
    return withoutDocumentation(JSON.parse(text));
  }
}

/** The documentation is most of a model's bytes and nothing here reads it. */
function withoutDocumentation(model: ServiceModel): ServiceModel {
  const strip = (node: unknown): void => {
    if (node === null || typeof node !== 'object') return;
    if ('documentation' in node && typeof node.documentation === 'string') delete node.documentation;
    for (const child of Object.values(node)) strip(child);
  };
  strip(model);
  return model;
}
