import { describe, expect, it } from 'vitest';
import { parseQuery } from '../protocol/http.ts';
import { Identities } from './identities.ts';
import { type PresignedOptions, verifyPresignedGetCallerIdentity } from './presigned-caller.ts';
import { canonicalRequest, computeSignature, payloadHash, readSignature } from './sigv4.ts';

const now = Date.UTC(2026, 10, 21, 12, 0, 0);
const caller = {
  account: '123456789012',
  arn: 'arn:aws:iam::123456789012:user/a',
  userId: 'AIDA',
  accessKeyId: 'AKIA1',
};
const identities = new Identities();
identities.add({ caller, secretAccessKey: 'secret', isRole: false });
identities.add({
  caller: { ...caller, accessKeyId: 'ASIA1' },
  secretAccessKey: 'secret',
  sessionToken: 'tok',
  expiresAt: now + 1000,
  isRole: true,
});
identities.add({
  caller: { ...caller, accessKeyId: 'ASIA2' },
  secretAccessKey: 'secret',
  sessionToken: 'tok',
  expiresAt: now - 1000,
  isRole: true,
});

const options: PresignedOptions = {
  requiredHeaders: { 'x-k8s-aws-id': 'shop' },
  identities,
  nowMs: now,
  isOwnHost: (host) => host === '127.0.0.1:4566',
};

interface Wish {
  readonly host?: string;
  readonly action?: string;
  readonly date?: string;
  readonly expires?: string;
  readonly cluster?: string;
  readonly signed?: string;
  readonly secret?: string;
  readonly key?: string;
  readonly token?: string;
  readonly extra?: string;
  readonly service?: string;
  readonly path?: string;
}

/** A URL as `aws eks get-token` makes it, with one thing changed. */
function presign(wish: Wish): string {
  const date = wish.date ?? '20261121T115900Z';
  const scope = `${wish.key ?? 'AKIA1'}/${date.slice(0, 8)}/eu-central-1/${wish.service ?? 'sts'}/aws4_request`;
  const query = [
    `Action=${wish.action ?? 'GetCallerIdentity'}&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256`,
    `X-Amz-Credential=${encodeURIComponent(scope)}&X-Amz-Date=${date}&X-Amz-Expires=${wish.expires ?? '60'}`,
    `X-Amz-SignedHeaders=${encodeURIComponent(wish.signed ?? 'host;x-k8s-aws-id')}`,
    ...(wish.token === undefined ? [] : [`X-Amz-Security-Token=${wish.token}`]),
    ...(wish.extra === undefined ? [] : [wish.extra]),
  ].join('&');
  const host = wish.host ?? 'sts.eu-central-1.amazonaws.com';
  const headers = { host, 'x-k8s-aws-id': wish.cluster ?? 'shop' };
  const wire = {
    method: 'GET',
    path: '/',
    query: parseQuery(`${query}&X-Amz-Signature=x`),
    headers,
    body: new Uint8Array(),
  };
  const signature = readSignature(wire);
  if (typeof signature === 'string') return `https://${host}/?${query}&X-Amz-Signature=x`;
  const canonical = canonicalRequest(wire, signature, payloadHash(wire, signature) ?? '');
  const hex = computeSignature(wish.secret ?? 'secret', signature, canonical);
  return `https://${host}${wish.path ?? '/'}?${query}&X-Amz-Signature=${hex}`;
}

describe('a presigned GetCallerIdentity', () => {
  it.each<[string, Wish]>([
    ['of AWS’s regional host', {}],
    ['of the global host', { host: 'sts.amazonaws.com' }],
    ['of the sandbox’s own address', { host: '127.0.0.1:4566' }],
    ['with the keys of a session', { key: 'ASIA1', token: 'tok' }],
    ['14 minutes old, though X-Amz-Expires says 60 seconds', { date: '20261121T114600Z' }],
  ])('is taken: %s', (_, wish) => {
    expect(verifyPresignedGetCallerIdentity(presign(wish), options)).toMatchObject({
      caller: { account: '123456789012' },
    });
  });

  it.each<[string, Wish, string]>([
    ['a wrong secret', { secret: 'other' }, 'SignatureDoesNotMatch'],
    ['an unknown key', { key: 'AKIA9' }, 'InvalidClientTokenId'],
    ['session keys without their token', { key: 'ASIA1' }, 'InvalidClientTokenId'],
    ['session keys with another token', { key: 'ASIA1', token: 'x' }, 'InvalidClientTokenId'],
    ['an expired session', { key: 'ASIA2', token: 'tok' }, 'ExpiredToken'],
    ['another cluster', { cluster: 'other' }, 'SignatureDoesNotMatch'],
    ['the cluster header not signed', { signed: 'host' }, 'x-k8s-aws-id is not signed'],
    ['16 minutes old', { date: '20261121T114359Z' }, 'older than 15 minutes'],
    ['from the future', { date: '20261121T121000Z' }, 'RequestExpired'],
    ['another action', { action: 'GetSessionToken' }, 'the action is not GetCallerIdentity'],
    ['another service', { service: 'iam' }, 'not signed for sts'],
    ['another host', { host: 'sts.eu-central-1.amazonaws.com.evil.example' }, 'not an STS host'],
    ['a longer life than allowed', { expires: '901' }, 'X-Amz-Expires'],
    ['a query parameter of its own', { extra: 'X-Foo=1' }, 'unexpected query parameter'],
    ['the action given twice', { extra: 'Action=GetCallerIdentity' }, 'stands twice'],
    ['a path', { path: '/x' }, 'unexpected path'],
  ])('is refused: %s', (_, wish, refusal) => {
    expect(verifyPresignedGetCallerIdentity(presign(wish), options)).toMatchObject({
      refusal: expect.stringContaining(refusal),
    });
  });

  it('is refused when it is no URL at all', () => {
    expect(verifyPresignedGetCallerIdentity('nonsense', options)).toEqual({ refusal: 'not a URL' });
  });
});
