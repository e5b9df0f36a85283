import { type Path, type PositionIndex, type Problem, problemAt } from '@roadstead/definition';
import type { Json, JsonObject } from '@roadstead/foundation';
import { placesUnder } from './locate.ts';

/** A value and where its parts stand. */
interface PlacedValue {
  readonly value: Json;
  readonly file: string;
  readonly places: PositionIndex;
}

/** A Kubernetes object and where its parts stand. */
export interface PlacedObject extends PlacedValue {
  readonly object: JsonObject;
}

/** The Kubernetes objects of a document; what can be none is refused at its place. */
export function objectsIn(document: PlacedValue, problems: Problem[]): PlacedObject[] {
  return unfold(document).flatMap((one) => checked(one, problems));
}

/** The items of a `List` and of lists at the root; anything else is itself. Null, as empty documents are, is nothing. */
function unfold({ value, file, places }: PlacedValue): PlacedValue[] {
  if (value === null) return [];
  const items = itemsOf(value);
  if (items === undefined) return [{ value, file, places }];
  return items.values.flatMap((item, index) =>
    unfold({ value: item, file, places: placesUnder(places, [...items.path, index]) }),
  );
}

function itemsOf(value: Json): { readonly values: readonly Json[]; readonly path: Path } | undefined {
  if (Array.isArray(value)) return { values: value as readonly Json[], path: [] };
  const { kind, items } = value as { readonly kind?: Json; readonly items?: Json };
  if (typeof kind !== 'string' || !kind.endsWith('List') || !Array.isArray(items)) return undefined;
  return { values: items as readonly Json[], path: ['items'] };
}

function checked(one: PlacedValue, problems: Problem[]): PlacedObject[] {
  const { value, file, places } = one;
  const refuse = (path: Path, fault: { code: string; message: string; hint: string }): PlacedObject[] => {
    problems.push(problemAt(file, places.key(path), fault));
    return [];
  };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const message = 'the document is not a Kubernetes object';
    return refuse([], { code: 'NOT_AN_OBJECT', message, hint: 'apiVersion, kind and metadata.name' });
  }
  const object = value as JsonObject;
  const { apiVersion, kind } = object;
  const metadata = (object['metadata'] ?? {}) as JsonObject;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') {
    const message = 'the object has no apiVersion and kind';
    return refuse([], { code: 'NOT_AN_OBJECT', message, hint: 'as apiVersion: v1 and kind: ConfigMap' });
  }
  if (metadata['generateName'] !== undefined) {
    const message = `the ${kind} has generateName: each apply would make another one, and none could be found again`;
    const hint = 'metadata.name; for Jobs, a name that changes with their content: sha256Short(…)';
    return refuse(['metadata', 'generateName'], { code: 'GENERATE_NAME', message, hint });
  }
  if (typeof metadata['name'] !== 'string' || metadata['name'] === '') {
    const hint = 'metadata: {name: …}';
    return refuse(['metadata', 'name'], { code: 'NO_NAME', message: `the ${kind} has no metadata.name`, hint });
  }
  return [{ ...one, object }];
}
