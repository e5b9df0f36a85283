import { describe, expect, it } from 'vitest';
import type { Summary } from '../output/summary.ts';
import { recordedConsole } from '../testing/recorded-console.ts';
import { tellSummary } from './tell-summary.ts';

const summary: Summary = {
  cluster: 'shop',
  endpoint: 'https://127.0.0.1:34323',
  kubernetes: '1.36',
  nodes: [
    { pool: 'app', zone: 'eu-central-1a', instanceType: 'm7gd.xlarge', ready: 1, total: 2 },
    { pool: 'system', zone: 'eu-central-1b', instanceType: 'm7g.large', ready: 1, total: 1 },
  ],
  components: [{ name: 'roles', objects: 12 }],
  addons: [{ name: 'coredns', version: 'v1.13.2-eksbuild.4', status: 'ACTIVE' }],
  stacks: [{ name: 'roadstead-shop-network', status: 'CREATE_COMPLETE' }],
};
const good = async (): Promise<Summary> => summary;
const bad = async (): Promise<Summary> => {
  throw new Error('the API server does not answer');
};

describe('the page after a good run', () => {
  it('shows nodes, add-ons, components and stacks, and the commands to go on with', async () => {
    const { console, out, err } = recordedConsole({ program: 'bin/roadstead' });
    await tellSummary(console, { name: 'shop', file: 'my files/shop.yaml', output: 'text' }, good);
    expect(out.text).toBe('');
    expect(err.text.split('\n')).toEqual([
      '',
      'shop is up: Kubernetes 1.36 at https://127.0.0.1:34323',
      '',
      'nodes',
      '  app     eu-central-1a  m7gd.xlarge  1/2 ready',
      '  system  eu-central-1b  m7g.large    1/1 ready',
      'add-ons',
      '  coredns  v1.13.2-eksbuild.4  ACTIVE',
      'components',
      '  roles  12 objects  ready',
      'in AWS',
      '  stack roadstead-shop-network  CREATE_COMPLETE',
      '',
      'Go on with:',
      "  bin/roadstead kubeconfig -f 'my files/shop.yaml'  then kubectl get nodes",
      "  bin/roadstead plan -f 'my files/shop.yaml'        what would change",
      "  bin/roadstead down -f 'my files/shop.yaml'        take it all down",
      '',
    ]);
  });

  it('names a file that came from standard input by a word for it', async () => {
    const { console, err } = recordedConsole();
    await tellSummary(console, { name: 'shop', file: '-', output: 'text' }, good);
    expect(err.text).toContain('Go on with, FILE being what was read here:\n  roadstead kubeconfig -f FILE  then');
    await tellSummary(console, { name: 'shop', file: '-', output: 'text' }, bad);
    expect(err.text).toContain('  roadstead status -f FILE\n');
  });

  it('is one event with JSON output', async () => {
    const { console, out, err } = recordedConsole({ talks: false });
    await tellSummary(console, { name: 'shop', file: 'shop.yaml', output: 'json' }, good);
    expect(JSON.parse(out.text)).toEqual({ type: 'summary', ...summary });
    expect(err.text).toBe('');
  });

  it('that cannot be read is told, with how to ask again, and fails nothing', async () => {
    const { console, err } = recordedConsole();
    await tellSummary(console, { name: 'shop', file: 'shop.yaml', output: 'text' }, bad);
    expect(err.text).toBe(
      'shop is up. The page about it could not be read: the API server does not answer\n  roadstead status -f shop.yaml\n',
    );
  });

  it('that cannot be read says so in its event', async () => {
    const { console, out, err } = recordedConsole({ talks: false });
    await tellSummary(console, { name: 'shop', file: 'shop.yaml', output: 'json' }, bad);
    expect(JSON.parse(out.text)).toEqual({
      type: 'summary',
      cluster: 'shop',
      unreadable: 'the API server does not answer',
    });
    expect(err.text).toBe('');
  });
});
