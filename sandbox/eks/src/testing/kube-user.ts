import { Agent, request } from 'undici';
import type { Members } from '../shared/read.ts';

/** An API server as a user with a bearer token sees it. */
export interface KubeUser {
  get(path: string, token: string): Promise<{ readonly status: number; readonly body: Members }>;
  post(path: string, token: string, body: object): Promise<{ readonly status: number; readonly body: Members }>;
  close(): Promise<void>;
}

export function kubeUser(endpoint: string, caPem: string): KubeUser {
  const dispatcher = new Agent({ connect: { ca: caPem } });
  const send = async (method: 'GET' | 'POST', path: string, token: string, body?: object) => {
    const answer = await request(`${endpoint}${path}`, {
      method,
      dispatcher,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.statusCode, body: (await answer.body.json()) as Members };
  };
  return {
    get: (path, token) => send('GET', path, token),
    post: (path, token, body) => send('POST', path, token, body),
    close: () => dispatcher.destroy(),
  };
}
