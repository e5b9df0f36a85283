import { expect, it } from 'vitest';
import { namesOf, writtenText } from './kubeconfig.ts';

it('an entry is called by its cluster, or longer: by what tells it from its namesakes', () => {
  expect(namesOf({ name: 'shop', region: 'eu-central-1', account: '123456789012' })).toEqual([
    'roadstead-shop',
    'roadstead-shop.eu-central-1',
    'roadstead-shop.eu-central-1.123456789012',
  ]);
});

it('says what was written, and whose the better name is', () => {
  const avoided = [{ name: 'roadstead-shop', server: 'https://other.example' }];
  expect(writtenText({ name: 'roadstead-shop.eu-west-1', avoided }, 'my kube', false)).toEqual([
    'Wrote context roadstead-shop.eu-west-1 to my kube',
    '  roadstead-shop is of another cluster there (https://other.example) and stays so; --context NAME chooses a name',
    "  kubectl --kubeconfig 'my kube' --context roadstead-shop.eu-west-1 get nodes",
  ]);
  expect(writtenText({ name: 'prod', avoided: [{ name: 'x' }] }, 'kube', true)).toEqual([
    'Wrote context prod to kube',
    '  x is of another cluster there and stays so; --context NAME chooses a name',
    '  kubectl --kubeconfig kube get nodes',
  ]);
});
