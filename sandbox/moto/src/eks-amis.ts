import { createHash } from 'node:crypto';

/** One release of EKS's node images for one minor version. */
export interface AmiRelease {
  readonly minor: string;
  /** Of the kubelet in the image, as `1.34.4`. */
  readonly kubelet: string;
  /** As `20261109`. */
  readonly date: string;
}

export type AmiArchitecture = 'x86_64' | 'arm64';
export type AmiFamily = 'amazon-linux-2023' | 'bottlerocket';

export interface EksAmi {
  readonly family: AmiFamily;
  readonly minor: string;
  readonly architecture: AmiArchitecture;
  readonly name: string;
  /** What EKS calls the release: `1.34.4-20261109`, and for Bottlerocket `1.52.0-6f2c3d1a`. */
  readonly release: string;
  readonly created: string;
  /** The newest release of its family, minor and architecture. */
  readonly latest: boolean;
}

/** The account that publishes EKS's images. */
export const eksAmiOwner = '602401143452';

const kubelets: Readonly<Record<string, readonly [older: string, newer: string]>> = {
  '1.33': ['1.33.12', '1.33.13'],
  '1.34': ['1.34.3', '1.34.4'],
  '1.35': ['1.35.3', '1.35.4'],
  '1.36': ['1.36.2', '1.36.3'],
};
const dates = ['20261013', '20261109'] as const;
const bottlerockets = ['1.51.0-29f4a1c7', '1.52.0-6f2c3d1a'] as const;

/** The releases that the sandbox has, older first, two for each minor version: enough to show an upgrade of images. */
export const amiReleases: readonly AmiRelease[] = Object.entries(kubelets).flatMap(([minor, versions]) =>
  versions.map((kubelet, index) => ({ minor, kubelet, date: dates[index] ?? dates[0] })),
);

/** Every image that EKS publishes in the sandbox; the same in each region but for the ids. */
export const eksAmis: readonly EksAmi[] = amiReleases.flatMap(({ minor, kubelet, date }) => {
  const latest = date === dates[1];
  const created = `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}T19:02:11.000Z`;
  return (['x86_64', 'arm64'] as const).flatMap((architecture): EksAmi[] => {
    const rocket = bottlerockets[latest ? 1 : 0];
    const shared = { minor, architecture, created, latest };
    return [
      {
        ...shared,
        family: 'amazon-linux-2023',
        name: `amazon-eks-node-al2023-${architecture}-standard-${minor}-v${date}`,
        release: `${kubelet}-${date}`,
      },
      {
        ...shared,
        family: 'bottlerocket',
        name: `bottlerocket-aws-k8s-${minor}-${architecture === 'arm64' ? 'aarch64' : architecture}-v${rocket}`,
        release: rocket,
      },
    ];
  });
});

/** An image's id in a region; the Python side computes the same. */
export function eksAmiId(name: string, region: string): string {
  return `ami-${createHash('sha256').update(`${region}/${name}`).digest('hex').slice(0, 17)}`;
}

/** The images in the form that moto reads; ids are filled in for each region when it loads them. */
export function motoAmis(): readonly Record<string, unknown>[] {
  return eksAmis.map((ami) => ({
    ami_id: ami.name,
    name: ami.name,
    description: `EKS-optimized Kubernetes node based on ${ami.family}, (k8s: ${ami.minor}, release: ${ami.release})`,
    owner_id: ami.family === 'bottlerocket' ? '092701018921' : eksAmiOwner,
    public: true,
    architecture: ami.architecture,
    virtualization_type: 'hvm',
    hypervisor: 'xen',
    state: 'available',
    image_type: 'machine',
    image_location: `amazon/${ami.name}`,
    creation_date: ami.created,
    root_device_type: 'ebs',
    root_device_name: '/dev/xvda',
    sriov: 'simple',
  }));
}
