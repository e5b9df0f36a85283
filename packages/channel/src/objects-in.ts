import { type Problem, problemAt } from '@roadstead/definition';
import type { Json, JsonObject } from '@roadstead/foundation';
import type { TemplateDocument } from './template.ts';

export interface PlacedObject {
  readonly object: JsonObject;
  readonly document: TemplateDocument;
}

/** The Kubernetes objects of a document; what can be none is refused at the document's place. */
export function objectsIn(value: Json, document: TemplateDocument, problems: Problem[]): PlacedObject[] {
  return unfold(value).flatMap((one) => checked(one, document, problems));
}

/** The items of a `List` and of lists at the root; anything else is itself. Null, as empty documents are, is nothing. */
function unfold(value: Json): Json[] {
  if (value === null) return [];
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap(unfold);
  const { kind, items } = value as { readonly kind?: Json; readonly items?: Json };
  if (typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items))
    return (items as readonly Json[]).flatMap(unfold);
  return [value];
}

function checked(value: Json, document: TemplateDocument, problems: Problem[]): PlacedObject[] {
  const refuse = (code: string, message: string, hint: string): PlacedObject[] => {
    problems.push(problemAt(document.file, document.position, { code, message, hint }));
    return [];
  };
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return refuse('NOT_AN_OBJECT', 'the document is not a Kubernetes object', 'apiVersion, kind and metadata.name');
  const object = value as JsonObject;
  const { apiVersion, kind } = object;
  const metadata = (object['metadata'] ?? {}) as JsonObject;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string')
    return refuse('NOT_AN_OBJECT', 'the object has no apiVersion and kind', 'as apiVersion: v1 and kind: ConfigMap');
  if (metadata['generateName'] !== undefined) {
    return refuse(
      'GENERATE_NAME',
      `the ${kind} has generateName: each apply would make another one, and none could be found again`,
      'metadata.name; for Jobs, a name that changes with their content: sha256Short(…)',
    );
  }
  if (typeof metadata['name'] !== 'string' || metadata['name'] === '')
    return refuse('NO_NAME', `the ${kind} has no metadata.name`, 'metadata: {name: …}');
  return [{ object, document }];
}
