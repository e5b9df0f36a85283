import { changeClasses, type PositionIndex, type Problem, parseBySchema, problemAt } from '@roadstead/definition';
import { isMap } from 'yaml';
import { z } from 'zod';
import type { ComponentFolder } from './channel.ts';
import { placesOf } from './locate.ts';
import { objectsIn } from './objects-in.ts';
import type { PlacedExpression } from './template.ts';
import { compileCondition, openDocuments, type PathFile, readDocuments, type YamlFile } from './yaml-documents.ts';

const componentFile = z.strictObject({
  needs: z.array(z.string()).default([]),
  class: z.enum(changeClasses).optional(),
  includeWhen: z.union([z.string(), z.boolean()]).optional(),
  expressions: z.boolean().default(true),
  namespace: z.string().optional(),
});
type ComponentFile = z.output<typeof componentFile>;

/** Reads the folders of `manifests/`; files directly in it belong to no component and are refused. */
export function parseComponents(files: readonly PathFile[], problems: Problem[]): ComponentFolder[] {
  const folders = new Map<string, PathFile[]>();
  for (const file of files) {
    const [, name = '', ...rest] = file.path.split('/');
    if (rest.length === 0) {
      problems.push(
        problemAt(
          file.file,
          { line: 1, column: 1 },
          {
            code: 'NO_COMPONENT',
            message: 'a manifest stands in the folder of a component',
            hint: 'manifests/<component>/<file>',
          },
        ),
      );
      continue;
    }
    folders.set(name, [...(folders.get(name) ?? []), file]);
  }
  return [...folders]
    .map(([name, content]) => parseComponent(name, content, problems))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function parseComponent(name: string, files: readonly PathFile[], problems: Problem[]): ComponentFolder {
  const about = files.find((file) => /^manifests\/[^/]+\/component\.yaml$/.test(file.path));
  const manifests = files.filter((file) => file !== about);
  const { settings, includeWhen, places }: About =
    about === undefined ? { settings: componentFile.parse({}) } : readAbout(about, problems);
  const options = { dialect: 'manifest', expressions: settings.expressions } as const;
  const documents = manifests.flatMap((file) => readDocuments(file, options, problems));
  // What holds no expression is known now, before any cluster is.
  for (const document of documents) {
    const { template, file } = document;
    if (template.kind === 'value')
      objectsIn({ value: template.value, file, places: placesOf(document, template, {}) }, problems);
  }
  return {
    name,
    needs: settings.needs,
    file: about?.file ?? files[0]?.file ?? name,
    documents,
    ...(settings.class === undefined ? {} : { class: settings.class }),
    ...(settings.namespace === undefined ? {} : { namespace: settings.namespace }),
    ...(includeWhen === undefined ? {} : { includeWhen }),
    ...(places === undefined ? {} : { places }),
  };
}

/** What a component.yaml says. */
interface About {
  readonly settings: ComponentFile;
  readonly includeWhen?: PlacedExpression | undefined;
  readonly places?: PositionIndex;
}

function readAbout(file: YamlFile, problems: Problem[]): About {
  const options = { dialect: 'own', expressions: true } as const;
  const [open] = openDocuments(file, options, problems);
  const none = { settings: componentFile.parse({}) };
  if (open === undefined) return none;
  const read = parseBySchema(componentFile, { file: file.file, document: open.document, lines: open.lines });
  if ('problems' in read) {
    problems.push(...read.problems);
    return none;
  }
  const { contents } = open.document;
  const node = isMap(contents) ? contents.get('includeWhen', true) : undefined;
  const includeWhen = node === undefined ? undefined : compileCondition(open, node, problems);
  return { settings: read.value, includeWhen, places: read.positions };
}
