import { type Problem, problemAt } from '@roadstead/definition';
import { isMap } from 'yaml';
import type { StackFile } from './channel.ts';
import { compileDocument, openDocuments, type PathFile } from './yaml-documents.ts';

const own = { dialect: 'own', expressions: true } as const;

/** Reads a file of `stacks/`: the template itself, or `{includeWhen, forEach, parameters, template}`. An empty one is none. */
export function parseStack(file: PathFile, problems: Problem[]): StackFile[] {
  const id = file.path.replace(/^stacks\//, '').replace(/\.[a-z]+$/, '');
  const options = { ...own, shortTags: true };
  const [open, second] = openDocuments(file, options, problems);
  if (open === undefined) return [];
  if (second !== undefined)
    problems.push(
      problemAt(
        file.file,
        { line: 1, column: 1 },
        { code: 'SEVERAL_DOCUMENTS', message: 'a stack is one document', hint: 'one file for each stack' },
      ),
    );
  if (!/^[a-z][a-z0-9-]*$/.test(id) || id === 'cluster' || id.startsWith('pool-')) {
    const hint = 'lower-case letters, digits and hyphens; cluster and pool-… mean something else in outputs';
    problems.push(
      problemAt(
        file.file,
        { line: 1, column: 1 },
        { code: 'WRONG_STACK_NAME', message: `a stack cannot be named ${id}`, hint },
      ),
    );
  }
  const phase = id === 'network' ? 'network' : id === 'node-pool' ? 'pools' : 'foundation';
  const root = open.document.contents;
  const parametersPair =
    isMap(root) && root.has('template') ? root.items.find((item) => String(item.key) === 'parameters') : undefined;
  const parameters =
    parametersPair === undefined ? undefined : compileDocument(open, own, problems, parametersPair.value);
  if (isMap(root) && parametersPair !== undefined) root.items.splice(root.items.indexOf(parametersPair), 1);
  const onlyTemplate =
    isMap(root) && root.items.length === 1 && root.has('template') ? root.get('template', true) : root;
  const template = compileDocument(open, options, problems, onlyTemplate);
  return [{ id, file: file.file, phase, template, ...(parameters === undefined ? {} : { parameters }) }];
}

const phaseOrder = ['network', 'foundation', 'pools'];

/** For sorting: network, foundation, the other stacks by name, pools. */
export function byPhase(a: StackFile, b: StackFile): number {
  const rank = ({ phase, id }: StackFile): number =>
    phaseOrder.indexOf(phase) * 2 + (phase === 'foundation' && id !== 'foundation' ? 1 : 0);
  return rank(a) - rank(b) || (a.id < b.id ? -1 : 1);
}
