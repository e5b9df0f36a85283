import { type Problem, problemAt, suggest } from '@roadstead/definition';
import type { EksFiles } from './channel.ts';
import type { TemplateDocument } from './template.ts';
import { type PathFile, readDocuments } from './yaml-documents.ts';

const eksFiles = ['cluster', 'node-group', 'addons', 'access', 'pod-identity'] as const;
const own = { dialect: 'own', expressions: true } as const;

/** Reads the files of `eks/`; a file that nothing reads is refused. */
export function parseEks(files: readonly PathFile[], problems: Problem[]): EksFiles {
  for (const file of files) {
    const name = file.path.replace(/^eks\//, '').replace(/\.[a-z]+$/, '');
    if ((eksFiles as readonly string[]).includes(name)) continue;
    problems.push(
      problemAt(
        file.file,
        { line: 1, column: 1 },
        { code: 'UNKNOWN_FILE', message: `nothing reads eks/${name}`, hint: suggest(name, eksFiles) },
      ),
    );
  }
  const [cluster] = readEksFile(files, 'cluster', problems);
  const [nodeGroup] = readEksFile(files, 'node-group', problems);
  return {
    ...(cluster === undefined ? {} : { cluster }),
    ...(nodeGroup === undefined ? {} : { nodeGroup }),
    addons: readEksFile(files, 'addons', problems),
    access: readEksFile(files, 'access', problems),
    podIdentity: readEksFile(files, 'pod-identity', problems),
  };
}

function readEksFile(
  files: readonly PathFile[],
  name: (typeof eksFiles)[number],
  problems: Problem[],
): TemplateDocument[] {
  const file = files.find(({ path }) => path === `eks/${name}.yaml`);
  return file === undefined ? [] : readDocuments(file, own, problems);
}
