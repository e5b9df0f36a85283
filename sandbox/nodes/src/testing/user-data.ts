/** User data as EKS or a launch template holds it: MIME multi-part of NodeConfig documents, in base64. */
export function multipartUserData(...documents: readonly string[]): string {
  const parts = documents.map((document) => `--BOUNDARY\nContent-Type: application/node.eks.aws\n\n${document}\n`);
  const message = `MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="BOUNDARY"\n\n${parts.join('')}--BOUNDARY--\n`;
  return Buffer.from(message).toString('base64');
}

export interface ClusterCoordinates {
  readonly name: string;
  readonly endpoint: string;
  readonly caPem: string;
  readonly serviceCidr: string;
}

/** A NodeConfig that names a cluster, with more `spec.kubelet` in YAML flow form. */
export function nodeConfigFor(cluster: ClusterCoordinates, kubelet = '{}'): string {
  return [
    'apiVersion: node.eks.aws/v1alpha1',
    'kind: NodeConfig',
    'spec:',
    '  cluster:',
    `    name: ${cluster.name}`,
    `    apiServerEndpoint: ${cluster.endpoint}`,
    `    certificateAuthority: ${Buffer.from(cluster.caPem).toString('base64')}`,
    `    cidr: ${cluster.serviceCidr}`,
    `  kubelet: ${kubelet}`,
  ].join('\n');
}
