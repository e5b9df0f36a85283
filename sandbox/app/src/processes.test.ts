import { expect, it } from 'vitest';
import { below, parseListening } from './processes.ts';

it('a process’s descendants are found through any number of parents', () => {
  const stats = [
    { pid: 1, parent: 0 },
    { pid: 2, parent: 1 },
    { pid: 3, parent: 2 },
    { pid: 4, parent: 9 },
  ];
  expect(below(1, stats)).toEqual([1, 2, 3]);
  expect(below(9, stats)).toEqual([9, 4]);
});

it('only sockets that listen are read from /proc/net/tcp', () => {
  const text = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12345 1
   1: 0100007F:1F91 0100007F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 12346 1`;
  expect(parseListening(text)).toEqual([['12345', 8080]]);
});
