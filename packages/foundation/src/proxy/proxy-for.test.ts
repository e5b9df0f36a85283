import { describe, expect, it } from 'vitest';
import { type ProxySettings, proxyFor } from './proxy-for.ts';

const https = new URL('http://proxy.example:3128');
const http = new URL('http://plain.example:8080');
const by = (target: string, settings: ProxySettings | undefined) => proxyFor(new URL(target), settings)?.host;

it.each<[string, ProxySettings | undefined, string | undefined]>([
  ['https://eks.eu-central-1.amazonaws.com', { https, http }, 'proxy.example:3128'],
  ['https://eks.eu-central-1.amazonaws.com', { https }, 'proxy.example:3128'],
  ['https://eks.eu-central-1.amazonaws.com', { http }, undefined],
  ['http://aws.corp.example', { https, http }, 'plain.example:8080'],
  ['http://aws.corp.example', { https }, undefined],
  ['https://eks.eu-central-1.amazonaws.com', {}, undefined],
  ['https://eks.eu-central-1.amazonaws.com', undefined, undefined],
])('the scheme chooses: %s', (target, settings, expected) => {
  expect(by(target, settings)).toBe(expected);
});

it.each([
  'http://127.0.0.1:37455',
  'https://127.0.0.1:37455',
  'https://127.200.3.4',
  'https://[::1]:6443',
  'https://[::ffff:127.0.0.1]',
  'https://localhost:6443',
  'https://LOCALHOST',
  'https://api.localhost',
  'http://169.254.169.254/latest',
  'http://[fd00:ec2::254]',
  'http://[fd00:ec2::23]',
  'http://169.254.170.2/v2',
  'http://169.254.170.23/v1',
])('%s is of this machine, whatever NO_PROXY says', (target) => {
  expect(by(target, { https, http })).toBeUndefined();
  expect(by(target, { https, http, noProxy: 'other.example' })).toBeUndefined();
});

it.each(['https://128.0.0.1', 'https://localhost.example', 'https://169.253.0.1', 'https://[fd00:ec3::1]'])(
  '%s only looks like it',
  (target) => {
    expect(by(target, { https })).toBe('proxy.example:3128');
  },
);

describe('NO_PROXY', () => {
  it.each<[string, string, 'direct' | 'by the proxy']>([
    ['', 'https://a.example', 'by the proxy'],
    [',, ,', 'https://a.example', 'by the proxy'],
    ['*', 'https://a.example', 'direct'],
    ['b.example,*', 'https://a.example', 'direct'],
    ['a.example', 'https://a.example', 'direct'],
    ['a.example', 'https://a.example:6443', 'direct'],
    ['A.Example', 'https://a.example', 'direct'],
    ['a.example', 'https://A.EXAMPLE', 'direct'],
    ['a.example', 'https://a.example.', 'direct'],
    ['example', 'https://x.y.example', 'direct'],
    ['a.example', 'https://ba.example', 'by the proxy'],
    ['a.example', 'https://a.example.org', 'by the proxy'],
    [' b.example , a.example ', 'https://a.example', 'direct'],
    ['b.example a.example', 'https://a.example', 'direct'],
    ['.a.example', 'https://x.a.example', 'direct'],
    ['.a.example', 'https://a.example', 'by the proxy'],
    ['*.a.example', 'https://x.a.example', 'direct'],
    ['*.a.example', 'https://a.example', 'by the proxy'],
    ['a.example:443', 'https://a.example', 'direct'],
    ['a.example:443', 'https://x.a.example', 'direct'],
    ['a.example:443', 'https://a.example:6443', 'by the proxy'],
    ['a.example:80', 'http://a.example', 'direct'],
    ['.a.example:6443', 'https://x.a.example:6443', 'direct'],
    ['.eks.amazonaws.com', 'https://0A1B.gr7.eu-central-1.eks.amazonaws.com', 'direct'],
    ['10.0.0.1', 'https://10.0.0.1', 'direct'],
    ['10.0.0.1', 'https://10.0.0.2', 'by the proxy'],
    ['10.0.0.1', 'https://1.10.0.0.1.example', 'by the proxy'],
    ['10.0.0.1:6443', 'https://10.0.0.1:6443', 'direct'],
    ['10.0.0.1:6443', 'https://10.0.0.1', 'by the proxy'],
    ['10.20.0.0/16', 'https://10.20.255.3:443', 'direct'],
    ['10.20.0.0/16', 'https://10.21.0.1', 'by the proxy'],
    ['10.20.3.4/16', 'https://10.20.0.1', 'direct'],
    ['0.0.0.0/0', 'https://8.8.8.8', 'direct'],
    ['0.0.0.0/0', 'https://a.example', 'by the proxy'],
    ['10.20.0.0/33', 'https://10.20.0.1', 'by the proxy'],
    ['10.20.0.0/', 'https://10.20.0.1', 'by the proxy'],
    ['a.example/8', 'https://a.example', 'by the proxy'],
    ['fd12::/16', 'https://[fd12::7]', 'direct'],
    ['fd12::/16', 'https://[fd13::7]', 'by the proxy'],
    ['fd12::7', 'https://[fd12:0:0::7]', 'direct'],
    ['[fd12::7]:443', 'https://[fd12::7]', 'direct'],
    ['[fd12::7]:443', 'https://[fd12::7]:6443', 'by the proxy'],
    ['.', 'https://a.example', 'by the proxy'],
    [':443', 'https://a.example', 'by the proxy'],
  ])('%j: %s goes %s', (noProxy, target, expected) => {
    expect(by(target, { https, http, noProxy }) === undefined ? 'direct' : 'by the proxy').toBe(expected);
  });
});
