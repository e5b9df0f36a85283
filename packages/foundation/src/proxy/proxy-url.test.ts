import { expect, it } from 'vitest';
import { readProxyUrl, shownProxy } from './proxy-url.ts';

it.each([
  ['http://proxy.example:3128', 'http://proxy.example:3128'],
  ['https://proxy.example', 'https://proxy.example'],
  ['HTTP://Proxy.Example:3128/', 'http://proxy.example:3128'],
  ['proxy.example:3128', 'http://proxy.example:3128'],
  ['proxy.example', 'http://proxy.example'],
  ['10.1.2.3:3128', 'http://10.1.2.3:3128'],
  ['user:geheim@proxy.example:3128', 'http://proxy.example:3128'],
  ['http://user:ge%40heim@proxy.example:3128', 'http://proxy.example:3128'],
  ['http://[fd12::1]:3128', 'http://[fd12::1]:3128'],
])('%s is a proxy', (text, shown) => {
  const read = readProxyUrl(text);
  expect('url' in read ? shownProxy(read.url) : read.problem).toBe(shown);
});

it.each([
  ['http://', /^http:\/\/ is no address of a proxy$/],
  ['http://user:geheim@proxy.example:port', /^http:\/\/…@proxy\.example:port is no address of a proxy$/],
  ['http://user:ge@heim@proxy.example:999999', /^http:\/\/…@proxy\.example:999999 is no address/],
  ['user:geheim@:3128', /^…@:3128 is no address of a proxy$/],
  ['socks5://user:geheim@proxy.example:1080', /^socks5:\/\/proxy\.example:1080 is a SOCKS proxy; only http/],
  ['socks5h://proxy.example:1080', /is a SOCKS proxy/],
  ['ftp://user:geheim@proxy.example', /^ftp:\/\/proxy\.example is neither an http/],
  ['http://user:1/geheim@proxy.example:3128', /^http:\/\/…@proxy\.example:3128 has a \/, \? or # in its user or pass/],
  ['user:1#geheim@proxy.example', /^…@proxy\.example has a/],
  ['http://user:geheim%@proxy.example', /^the user or password for http:\/\/proxy\.example has a %/],
])('%s is refused by name, without its password', (text, expected) => {
  const read = readProxyUrl(text);
  expect(read).toMatchObject({ problem: expect.stringMatching(expected), hint: expect.stringMatching(/\w/) });
  expect(JSON.stringify(read)).not.toMatch(/geheim|heim@/);
});
