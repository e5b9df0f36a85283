import { type AddressInfo, connect, createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { guardLoopback, hostOf, isLoopback } from './loopback-guard.ts';

describe('isLoopback', () => {
  it.each(['127.0.0.1', '127.8.9.10', '::1', '[::1]', 'localhost', '::ffff:127.0.0.1'])('knows %s', (host) => {
    expect(isLoopback(host)).toBe(true);
  });
  it.each([
    '0.0.0.0',
    '::',
    '10.0.0.1',
    '169.254.169.254',
    'eks.eu-central-1.amazonaws.com',
    '127.0.0.1.nip.io',
    'localhost.example.org',
    '1127.0.0.1',
  ])('refuses %s', (host) => {
    expect(isLoopback(host)).toBe(false);
  });
});

describe('hostOf', () => {
  it.each([
    [[{ port: 1, host: '1.2.3.4' }], '1.2.3.4'],
    [[[{ port: 1, host: '1.2.3.4' }, null]], '1.2.3.4'],
    [[443, '1.2.3.4'], '1.2.3.4'],
    [[443], 'default'],
    [[{ port: 443 }], 'default'],
    [['/tmp/socket'], undefined],
    [[{ path: '/tmp/socket' }], undefined],
  ] as const)('reads %j', (args, host) => {
    expect(hostOf(args as unknown as unknown[], 'default')).toBe(host);
  });
});

describe('guardLoopback', () => {
  let release: () => void;
  beforeEach(() => {
    release = guardLoopback();
  });
  afterEach(() => release());

  // Documentation addresses (RFC 5737): were the guard broken, nothing would answer there.
  it('refuses to dial another machine, by any client', async () => {
    const error = await new Promise<Error & { code?: string }>((resolve) =>
      connect(80, '192.0.2.1').once('error', resolve),
    );
    expect(error.code).toBe('NOT_LOOPBACK');
    await expect(fetch('http://192.0.2.1/')).rejects.toMatchObject({ cause: { code: 'NOT_LOOPBACK' } });
  });

  it('refuses to listen for other machines', () => {
    expect(() => createServer().listen(0, '0.0.0.0')).toThrow('does not bind 0.0.0.0');
    expect(() => createServer().listen(0)).toThrow('does not bind');
  });

  it('lets loopback through', async () => {
    const server = createServer((socket) => socket.end('hello'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const said = await new Promise<string>((resolve) =>
      connect(port, '127.0.0.1').once('data', (data) => resolve(data.toString())),
    );
    expect(said).toBe('hello');
    await new Promise((resolve) => server.close(resolve));
  });
});
