/** What comes of pulling an image. */
export type PullOutcome =
  | { readonly kind: 'pulled'; readonly seconds: number; readonly bytes: number }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'bad-name'; readonly message: string };

/** Repositories that no registry has; by their full name. */
const missingRepositories: ReadonlySet<string> = new Set([
  'docker.io/library/does-not-exist',
  'docker.io/library/no-such-image',
  'docker.io/library/missing',
  'public.ecr.aws/does-not-exist/does-not-exist',
]);

/** Images that hold no server: without a command they end at once. */
const imagesThatEnd: ReadonlySet<string> = new Set(
  'busybox alpine ubuntu debian bash hello-world python perl ruby openjdk golang amazonlinux fedora'
    .split(' ')
    .map((name) => `docker.io/library/${name}`),
);

const referenceForm =
  /^(?:[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?::\d+)?\/)?[a-z0-9]+(?:(?:[._]|__|-+|\/)[a-z0-9]+)*(?::[\w][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/i;

export interface ImageReference {
  /** Host and path: `docker.io/library/nginx`. */
  readonly repository: string;
  readonly host: string;
  readonly tag: string;
  /** The whole name as containerd shows it. */
  readonly full: string;
}

/** `undefined`: no valid name of an image. */
export function parseImage(image: string): ImageReference | undefined {
  const [named = '', digest] = image.split('@');
  const slash = named.indexOf('/');
  const first = slash < 0 ? '' : named.slice(0, slash);
  const hasHost = first.includes('.') || first.includes(':') || first === 'localhost';
  const host = hasHost ? first : 'docker.io';
  const rest = hasHost ? named.slice(slash + 1) : named;
  const colon = rest.lastIndexOf(':');
  const path = colon < 0 ? rest : rest.slice(0, colon);
  const tag = colon < 0 ? 'latest' : rest.slice(colon + 1);
  if (!referenceForm.test(image) || path !== path.toLowerCase()) return undefined;
  const repository = `${host}/${host === 'docker.io' && !path.includes('/') ? `library/${path}` : path}`;
  return { repository, host, tag, full: digest === undefined ? `${repository}:${tag}` : `${repository}@${digest}` };
}

export interface PullOptions {
  /** Names in which one of these occurs are refused. */
  readonly unpullable: readonly string[];
  /** The node's role may not pull from private registries of ECR. */
  readonly refusedByEcr: boolean;
}

/** Whether an image is in a private registry of ECR, which asks for the node's role. */
export function isInEcr(image: string): boolean {
  return /^\d{12}\.dkr\.ecr\./.test(parseImage(image)?.host ?? '');
}

export function pullOutcome(image: string, { unpullable, refusedByEcr }: PullOptions): PullOutcome {
  const reference = parseImage(image);
  if (reference === undefined) {
    return {
      kind: 'bad-name',
      message: `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format`,
    };
  }
  const problem = refusedByEcr && isInEcr(image) ? noCredentials : pullProblem(reference, image, unpullable);
  if (problem !== undefined) {
    return {
      kind: 'refused',
      message: `failed to pull and unpack image "${reference.full}": failed to resolve reference "${reference.full}": ${problem}`,
    };
  }
  const weight = [...reference.repository].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 60;
  return { kind: 'pulled', seconds: 2 + weight / 20, bytes: (20 + weight) * 1_048_576 };
}

const noCredentials =
  'pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials';

function pullProblem(reference: ImageReference, image: string, unpullable: readonly string[]): string | undefined {
  if (reference.host.endsWith('.invalid')) {
    return `failed to do request: Head "https://${reference.host}/v2/": dial tcp: lookup ${reference.host}: no such host`;
  }
  if (reference.tag.includes('does-not-exist')) return `${reference.full}: not found`;
  if (missingRepositories.has(reference.repository)) {
    return 'pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed';
  }
  return unpullable.some((part) => image.includes(part)) ? `${reference.full}: not found` : undefined;
}

/** Whether the image's own command ends at once. */
export function endsByItself(image: string): boolean {
  const reference = parseImage(image);
  return reference !== undefined && imagesThatEnd.has(reference.repository);
}
