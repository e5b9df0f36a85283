import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { formatProblem, hasErrors, parseClusterFile } from '@roadstead/definition';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { codeSpansOf, fencesOf, localLinksOf, roadsteadLinesOf } from './docs-examples.ts';
import { leavesOf } from './reference/cli-page.ts';
import { programForReading } from './reference/program.ts';

const root = join(import.meta.dirname, '..', '..');
const pages = globSync(['*.md', 'docs/**/*.md', '{packages,apps,sandbox}/*/README.md', '{bench,e2e}/README.md'], {
  cwd: root,
}).toSorted();
const textOf = (page: string) => readFileSync(join(root, page), 'utf8');

const leaves = leavesOf(programForReading(), 'roadstead');
const flagsOf = (name: string): readonly string[] =>
  (leaves.find((leaf) => leaf.name === `roadstead ${name}`)?.command.options ?? []).flatMap(({ short, long }) => [
    ...(short === undefined ? [] : [short]),
    ...(long === undefined || long === null ? [] : [long]),
  ]);

/** What is wrong with a command line in a page, in words; nothing when the CLI would know it. */
function faultOf(words: readonly string[]): string | undefined {
  const name = leaves
    .map((leaf) => leaf.name.split(' ').slice(1))
    .find((path) => path.every((word, index) => words[index] === word));
  const isGroup = leaves.some((leaf) => leaf.name.startsWith(`roadstead ${words[0]} `)) && words.length === 1;
  if (name === undefined) return isGroup ? undefined : `there is no command "${words.slice(0, 2).join(' ')}"`;
  const known = [...flagsOf(name.join(' ')), '--help'];
  const unknown = words.find((word) => /^-./.test(word) && !known.includes(word.split('=')[0] ?? ''));
  return unknown === undefined ? undefined : `roadstead ${name.join(' ')} has no ${unknown}`;
}

/** A fragment of a spec, as the guide shows one, within the smallest cluster file. */
function asClusterFile(text: string): string {
  if (/^kind: Cluster$/m.test(text)) return text;
  return `apiVersion: roadstead.dev/v1
kind: Cluster
metadata: {name: example}
spec:
  account: aws:123456789012
  region: eu-central-1
  nodePools: [{name: app, instanceTypes: [m7g.large]}]
${text}`;
}

it('finds pages, and commands in them', () => {
  expect(pages).toContain('README.md');
  expect(roadsteadLinesOf(textOf('README.md')).length).toBeGreaterThan(10);
});

describe.each(pages)('%s', (page) => {
  const text = textOf(page);
  it('has YAML that parses, and cluster files that are right', () => {
    for (const fence of fencesOf(text).filter(({ language }) => language === 'yaml')) {
      const errors = parseAllDocuments(fence.text).flatMap((document) => document.errors.map(({ message }) => message));
      expect(errors, `${page}:${fence.line}`).toEqual([]);
      const isCluster = /^kind: Cluster$/m.test(fence.text) || /^ {2}(access|nodePools|network|dns):/.test(fence.text);
      if (!isCluster) continue;
      const { problems } = parseClusterFile(asClusterFile(fence.text), page);
      expect(hasErrors(problems), problems.map(formatProblem).join('\n')).toBe(false);
    }
  });

  it('names commands and flags that the CLI has', () => {
    const faults = roadsteadLinesOf(text).map(faultOf);
    expect(faults.filter((fault) => fault !== undefined)).toEqual([]);
  });

  it('names npm scripts that there are', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    const named = [...text.matchAll(/npm run ([a-z-]+)/g)].map(([, name]) => name ?? '');
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  it('links to what is there', () => {
    expect(localLinksOf(text).filter((target) => !existsSync(join(root, dirname(page), target)))).toEqual([]);
  });
});

describe.each(['README.md', 'docs/user-guide.md'])('flags that %s names alone', (page) => {
  it('are flags of some command', () => {
    const known = new Set(leaves.flatMap(({ name }) => flagsOf(name.replace(/^roadstead /, ''))));
    const alone = codeSpansOf(textOf(page)).flatMap((span) => /^(--[a-z-]+)/.exec(span)?.[1] ?? []);
    expect(alone.filter((flag) => !known.has(flag))).toEqual([]);
  });
});

it.each([
  [['up', '-f', 'FILE', '--yes'], undefined],
  [['sandbox', 'env'], undefined],
  [['sandbox'], undefined],
  [['upp', '-f', 'FILE'], 'there is no command "upp -f"'],
  [['plan', '--exitcode'], 'roadstead plan has no --exitcode'],
])('judges %j', (words, fault) => {
  expect(faultOf(words)).toBe(fault);
});

it('cuts shell from command lines', () => {
  expect(roadsteadLinesOf('`eval "$(bin/roadstead sandbox env)"`\n```\nroadstead plan -f X > plan.txt\n```')).toEqual([
    ['sandbox', 'env'],
    ['plan', '-f', 'X'],
  ]);
});
