import { expect, test } from 'vitest';
import { targetPort } from './kubelet-gate.ts';

const routes = new Map([['10.0.0.5:10250', 40_001]]);

test.each([
  ['10.0.0.5:10250', 40_001],
  ['10.0.0.5:22', undefined],
  ['10.0.0.6:10250', undefined],
  ['127.0.0.1:8443', 8443],
  ['localhost:8443', 8443],
  ['[::1]:8443', 8443],
  ['example.org:443', undefined],
  ['127.0.0.1', undefined],
  ['127.0.0.1:port', undefined],
  ['localhost:65536', undefined],
])('a connection to %s goes to %j', (target, port) => {
  expect(targetPort(target, routes)).toBe(port);
});
