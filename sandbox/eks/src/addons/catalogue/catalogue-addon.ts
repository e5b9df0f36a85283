import type { KubeObject } from '../../kube/kube-client.ts';
import type { Members } from '../../shared/read.ts';
import type { ConfigSchema } from '../json-schema.ts';

/** One published build of an add-on and the Kubernetes minors it fits. */
export interface AddonRelease {
  readonly version: string;
  readonly minors: readonly string[];
  /** What CreateAddon takes for these minors when it names no version. */
  readonly isDefault: boolean;
}

/** What an add-on's objects are made from. */
export interface AddonFacts {
  readonly version: string;
  readonly clusterName: string;
  readonly region: string;
  readonly vpcId: string;
  readonly serviceCidr: string;
  readonly serviceAccountRoleArn: string | undefined;
  /** Validated against the schema. */
  readonly values: Members;
}

export interface CatalogueAddon {
  readonly name: string;
  readonly type: string;
  readonly owner: 'aws' | 'community';
  readonly publisher: string;
  readonly namespace: string;
  readonly requiresIam: boolean;
  readonly podIdentity: readonly {
    readonly serviceAccount: string;
    readonly recommendedManagedPolicies: readonly string[];
  }[];
  /** Newest first. */
  readonly releases: readonly AddonRelease[];
  readonly schema: ConfigSchema;
  objects(facts: AddonFacts): readonly KubeObject[];
}

export const allMinors = ['1.33', '1.34', '1.35', '1.36'];
