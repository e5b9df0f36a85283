/** The user or role behind a caller, as IAM knows it. */
export interface Principal {
  readonly kind: 'user' | 'role';
  readonly account: string;
  readonly name: string;
}

/** `undefined` for an account's root, which no policy holds back. */
export function principalOf(callerArn: string): Principal | undefined {
  const [, userAccount, user] = /^arn:aws:iam::(\d{12}):user\/(?:.*\/)?([^/]+)$/.exec(callerArn) ?? [];
  if (userAccount !== undefined && user !== undefined) return { kind: 'user', account: userAccount, name: user };
  const [, account, role] = /^arn:aws:sts::(\d{12}):assumed-role\/([^/]+)\//.exec(callerArn) ?? [];
  return account === undefined || role === undefined ? undefined : { kind: 'role', account, name: role };
}
