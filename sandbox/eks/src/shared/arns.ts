import type { Place } from '@roadstead/sandbox-gateway';

export function eksArn(place: Place, resource: string): string {
  return `arn:aws:eks:${place.region}:${place.account}:${resource}`;
}

/** An IAM principal that an access entry can name. */
export interface Principal {
  readonly kind: 'role' | 'user';
  readonly account: string;
  /** The name without its path: all that STS keeps of a role. */
  readonly name: string;
  readonly arn: string;
}

/** Reads `arn:aws:iam::<account>:role|user/[path/]<name>`; anything else, root and sessions too, is `undefined`. */
export function parsePrincipal(arn: string): Principal | undefined {
  const match = /^arn:aws:iam::(\d{12}):(role|user)\/(?:[\w+=,.@/-]+\/)?([\w+=,.@-]+)$/.exec(arn);
  if (match === null) return undefined;
  const [, account = '', kind, name = ''] = match;
  return { kind: kind === 'role' ? 'role' : 'user', account, name, arn };
}

/** The role or user behind a caller's ARN, and the session's name where there is one. */
export function principalOfCaller(
  arn: string,
): { readonly principal: Principal; readonly sessionName: string } | undefined {
  const session = /^arn:aws:sts::(\d{12}):assumed-role\/([\w+=,.@-]+)\/(.+)$/.exec(arn);
  if (session === null) {
    const principal = parsePrincipal(arn);
    return principal === undefined ? undefined : { principal, sessionName: '' };
  }
  const [, account = '', name = '', sessionName = ''] = session;
  return {
    principal: { kind: 'role', account, name, arn: `arn:aws:iam::${account}:role/${name}` },
    sessionName,
  };
}

/** Whether both name one principal. A role's path is not compared: a caller's ARN does not have it. */
export function samePrincipal(a: Principal, b: Principal): boolean {
  if (a.kind !== b.kind || a.account !== b.account) return false;
  return a.kind === 'role' ? a.name === b.name : a.arn === b.arn;
}
