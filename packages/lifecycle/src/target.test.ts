import { cp, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readDeclared, readTarget } from './target.ts';

const channelDirectory = join(import.meta.dirname, '..', '..', '..', 'channel');
const file = (more: string): string => `apiVersion: roadstead.dev/v1
kind: Cluster
metadata: {name: shop}
spec:
  account: aws:123456789012
  region: eu-central-1
  nodePools: [{name: app, instanceTypes: [m6i.large, m6a.large]}]
${more}`;

async function problemsOf(more: string): Promise<string[]> {
  const read = await readTarget({
    text: file(more),
    file: 'c.yaml',
    channelDirectory,
    signal: new AbortController().signal,
  });
  return 'problems' in read
    ? read.problems
        .filter(({ severity }) => severity === 'error')
        .map(({ line, column, code }) => `${line}:${column} ${code}`)
    : [];
}

it('takes a file that fits its channel', async () => {
  expect(await problemsOf('')).toEqual([]);
});

it.each([
  ['a version that the channel does not support', '  kubernetes: "1.29"', /^8:15 VERSION_NOT_OFFERED$/],
  ['a config item that the channel does not know, in the file', '  config: {metricServer: true}', /^8:\d+ /],
  ['a config item of another type, in the file', '  config: {metricsServer: often}', /^8:\d+ /],
])('finds %s without asking AWS', async (_what, more, expected) => {
  expect(await problemsOf(more)).toEqual([expect.stringMatching(expected)]);
});

it('keeps what a person should know of a file that fits', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'roadstead-channel-'));
  await cp(channelDirectory, directory, { recursive: true });
  const schema = join(directory, 'config.schema.yaml');
  const deprecated = (await readFile(schema, 'utf8')).replace('metricsServer:', 'metricsServer:\n    deprecated: true');
  await writeFile(schema, deprecated);
  const text = file('  config: {metricsServer: true}');
  const signal = new AbortController().signal;
  const read = await readTarget({ text, file: 'c.yaml', channelDirectory: directory, signal });
  const warnings = 'value' in read ? read.value.warnings : read.problems;
  expect(warnings.map(({ severity, line, message }) => `${severity} ${line} ${message}`)).toContainEqual(
    expect.stringMatching(/^warning 8 .*metricsServer/),
  );
});

it.each([
  ['a version that the channel has dropped', '  kubernetes: "1.29"'],
  ['a config item that the channel has dropped', '  config: {metricServer: true}'],
])('names a cluster with %s, without the channel', (_what, more) => {
  const read = readDeclared({ text: file(more), file: 'c.yaml' });
  expect('value' in read && read.value.cluster).toMatchObject({ name: 'shop', account: '123456789012' });
});

it('names no cluster from a file that is wrong in itself', () => {
  const read = readDeclared({ text: file('  kubernets: "1.36"'), file: 'c.yaml' });
  expect('problems' in read && read.problems.map(({ line }) => line)).toEqual([8]);
});
