import { changeClasses, type Problem, problemAt } from '@roadstead/definition';
import { isMap } from 'yaml';
import { z } from 'zod';
import type { ComponentFolder } from './channel.ts';
import type { PlacedExpression } from './template.ts';
import { compileCondition, openDocuments, readDocuments, type YamlFile } from './yaml-documents.ts';

const componentFile = z.strictObject({
  needs: z.array(z.string()).default([]),
  class: z.enum(changeClasses).optional(),
  includeWhen: z.union([z.string(), z.boolean()]).optional(),
  expressions: z.boolean().default(true),
  namespace: z.string().optional(),
});
type ComponentFile = z.output<typeof componentFile>;

/** Reads the folders of `manifests/`; files directly in it belong to no component and are refused. */
export function parseComponents(
  files: readonly (YamlFile & { readonly path: string })[],
  problems: Problem[],
): ComponentFolder[] {
  const folders = new Map<string, (YamlFile & { readonly path: string })[]>();
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

function parseComponent(
  name: string,
  files: readonly (YamlFile & { readonly path: string })[],
  problems: Problem[],
): ComponentFolder {
  const about = files.find((file) => /^manifests\/[^/]+\/component\.yaml$/.test(file.path));
  const manifests = files.filter((file) => file !== about);
  const { settings, includeWhen } =
    about === undefined ? { settings: componentFile.parse({}), includeWhen: undefined } : readAbout(about, problems);
  const options = { dialect: 'manifest', expressions: settings.expressions } as const;
  return {
    name,
    needs: settings.needs,
    file: about?.file ?? files[0]?.file ?? name,
    documents: manifests.flatMap((file) => readDocuments(file, options, problems)),
    ...(settings.class === undefined ? {} : { class: settings.class }),
    ...(settings.namespace === undefined ? {} : { namespace: settings.namespace }),
    ...(includeWhen === undefined ? {} : { includeWhen }),
  };
}

function readAbout(
  file: YamlFile,
  problems: Problem[],
): { readonly settings: ComponentFile; readonly includeWhen: PlacedExpression | undefined } {
  const options = { dialect: 'own', expressions: true } as const;
  const [open] = openDocuments(file, options, problems);
  const root = open?.document.contents;
  const parsed = componentFile.safeParse(open?.document.toJS() ?? {});
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      problems.push(
        problemAt(
          file.file,
          { line: 1, column: 1 },
          {
            code: 'WRONG_COMPONENT_FILE',
            message: `${issue.path.join('.')}: ${issue.message}`,
            hint: 'needs, class, includeWhen, expressions, namespace',
          },
        ),
      );
    }
    return { settings: componentFile.parse({}), includeWhen: undefined };
  }
  const node = isMap(root) ? root.get('includeWhen', true) : undefined;
  if (open === undefined || node === undefined) return { settings: parsed.data, includeWhen: undefined };
  return { settings: parsed.data, includeWhen: compileCondition(open, node, problems) };
}
