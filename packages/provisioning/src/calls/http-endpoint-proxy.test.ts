import { describe, expect, it } from 'vitest';
import { type HttpAnswer, refusalOf, wayToHttpEndpoint } from './http-endpoint-proxy.ts';

const http = new URL('http://proxy.example:3128');

it.each<[string | undefined, string | undefined]>([
  [undefined, undefined],
  ['http://aws.corp.example:4566', 'aws.corp.example:4566'],
  ['http://aws.corp.example', 'aws.corp.example:80'],
  ['https://aws.corp.example', undefined],
  ['http://127.0.0.1:4566', undefined],
  ['http://direct.example', undefined],
  ['no address', undefined],
])('the endpoint %s is reached by the proxy as %s', (endpoint, target) => {
  expect(wayToHttpEndpoint({ http, noProxy: 'direct.example' }, endpoint)?.target).toBe(target);
  expect(wayToHttpEndpoint(undefined, endpoint)).toBeUndefined();
});

describe('an answer', () => {
  it.each<[number, string | undefined, string | undefined]>([
    [200, 'text/html', undefined],
    [400, 'text/html', undefined],
    [403, 'text/xml', undefined],
    [403, 'application/x-amz-json-1.1', undefined],
    [503, 'application/cbor', undefined],
    [403, 'text/html', 'PROXY_REFUSED'],
    [403, undefined, 'PROXY_REFUSED'],
    [407, 'application/json', 'PROXY_REFUSED'],
    [504, 'text/html', 'PROXY_FAILED'],
  ])('of %d in %s is %s', (statusCode, type, code) => {
    const headers: HttpAnswer['headers'] = type === undefined ? {} : { 'content-type': type };
    expect(refusalOf({ proxy: http, target: 'aws.corp.example:80' }, { statusCode, headers })?.code).toBe(code);
  });
});
