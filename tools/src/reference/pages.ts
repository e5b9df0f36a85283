import { clusterJsonSchema } from '@roadstead/definition';
import { cliPage } from './cli-page.ts';
import { clusterFilePage } from './cluster-file-page.ts';
import { errorsPage } from './errors-page.ts';
import { programForReading } from './program.ts';

/** The pages of docs/reference by file name, made from the sources. Same sources, same bytes. */
export async function referencePages(root: string): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ['cli.md', cliPage(programForReading())],
    ['cluster-file.md', clusterFilePage(clusterJsonSchema())],
    ['errors.md', await errorsPage(root)],
  ]);
}
