import { describe, expect, it } from 'vitest';
import type { AccessEntryRecord, AccessScope } from '../model.ts';
import { parsePrincipal } from '../shared/arns.ts';
import { entryOfCaller, hiddenCreator, mapUser, urlOfToken } from './authenticate.ts';
import { policiesAllow, type Wanted } from './authorize.ts';
import { defaultUsername, type EntryRequest, refuseEntry, refuseMode, refuseScope } from './entry-rules.ts';
import { policyArn } from './policy-rules.ts';

const role = 'arn:aws:iam::123456789012:role/team/dev';
const session = 'arn:aws:sts::123456789012:assumed-role/dev/jane@example.org';

const entry = (principalArn: string): AccessEntryRecord => ({
  principalArn,
  principalId: 'AROA1',
  arn: '',
  type: 'STANDARD',
  createdAt: new Date(0),
  modifiedAt: new Date(0),
  origin: { token: undefined, digest: '' },
  username: 'arn:aws:sts::123456789012:assumed-role/dev/{{SessionName}}',
  groups: ['roadstead:read-only'],
  tags: {},
  policies: new Map(),
});

describe('a bearer token', () => {
  const token = (url: string) => `k8s-aws-v1.${Buffer.from(url).toString('base64url')}`;
  it.each([
    ['of EKS', token('https://sts.amazonaws.com/?Action=GetCallerIdentity'), true],
    ['of a service account', 'eyJhbGciOi.J9.x', false],
    ['that holds no URL', token('hello'), false],
    ['with foreign characters', 'k8s-aws-v1.a b', false],
    ['of more than 4 KiB', token(`https://sts.amazonaws.com/?x=${'y'.repeat(4096)}`), false],
  ])('%s', (_title, text, good) => {
    expect(urlOfToken(text) !== undefined).toBe(good);
  });
});

describe('the entry of a caller', () => {
  it.each<[string, readonly string[], string, string | undefined]>([
    ['a session finds its role whatever the path', [role], session, role],
    ['a session of another role finds nothing', [role], session.replace('/dev/', '/ops/'), undefined],
    ['a session of another account finds nothing', [role], session.replace('123456789012', '210987654321'), undefined],
    [
      'a user finds its own',
      ['arn:aws:iam::123456789012:user/jane'],
      'arn:aws:iam::123456789012:user/jane',
      'arn:aws:iam::123456789012:user/jane',
    ],
    ['a user of the same name as a role finds nothing', [role], 'arn:aws:iam::123456789012:user/dev', undefined],
    ['the root user finds nothing', [role], 'arn:aws:iam::123456789012:root', undefined],
  ])('%s', (_title, entries, caller, expected) => {
    expect(entryOfCaller(entries.map(entry), caller)?.entry.principalArn).toBe(expected);
  });

  it('gives username, groups and extra as EKS does', () => {
    const caller = { account: '123456789012', arn: session, userId: 'AROA1:jane@example.org', accessKeyId: 'ASIA1' };
    expect(mapUser(entry(role), caller, 'jane@example.org', '')).toEqual({
      username: 'arn:aws:sts::123456789012:assumed-role/dev/jane-example.org',
      uid: 'aws-iam-authenticator:123456789012:AROA1',
      groups: ['roadstead:read-only'],
      extra: {
        accessKeyId: ['ASIA1'],
        arn: [session],
        canonicalArn: ['arn:aws:iam::123456789012:role/dev'],
        principalId: ['AROA1'],
        sessionName: ['jane@example.org'],
        'sigs.k8s.io/aws-iam-authenticator/principalId': ['AROA1'],
      },
    });
  });

  it('names a node by its private DNS name', () => {
    const node = { username: 'system:node:{{EC2PrivateDNSName}}', groups: ['system:nodes'], principalId: 'AROA2' };
    const caller = { account: '123456789012', arn: session, userId: 'AROA2:i-1', accessKeyId: 'ASIA1' };
    expect(mapUser(node, caller, 'i-1', 'ip-10-0-0-1.eu-central-1.compute.internal').username).toBe(
      'system:node:ip-10-0-0-1.eu-central-1.compute.internal',
    );
  });

  it('is the creator only in the mode without entries', () => {
    const creatorArn = 'arn:aws:iam::123456789012:user/admin';
    expect(hiddenCreator({ authenticationMode: 'CONFIG_MAP', creatorArn }, creatorArn)).toBe(true);
    expect(hiddenCreator({ authenticationMode: 'CONFIG_MAP', creatorArn }, session)).toBe(false);
    expect(hiddenCreator({ authenticationMode: 'API', creatorArn }, creatorArn)).toBe(false);
  });
});

