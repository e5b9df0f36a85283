import type { Place } from '@roadstead/sandbox-gateway';
import type { Eks } from '../deps.ts';
import { invalidParameter, isAwsError } from '../shared/errors.ts';
import { text, within } from '../shared/read.ts';

export interface AmiKind {
  readonly architecture: 'x86_64' | 'arm64';
}

const kinds: Readonly<Record<string, AmiKind>> = {
  AL2023_x86_64_STANDARD: { architecture: 'x86_64' },
  AL2023_ARM_64_STANDARD: { architecture: 'arm64' },
};

/** The kinds of image the sandbox's nodes can play; `undefined` for the others. */
export function amiKind(amiType: string): AmiKind | undefined {
  return kinds[amiType];
}

/** One release of an image: `1.36.3-20261101` and the AMI in the region. */
export interface AmiRelease {
  readonly releaseVersion: string;
  readonly imageId: string;
}

/** The release EKS recommends for a minor, from the public parameters that users read too. */
export async function recommendedRelease(eks: Eks, place: Place, minor: string, kind: AmiKind): Promise<AmiRelease> {
  const release = await releaseUnder(eks, place, minor, kind, 'recommended');
  if (release === undefined) throw invalidParameter(`Requested AMI for Kubernetes version ${minor} does not exist`);
  return release;
}

/** A release by its version; one that was never published, or is of another minor, is refused. */
export async function namedRelease(
  eks: Eks,
  place: Place,
  minor: string,
  kind: AmiKind,
  releaseVersion: string,
): Promise<AmiRelease> {
  const day = releaseVersion.slice(releaseVersion.lastIndexOf('-') + 1);
  const name = `amazon-eks-node-al2023-${kind.architecture}-standard-${minor}-v${day}`;
  const release = await releaseUnder(eks, place, minor, kind, name);
  if (release?.releaseVersion === releaseVersion) return release;
  throw invalidParameter(`Requested release version ${releaseVersion} is not valid for kubernetes version ${minor}.`);
}

/** One release as its public parameters have it; the folder is `recommended` or an image's name. */
async function releaseUnder(
  eks: Eks,
  place: Place,
  minor: string,
  kind: AmiKind,
  folder: string,
): Promise<AmiRelease | undefined> {
  const base = `/aws/service/eks/optimized-ami/${minor}/amazon-linux-2023/${kind.architecture}/standard/${folder}`;
  const [imageId, releaseVersion] = await Promise.all(
    ['image_id', 'release_version'].map((leaf) => parameter(eks, place, `${base}/${leaf}`)),
  );
  return imageId === undefined || releaseVersion === undefined ? undefined : { imageId, releaseVersion };
}

async function parameter(eks: Eks, place: Place, name: string): Promise<string | undefined> {
  try {
    return text(
      within(await eks.context.backend.call(place, 'ssm', 'GetParameter', { Name: name }), 'Parameter'),
      'Value',
    );
  } catch (error) {
    if (isAwsError(error, 'ParameterNotFound')) return undefined;
    throw error;
  }
}
