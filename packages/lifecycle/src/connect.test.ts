import type { ObservedAws } from '@roadstead/provisioning';
import { expect, it } from 'vitest';
import { startLocalProxy } from '../../foundation/src/testing/local-proxy.ts';
import { connectReader } from './connect.ts';
import { startFakeWorld } from './testing/fake-world.ts';

it('reaches the API server by the proxy that is for it', async () => {
  const world = await startFakeWorld();
  const proxy = await startLocalProxy({ refuse: 403 });
  const eks = { endpoint: 'https://0a1b.gr7.eu-central-1.eks.amazonaws.com', certificateAuthority: '' };
  const observed = { cluster: 'shop', region: 'eu-central-1', eks } as unknown as ObservedAws;
  try {
    const client = connectReader({ ...(await world.machine('alice')), proxy: { https: proxy.url } }, observed);
    await expect(client?.version()).rejects.toMatchObject({ code: 'PROXY_REFUSED' });
    expect(proxy.asked).toEqual(['CONNECT 0a1b.gr7.eu-central-1.eks.amazonaws.com:443']);
    await client?.close();
  } finally {
    await proxy.close();
    await world.close();
  }
});