describe('an access entry', () => {
  const good: EntryRequest = {
    clusterName: 'shop',
    principalArn: role,
    type: 'STANDARD',
    username: undefined,
    groups: ['team:dev'],
  };
  it.each<[string, Partial<EntryRequest>, RegExp | undefined]>([
    ['of a role', {}, undefined],
    ['of a user', { principalArn: 'arn:aws:iam::123456789012:user/jane' }, undefined],
    ['of nodes', { type: 'EC2_LINUX', groups: [] }, undefined],
    ['of a session', { principalArn: session }, /invalid principal/],
    ['of the root user', { principalArn: 'arn:aws:iam::123456789012:root' }, /invalid principal/],
    [
      'of a service-linked role',
      { principalArn: 'arn:aws:iam::123456789012:role/aws-service-role/x.amazonaws.com/X' },
      /service-linked/,
    ],
    ['with a system group', { groups: ['system:masters'] }, /cannot start with system:/],
    ['with an eks group', { groups: ['eks:admin'] }, /cannot start with eks:/],
    ['with a system username', { username: 'system:admin' }, /cannot start with system:/],
    ['with an unknown template', { username: 'a:{{Nobody}}' }, /unknown/],
    ['with a session name that is no part', { username: '{{SessionName}}' }, /colon/],
    ['of an unknown type', { type: 'EC3' }, /type EC3 is invalid/],
    ['of nodes with groups', { type: 'EC2_LINUX' }, /can't be specified for type EC2_LINUX/],
    [
      'of nodes with a username',
      { type: 'EC2_LINUX', groups: [], username: 'x' },
      /can't be specified for type EC2_LINUX/,
    ],
    [
      'of nodes for a user',
      { type: 'EC2_LINUX', groups: [], principalArn: 'arn:aws:iam::123456789012:user/jane' },
      /must be for an IAM role/,
    ],
  ])('%s', (_title, change, refusal) => {
    const refused = refuseEntry({ ...good, ...change });
    if (refusal === undefined) expect(refused).toBeUndefined();
    else expect(refused?.message).toMatch(refusal);
  });

  it('needs a mode that has entries', () => {
    expect(refuseMode('shop', 'CONFIG_MAP')?.code).toBe('InvalidRequestException');
    expect(refuseMode('shop', 'API')).toBeUndefined();
  });

  it.each<[string, string, AccessScope, boolean]>([
    ['cluster', 'STANDARD', { type: 'cluster', namespaces: [] }, true],
    ['namespaces', 'STANDARD', { type: 'namespace', namespaces: ['shop', 'dev-*'] }, true],
    ['no namespace', 'STANDARD', { type: 'namespace', namespaces: [] }, false],
    ['cluster with namespaces', 'STANDARD', { type: 'cluster', namespaces: ['shop'] }, false],
    ['a bad namespace', 'STANDARD', { type: 'namespace', namespaces: ['Shop'] }, false],
    ['nodes', 'EC2_LINUX', { type: 'cluster', namespaces: [] }, false],
  ])('takes policies with the scope %s', (_title, type, scope, good) => {
    expect(refuseScope('shop', type, scope) === undefined).toBe(good);
  });

  it('has a username by type', () => {
    const principal = parsePrincipal(role);
    expect(principal).toBeDefined();
    if (principal === undefined) return;
    expect(defaultUsername('STANDARD', principal)).toBe('arn:aws:sts::123456789012:assumed-role/dev/{{SessionName}}');
    expect(defaultUsername('EC2_LINUX', principal)).toBe('system:node:{{EC2PrivateDNSName}}');
  });
});

describe('access policies', () => {
  const want = (verb: string, resource: string, namespace = 'shop', group = ''): Wanted => ({
    kind: 'resource',
    verb,
    group,
    resource,
    namespace,
  });
  const cluster: AccessScope = { type: 'cluster', namespaces: [] };
  const dev: AccessScope = { type: 'namespace', namespaces: ['dev-*'] };
  it.each<[string, string, AccessScope, Wanted, boolean]>([
    ['an admin of the cluster does all', 'AmazonEKSClusterAdminPolicy', cluster, want('delete', 'nodes', ''), true],
    ['and reads paths', 'AmazonEKSClusterAdminPolicy', cluster, { kind: 'path', verb: 'get' }, true],
    ['but not paths when scoped', 'AmazonEKSClusterAdminPolicy', dev, { kind: 'path', verb: 'get' }, false],
    ['nor other namespaces', 'AmazonEKSClusterAdminPolicy', dev, want('get', 'pods', 'prod'), false],
    ['but its own by wildcard', 'AmazonEKSClusterAdminPolicy', dev, want('delete', 'pods', 'dev-1'), true],
    ['nor all namespaces at once', 'AmazonEKSClusterAdminPolicy', dev, want('list', 'pods', ''), false],
    ['a viewer lists pods', 'AmazonEKSViewPolicy', cluster, want('list', 'pods'), true],
    ['but reads no secrets', 'AmazonEKSViewPolicy', cluster, want('get', 'secrets'), false],
    ['nor runs commands', 'AmazonEKSViewPolicy', cluster, want('create', 'pods/exec'), false],
    ['nor uses the pod proxy', 'AmazonEKSViewPolicy', cluster, want('get', 'pods/proxy'), false],
    ['nor sees nodes', 'AmazonEKSViewPolicy', cluster, want('list', 'nodes', ''), false],
    ['an admin viewer reads secrets', 'AmazonEKSAdminViewPolicy', cluster, want('get', 'secrets'), true],
    ['but writes nothing', 'AmazonEKSAdminViewPolicy', cluster, want('create', 'pods'), false],
    [
      'an editor writes deployments',
      'AmazonEKSEditPolicy',
      cluster,
      want('create', 'deployments', 'shop', 'apps'),
      true,
    ],
    [
      'but no roles',
      'AmazonEKSEditPolicy',
      cluster,
      want('create', 'roles', 'shop', 'rbac.authorization.k8s.io'),
      false,
    ],
    [
      'a namespace admin writes roles',
      'AmazonEKSAdminPolicy',
      cluster,
      want('create', 'roles', 'shop', 'rbac.authorization.k8s.io'),
      true,
    ],
    [
      'but no cluster roles',
      'AmazonEKSAdminPolicy',
      cluster,
      want('create', 'clusterroles', '', 'rbac.authorization.k8s.io'),
      false,
    ],
    ['an unknown policy allows nothing', 'AmazonEKSAutoNodePolicy', cluster, want('get', 'pods'), false],
  ])('%s', (_title, policy, scope, wanted, allowed) => {
    expect(policiesAllow([{ policyArn: policyArn(policy), scope }], wanted)).toBe(allowed);
  });
});
