/** Small workloads for tests. */

interface PodTemplate {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly spec: object;
}

function template({ labels, annotations, spec }: PodTemplate): object {
  return { metadata: { labels, ...(annotations === undefined ? {} : { annotations }) }, spec };
}

export const awsNode: object = daemonSet('aws-node', { 'k8s-app': 'aws-node' }, 'aws-vpc-cni');

export const ebsCsiNode: object = daemonSet('ebs-csi-node', { app: 'ebs-csi-node' }, 'ebs-csi');

function daemonSet(name: string, labels: Readonly<Record<string, string>>, container: string): object {
  const spec = {
    hostNetwork: true,
    tolerations: [{ operator: 'Exists' }],
    containers: [{ name: container, image: `public.ecr.aws/eks/${container}:v1` }],
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace: 'kube-system' },
    spec: { selector: { matchLabels: labels }, template: template({ labels, spec }) },
  };
}

export function deployment(
  name: string,
  options: { readonly namespace?: string; readonly replicas?: number; readonly container?: object },
): object {
  const labels = { app: name };
  const spec = {
    containers: [{ name: 'main', image: 'nginx:1.29', ...options.container }],
    terminationGracePeriodSeconds: 5,
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: options.namespace ?? 'default' },
    spec: { replicas: options.replicas ?? 1, selector: { matchLabels: labels }, template: template({ labels, spec }) },
  };
}

export function job(name: string, command: readonly string[]): object {
  const spec = { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox:1.37', command }] };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: 'default' },
    spec: { backoffLimit: 0, template: { spec } },
  };
}
