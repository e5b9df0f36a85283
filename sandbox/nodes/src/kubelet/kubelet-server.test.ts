import { request } from 'node:https';
import { connect } from 'node:tls';
import { createAuthority, issueServerCertificate } from '@roadstead/sandbox-control-plane';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ClientCertificate } from '../ports.ts';
import { type KubeletServer, startKubeletServer } from './kubelet-server.ts';

const authority = createAuthority('kubelets', Date.now());
const certificate = issueServerCertificate(authority, ['127.0.0.1', 'localhost'], Date.now());
let server: KubeletServer;

beforeAll(async () => {
  server = await startKubeletServer({
    certificate,
    clientCaPem: authority.certPem,
    answers: {
      configz: () => ({}),
      logs: (namespace, pod, container) => (pod === 'web' ? `${namespace}/${pod}/${container}\n` : undefined),
      statsSummary: () => {
        throw new Error('no summary');
      },
      resourceMetrics: () => '',
      pods: () => ({}),
    },
  });
});
afterAll(() => server.close());

function get(
  path: string,
  client: ClientCertificate | undefined = certificate,
): Promise<{ status: number; text: string }> {
  const identity = client === undefined ? {} : { cert: client.certPem, key: client.keyPem };
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: server.port, path, ca: authority.certPem, agent: false, ...identity };
    const asked = request(options, (answer) => {
      let text = '';
      answer.on('data', (chunk) => {
        text += String(chunk);
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    asked.on('error', reject);
    asked.end();
  });
}

describe('a kubelet', () => {
  test.each([
    ['/containerLogs/default/web/main', 200, 'default/web/main'],
    ['/containerLogs/default/other/main', 404, 'not found'],
    ['/exec/default/web/main?command=ls', 501, 'the sandbox runs no containers'],
    ['/nothing', 404, 'page not found'],
    ['//', 400, 'not a path'],
    ['/containerLogs/%zz/web/main', 400, 'not a path'],
    ['/stats/summary', 500, 'no summary'],
  ])('answers %s with %i', async (path, status, text) => {
    const answer = await get(path);
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(text);
  });

  test('talks to nobody without a certificate of its authority', async () => {
    const stranger = issueServerCertificate(createAuthority('others', Date.now()), ['x'], Date.now());
    await expect(get('/healthz', stranger)).rejects.toThrow();
  });

  test('survives a client that leaves in the middle of an upgrade', async () => {
    const socket = connect({
      port: server.port,
      host: '127.0.0.1',
      ca: authority.certPem,
      cert: certificate.certPem,
      key: certificate.keyPem,
    });
    await new Promise<void>((resolve) => socket.once('secureConnect', resolve));
    socket.write('POST /exec/a/b/c HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: SPDY/3.1\r\n\r\n');
    socket.destroy();
    expect((await get('/healthz')).text).toBe('ok');
  });
});
