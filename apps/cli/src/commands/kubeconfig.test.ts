import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readConfig } from '../config.ts';
import { commandFailureOf } from '../output/failure.ts';
import { recordedConsole } from '../testing/recorded-console.ts';
import { type KubeconfigOptions, writeEntry } from './kubeconfig.ts';

let directory = '';
let file = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'roadstead-kubeconfig-'));
  file = join(directory, 'kube');
});
afterEach(() => rm(directory, { recursive: true }));

/** Writes the entry of the cluster `shop` of a region and an account, and answers what was said. */
async function write(region: string, account: string, options: Partial<KubeconfigOptions> = {}): Promise<string> {
  const { console, out, err } = recordedConsole();
  await writeEntry(
    { config: readConfig({}), console },
    { use: false, output: 'text', ...options },
    {
      ...{ file, cluster: { name: 'shop', region, account } },
      ...{ server: `https://${account}.${region}.example`, certificateAuthority: Buffer.from('CA').toString('base64') },
      arn: `arn:aws:eks:${region}:${account}:cluster/shop`,
    },
  );
  return out.text + err.text.replaceAll(directory, '.');
}

/** Where each context leads, and which region its tokens are for. */
async function contexts(): Promise<Record<string, string>> {
  const config = parse(await readFile(file, 'utf8')) as {
    contexts: { name: string; context: { cluster: string; user: string } }[];
    clusters: { name: string; cluster: { server: string } }[];
    users: { name: string; user: { exec: { args: string[] } } }[];
  };
  const { clusters, users } = config;
  return Object.fromEntries(
    config.contexts.map(({ name, context }) => [
      name,
      `${clusters.find((each) => each.name === context.cluster)?.cluster.server} ${users.find((each) => each.name === context.user)?.user.exec.args.at(-1)}`,
    ]),
  );
}

it('gives clusters of one name in two regions and two accounts an entry each, and says so', async () => {
  expect(await write('eu-west-1', '1')).toBe(`Wrote context roadstead-shop to ./kube
  kubectl --kubeconfig ./kube --context roadstead-shop get nodes
`);
  expect(await write('us-east-1', '1')).toBe(`Wrote context roadstead-shop.us-east-1 to ./kube
  roadstead-shop is of another cluster there (https://1.eu-west-1.example) and stays so; --context NAME chooses a name
  kubectl --kubeconfig ./kube --context roadstead-shop.us-east-1 get nodes
`);
  await write('us-east-1', '2');
  await write('eu-west-1', '1');
  expect(await contexts()).toEqual({
    'roadstead-shop': 'https://1.eu-west-1.example eu-west-1',
    'roadstead-shop.us-east-1': 'https://1.us-east-1.example us-east-1',
    'roadstead-shop.us-east-1.2': 'https://2.us-east-1.example us-east-1',
  });
});

it('takes the name that it is given, but not another cluster’s: exit 2, and nothing is written', async () => {
  expect(await write('eu-west-1', '1', { context: 'prod', use: true })).toBe(`Wrote context prod to ./kube
  kubectl --kubeconfig ./kube get nodes
`);
  const before = await readFile(file, 'utf8');
  const refused: unknown = await write('us-east-1', '1', { context: 'prod' }).catch((error: unknown) => error);
  expect(commandFailureOf(refused, undefined)).toMatchObject({ exitCode: 2, code: 'KUBECONFIG_NAME_TAKEN' });
  expect(await readFile(file, 'utf8')).toBe(before);
});

it('says as JSON which names it did not take', async () => {
  await write('eu-west-1', '1');
  expect(JSON.parse(await write('us-east-1', '1', { output: 'json' }))).toEqual({
    kubeconfig: file,
    context: 'roadstead-shop.us-east-1',
    current: false,
    server: 'https://1.us-east-1.example',
    avoided: [{ name: 'roadstead-shop', server: 'https://1.eu-west-1.example' }],
  });
});
