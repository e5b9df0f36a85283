import { createServer } from 'node:net';

/** A server on loopback that counts who comes, and serves nobody. */
export interface Trap {
  readonly port: number;
  readonly url: string;
  /** How many connections were made to it. */
  caught(): number;
  close(): Promise<void>;
}

export async function setTrap(): Promise<Trap> {
  let caught = 0;
  const server = createServer((socket) => {
    caught += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the trap has no port');
  return {
    port: address.port,
    url: `http://127.0.0.1:${address.port}`,
    caught: () => caught,
    close: async () => {
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
