import type { Cluster, Inputs } from '@roadstead/definition';
import { sampleClusters } from './sample-clusters.ts';

/** Files of a channel that is right, small enough to break one thing at a time. */
export const smallChannel: Readonly<Record<string, string>> = {
  'channel.yaml': 'apiVersion: roadstead.dev/v1\nkind: Channel\nmetadata: {name: test}\nspec: {kubernetes: ["1.36"]}\n',
  'config.schema.yaml':
    'type: object\nadditionalProperties: false\nproperties:\n  replicas: {type: integer, default: 2}\n',
  'stacks/network.yaml': 'Resources:\n  Vpc: {Type: AWS::EC2::VPC}\nOutputs:\n  VpcId: {Value: !Ref Vpc}\n',
  'stacks/foundation.yaml':
    'parameters:\n  VpcId: ${{outputs.network.VpcId}}\ntemplate:\n  Parameters: {VpcId: {Type: String}}\n  Resources:\n    Role: {Type: AWS::IAM::Role}\n  Outputs:\n    RoleArn: {Value: !GetAtt Role.Arn}\n',
  'eks/cluster.yaml':
    'name: ${{cluster.name}}\nversion: ${{cluster.kubernetes}}\nroleArn: ${{outputs.foundation.RoleArn}}\nresourcesVpcConfig: {subnetIds: []}\n',
  'manifests/a/a.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {replicas: "${{string(config.replicas)}}"}\n',
};

/** The small channel with files in place of its own; undefined leaves one out. */
export function filesWith(changes: Readonly<Record<string, string | undefined>> = {}): Map<string, string> {
  const entries = Object.entries({ ...smallChannel, ...changes });
  return new Map(entries.flatMap(([path, text]) => (text === undefined ? [] : [[path, text] as const])));
}

/** A cluster and its inputs: the second of the samples has every option. */
export function sample(
  index: 0 | 1 | 2,
  changes: Partial<Cluster> = {},
): { readonly cluster: Cluster; readonly inputs: Inputs } {
  const found = sampleClusters('1.36')[index];
  if (found === undefined) throw new Error('there are three samples');
  return { ...found, cluster: { ...found.cluster, ...changes } };
}
