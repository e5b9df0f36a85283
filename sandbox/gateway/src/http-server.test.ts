import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { listen, type WireHandler, type WireServer } from './http-server.ts';

let server: WireServer | undefined;
afterEach(() => server?.close());

const echo: WireHandler = async ({ body }) => ({ status: 200, headers: {}, body });

async function url(handler: WireHandler, limits?: Parameters<typeof listen>[2]): Promise<string> {
  server = await listen(handler, 0, limits);
  return `http://127.0.0.1:${server.port}/`;
}

/** What comes back over a plain connection until the other side ends it. */
function rawExchange(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.on('data', (chunk) => {
      said += chunk.toString();
    });
    socket.on('close', () => resolve(said));
    socket.on('error', reject);
  });
}

describe('the wire', () => {
  it('answers a body that is too large, though the client is still sending', async () => {
    const where = await url(echo, { largestBody: 10 });
    const answer = await fetch(where, { method: 'POST', body: 'x'.repeat(1_000_000) });
    expect(answer.status).toBe(413);
    expect((await fetch(where, { method: 'POST', body: 'x'.repeat(10) })).status).toBe(200);
  });

  it('does not wait for ever for a request that never ends', async () => {
    await url(echo, { requestMs: 50 });
    const said = await rawExchange(server?.port ?? 0, 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nab');
    expect(said).toContain('408');
  });

  it('answers 500 when the answer cannot be written or made, and lives on', async () => {
    let answer: Awaited<ReturnType<WireHandler>> = { status: 200, headers: { 'x-a': 'b\r\nset-cookie: c' }, body: '' };
    const where = await url(async () => answer);
    const injected = await fetch(where);
    expect(injected.status).toBe(500);
    expect(injected.headers.get('set-cookie')).toBeNull();
    answer = { status: 200, headers: {}, body: 'fine' };
    expect(await (await fetch(where)).text()).toBe('fine');
  });

  it('cuts the connection where no answer is to come', async () => {
    await expect(fetch(await url(async () => undefined))).rejects.toThrow();
  });
});
