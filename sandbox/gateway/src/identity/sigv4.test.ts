import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseQuery, type WireRequest } from '../protocol/http.ts';
import { signRequest } from '../testing-sign.ts';
import { canonicalRequest, computeSignature, isSignedWith, readSignature } from './sigv4.ts';

const secret = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';

function request(method: string, pathAndQuery: string, headers: Record<string, string>, body = ''): WireRequest {
  const [path = '/', query = ''] = pathAndQuery.split('?');
  return { method, path, query: parseQuery(query), headers, body: Buffer.from(body) };
}

function authorization(scope: string, signedHeaders: string, signature: string): string {
  return `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/${scope}/aws4_request, SignedHeaders=${signedHeaders}, Signature=${signature}`;
}

const date = { 'x-amz-date': '20150830T123600Z' };
const host = { host: 'example.amazonaws.com' };

// The signatures are AWS's own: its SigV4 test suite and the worked examples of its documentation.
const vectors: readonly (readonly [title: string, request: WireRequest, secret: string])[] = [
  [
    'the suite’s get-vanilla',
    request('GET', '/', {
      ...host,
      ...date,
      authorization: authorization(
        'service',
        'host;x-amz-date',
        '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
      ),
    }),
    secret,
  ],
  [
    'the suite’s get-vanilla-query-order-key-case',
    request('GET', '/?Param2=value2&Param1=value1', {
      ...host,
      ...date,
      authorization: authorization(
        'service',
        'host;x-amz-date',
        'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
      ),
    }),
    secret,
  ],
  [
    'the suite’s post-x-www-form-urlencoded',
    request(
      'POST',
      '/',
      {
        ...host,
        ...date,
        'content-type': 'application/x-www-form-urlencoded',
        authorization: authorization(
          'service',
          'content-type;host;x-amz-date',
          'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
        ),
      },
      'Param1=value1',
    ),
    secret,
  ],
  [
    'the IAM example of the documentation',
    request('GET', '/?Action=ListUsers&Version=2010-05-08', {
      host: 'iam.amazonaws.com',
      ...date,
      'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
      authorization: authorization(
        'iam',
        'content-type;host;x-amz-date',
        '5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
      ),
    }),
    secret,
  ],
  [
    'the presigned S3 example of the documentation',
    request(
      'GET',
      '/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404',
      { host: 'examplebucket.s3.amazonaws.com' },
    ),
    'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  ],
];

function verdict(wire: WireRequest, key: string): boolean | string {
  const signature = readSignature(wire);
  return typeof signature === 'string' ? signature : isSignedWith(key, wire, signature);
}

describe('a signature of AWS’s own vectors', () => {
  it.each(vectors)('holds: %s', (_, wire, key) => {
    expect(verdict(wire, key)).toBe(true);
  });

  it.each(vectors)('does not hold for another secret: %s', (_, wire, key) => {
    expect(verdict(wire, `${key}x`)).toBe(false);
  });

  it.each(vectors)('does not hold for another path, query, method or host: %s', (_, wire, key) => {
    expect(verdict({ ...wire, path: `${wire.path}x` }, key)).toBe(false);
    expect(verdict({ ...wire, query: [...wire.query, ['x', 'y']] }, key)).toBe(false);
    expect(verdict({ ...wire, method: 'DELETE' }, key)).toBe(false);
    expect(verdict({ ...wire, headers: { ...wire.headers, host: 'other' } }, key)).toBe(false);
  });

  it('does not hold for another body, whatever hash the client declares', () => {
    const wire = vectors[2]?.[1];
    if (wire === undefined) throw new Error('no vector');
    expect(verdict({ ...wire, body: Buffer.from('Param1=value2') }, secret)).toBe(false);
    const declared = {
      ...wire.headers,
      'x-amz-content-sha256': '9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e',
    };
    expect(verdict({ ...wire, headers: declared, body: Buffer.from('Param1=value2') }, secret)).toBe(false);
  });
});

describe('what is no signature', () => {
  it.each([
    ['nothing', {}, 'missing'],
    ['a bearer token', { authorization: 'Bearer x' }, 'missing'],
    ['no date', { authorization: authorization('iam', 'host', 'x') }, 'incomplete'],
    [
      'a scope that is not of AWS',
      { authorization: 'AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=x', ...date },
      'incomplete',
    ],
    [
      'a date that the calendar does not have: it would never expire',
      {
        authorization: authorization('iam', 'host', 'x').replace('20150830', '20159930'),
        'x-amz-date': '20159930T000000Z',
      },
      'incomplete',
    ],
    [
      'a date of another day',
      { authorization: authorization('iam', 'host', 'x'), 'x-amz-date': '20150831T000000Z' },
      'incomplete',
    ],
  ])('%s', (_, headers, problem) => {
    expect(readSignature(request('GET', '/', headers))).toBe(problem);
  });
});

describe('a signature over less than the whole request', () => {
  const now = Date.parse('2026-11-21T12:00:00Z');
  const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: secret };
  const sign = (service: string, headers: Record<string, string>, more: Partial<WireRequest> = {}): WireRequest =>
    signRequest({ ...request('POST', '/', headers, 'a'), ...more }, keys, { service, region: 'us-east-1' }, now);

  it.each(['UNSIGNED-PAYLOAD', 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'])('%s is for S3 alone', (declared) => {
    const headers = { 'x-amz-content-sha256': declared };
    expect(verdict(sign('s3', headers), secret)).toBe(true);
    expect(verdict(sign('eks', headers), secret)).toBe(false);
  });

  it('does not hold when a header of AWS’s own was added to it', () => {
    const wire = sign('eks', { 'x-amz-target': 'Eks.CreateCluster' });
    expect(verdict(wire, secret)).toBe(true);
    expect(verdict({ ...wire, headers: { ...wire.headers, 'x-amz-meta-other': 'x' } }, secret)).toBe(false);
    expect(verdict({ ...wire, headers: { ...wire.headers, 'x-amz-user-agent': 'x' } }, secret)).toBe(true);
  });

  it('does not hold when a body was put under a presigned query', () => {
    const signed = presign(now);
    expect(verdict(signed, secret)).toBe(true);
    expect(verdict({ ...signed, body: Buffer.from('Action=DeleteUser') }, secret)).toBe(false);
  });

  function presign(at: number): WireRequest {
    const stamp = `${new Date(at).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
    const query = `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F${stamp.slice(0, 8)}%2Fus-east-1%2Fsts%2Faws4_request&X-Amz-Date=${stamp}&X-Amz-Expires=60&X-Amz-SignedHeaders=host&Action=GetCallerIdentity`;
    const draft = request('POST', `/?${query}&X-Amz-Signature=0`, host);
    const read = readSignature(draft);
    if (typeof read === 'string') throw new Error(read);
    const hash = createHash('sha256').update('').digest('hex');
    const hex = computeSignature(secret, read, canonicalRequest(draft, read, hash));
    return request('POST', `/?${query}&X-Amz-Signature=${hex}`, host);
  }
});
