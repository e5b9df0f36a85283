import { expect, test } from 'vitest';
import { containerWith, podWith } from '../testing/pods.ts';
import { behaviourOf } from './behaviour.ts';

const jobOwner = { metadata: { ownerReferences: [{ kind: 'Job', name: 'j', controller: true }] } };
const told = (code: string) => podWith({ metadata: { annotations: { 'sandbox.roadstead.dev/exit-code': code } } });
const plain = { isInit: false, crashes: false };

test.each([
  ['a server', podWith(), containerWith(), plain, 'runs'],
  [
    'a Job with a program nobody knows',
    podWith(jobOwner),
    containerWith({ command: ['perl', 'pi.pl'] }),
    plain,
    'exits 0',
  ],
  ['an init container', podWith(), containerWith({ command: ['migrate'] }), { ...plain, isInit: true }, 'exits 0'],
  [
    'a sidecar',
    podWith(),
    containerWith({ restartPolicy: 'Always', command: ['proxy'] }),
    { ...plain, isInit: true },
    'runs',
  ],
  ['an image without a server', podWith(), containerWith({ image: 'busybox' }), plain, 'exits 0'],
  ['the same with a program', podWith(), containerWith({ image: 'busybox', command: ['httpd', '-f'] }), plain, 'runs'],
  ['a command that fails', podWith(), containerWith({ command: ['false'] }), plain, 'exits 1'],
  ['a fault', podWith(), containerWith(), { ...plain, crashes: true }, 'exits 1'],
  ['an annotation', told('137'), containerWith(), plain, 'exits 137'],
  ['an annotation for this container', told('other=1,main=2'), containerWith(), plain, 'exits 2'],
  ['an annotation for another one', told('other=1'), containerWith(), plain, 'runs'],
])('%s: %#', (_, pod, container, options, expected) => {
  const behaviour = behaviourOf(pod, container, options);
  expect(behaviour.kind === 'exits' ? `exits ${behaviour.code}` : 'runs').toBe(expected);
});
