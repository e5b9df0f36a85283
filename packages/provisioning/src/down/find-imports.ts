import { mapBounded } from '@roadstead/foundation';
import { awsErrorCode, orAbsent } from '../calls/aws-failure.ts';
import type { ObservedStack } from '../observe/observed.ts';
import { allPages } from '../observe/plain.ts';
import { type Blocker, makerOf } from './leftovers.ts';
import { type Search, toMap } from './search.ts';

/** Stacks of others that import what ours export: CloudFormation deletes no stack whose export is in use. Asks only where there are exports. */
export async function findImports(search: Search, ours: readonly ObservedStack[]): Promise<Blocker[]> {
  const names = new Set(ours.map(({ stackName }) => stackName));
  const exports = ours.flatMap(({ stackName, exports }) => (exports ?? []).map((name) => ({ stackName, name })));
  const found = await mapBounded(exports, 4, async ({ stackName, name }) => {
    const importers = (await importersOf(search, name)).filter((importer) => !names.has(importer));
    return Promise.all(importers.map((importer) => blockerOf(search, importer, `${name} of stack ${stackName}`)));
  });
  return found.flat();
}

async function importersOf({ reader, signal }: Search, ExportName: string): Promise<readonly string[]> {
  try {
    return await allPages(
      (token) =>
        reader.read(
          'cloudformation',
          'ListImports',
          { ExportName, ...(token === undefined ? {} : { NextToken: token }) },
          signal,
        ),
      (page) => page.Imports,
      (page) => page.NextToken,
    );
  } catch (error) {
    // CloudFormation refuses to list none: `Export 'x' is not imported by any stack.`, and so for an export that has gone.
    if (awsErrorCode(error) === 'ValidationError') return [];
    throw error;
  }
}

async function blockerOf({ reader, signal }: Search, stack: string, what: string): Promise<Blocker> {
  const answer = await orAbsent(reader.read('cloudformation', 'DescribeStacks', { StackName: stack }, signal));
  const { Tags, Description = '' } = answer?.Stacks?.[0] ?? {};
  return {
    what: `stack ${stack}, which imports ${what}`,
    maker: makerOf({ tags: toMap(Tags), description: Description }),
    hint: `take the import out of it, or delete it: aws cloudformation delete-stack --stack-name ${stack}`,
  };
}
