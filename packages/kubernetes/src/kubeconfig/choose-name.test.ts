import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { chooseName, type EntryIdentity } from './choose-name.ts';
import { type KubeconfigEntry, withKubeconfigEntry, writeKubeconfigEntry } from './write-kubeconfig.ts';

const arn = 'arn:aws:eks:eu-central-1:111111111111:cluster/shop';
const elsewhere = 'arn:aws:eks:us-east-1:111111111111:cluster/shop';
const here: EntryIdentity = { server: 'https://here.example', arn };
const names = ['shop', 'shop.eu', 'shop.eu.111'];

/** A kubeconfig with an entry by each name. */
function holding(entries: Readonly<Record<string, EntryIdentity>>): unknown {
  const text = Object.entries(entries).reduce(
    (before, [name, identity]) => withKubeconfigEntry(before, { name, ...identity, caPem: 'CA', user: { token: 't' } }),
    '',
  );
  return parse(text) as unknown;
}

const leading = (to: { readonly cluster: string; readonly user: string }, more: object = {}): unknown => ({
  ...(holding({ shop: here }) as object),
  contexts: [{ name: 'shop', context: to }],
  ...more,
});
const other = { server: 'https://other.example', arn: elsewhere };

describe('the name of an entry', () => {
  it.each<[string, unknown, string, string[]]>([
    ['is the short one in a new file', undefined, 'shop', []],
    ['is the short one in a file without entries', { clusters: null }, 'shop', []],
    ['is the short one beside other names', holding({ work: other }), 'shop', []],
    ['stays for the same cluster', holding({ shop: here }), 'shop', []],
    ['stays for one that was made anew', holding({ shop: { ...here, server: 'https://new.example' } }), 'shop', []],
    ['stays for an entry of before ARNs were kept', holding({ shop: { server: here.server } }), 'shop', []],
    ['is longer where it leads to another region', holding({ shop: other }), 'shop.eu', ['shop']],
    [
      'is longer where it leads to a server that nobody knows',
      holding({ shop: { server: 'https://old.example' } }),
      'shop.eu',
      ['shop'],
    ],
    [
      'is longer where another cluster has the server of before',
      holding({ shop: { server: here.server, arn: elsewhere } }),
      'shop.eu',
      ['shop'],
    ],
    [
      'is longer where it leads to a sandbox that has the same ARN',
      holding({ shop: { server: 'https://127.0.0.1:34323', arn } }),
      'shop.eu',
      ['shop'],
    ],
    [
      'is the longest where both are taken',
      holding({ shop: other, 'shop.eu': other }),
      'shop.eu.111',
      ['shop', 'shop.eu'],
    ],
    ['stays the longer one though the short one is free by now', holding({ 'shop.eu': here }), 'shop.eu', []],
    ['stays the longer one while the short one is taken', holding({ shop: other, 'shop.eu': here }), 'shop.eu', []],
    [
      'is longer where somebody leads the context elsewhere',
      leading({ cluster: 'work', user: 'shop' }),
      'shop.eu',
      ['shop'],
    ],
    ['is longer where somebody gave it another user', leading({ cluster: 'shop', user: 'me' }), 'shop.eu', ['shop']],
    ['stays where its context was deleted', leading({ cluster: '', user: '' }, { contexts: [] }), 'shop', []],
    ['is longer where a user has it', { users: [{ name: 'shop', user: { token: 't' } }] }, 'shop.eu', ['shop']],
    ['is longer where a context leads to nothing', { contexts: [{ name: 'shop' }] }, 'shop.eu', ['shop']],
  ])('%s', (_what, config, name, avoided) => {
    const choice = chooseName(config, names, here);
    expect({ ...choice, avoided: choice.avoided.map((taken) => taken.name) }).toEqual({
      kind: 'chosen',
      name,
      avoided,
    });
  });

  it('is none where all lead elsewhere, and says where', () => {
    expect(chooseName(holding({ shop: other }), ['shop'], here)).toEqual({
      kind: 'none',
      avoided: [{ name: 'shop', server: 'https://other.example' }],
    });
  });

  it('says where a context leads that somebody changed', () => {
    const config = leading(
      { cluster: 'work', user: 'work' },
      { clusters: [{ name: 'work', cluster: { server: 'https://w' } }] },
    );
    expect(chooseName(config, ['shop'], here).avoided).toEqual([{ name: 'shop', server: 'https://w' }]);
  });

  it('is the same for two sandboxes, one after the other', () => {
    const sandbox = { server: 'https://127.0.0.1:1', arn };
    const config = holding({ shop: { ...sandbox, server: 'https://127.0.0.1:2' } });
    expect(chooseName(config, names, sandbox)).toMatchObject({ kind: 'chosen', name: 'shop' });
  });
});

describe('a kubeconfig with clusters of one name', () => {
  let file = '';
  beforeEach(async () => {
    file = join(await mkdtemp(join(tmpdir(), 'roadstead-names-')), 'config');
  });
  afterEach(() => rm(join(file, '..'), { recursive: true }));
  const entry = (identity: EntryIdentity): KubeconfigEntry => ({ name: 'shop', ...identity, caPem: 'CA', user: {} });
  const serversIn = async (): Promise<Record<string, string>> => {
    const { clusters } = parse(await readFile(file, 'utf8')) as {
      clusters: { name: string; cluster: EntryIdentity }[];
    };
    return Object.fromEntries(clusters.map(({ name, cluster }) => [name, cluster.server]));
  };

  it('gets both, in any order, however often they are written', async () => {
    const write = (identity: EntryIdentity, otherNames: string[]) =>
      writeKubeconfigEntry(file, entry(identity), { otherNames });
    for (let time = 0; time < 2; time++) {
      expect(await write(here, ['shop.eu'])).toMatchObject({ name: 'shop' });
      expect(await write(other, ['shop.us'])).toMatchObject({ name: 'shop.us' });
    }
    expect(await serversIn()).toEqual({ shop: here.server, 'shop.us': other.server });
  });

  it('is left as it is when no other name may be taken', async () => {
    await writeKubeconfigEntry(file, entry(other));
    const before = await readFile(file, 'utf8');
    await expect(writeKubeconfigEntry(file, entry(here))).rejects.toMatchObject({
      code: 'KUBECONFIG_NAME_TAKEN',
      message: `${file} has other clusters by the name of: shop (https://other.example)`,
    });
    expect(await readFile(file, 'utf8')).toBe(before);
  });

  it.each(['a: *nowhere', 'clusters: ['])('is left as it is when it is no YAML: %s', async (text) => {
    await writeFile(file, text);
    await expect(writeKubeconfigEntry(file, entry(here))).rejects.toMatchObject({ code: 'KUBECONFIG_INVALID' });
    expect(await readFile(file, 'utf8')).toBe(text);
  });
});
