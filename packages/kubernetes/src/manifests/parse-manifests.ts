import { isRecord, type JsonRecord, type KubernetesObject, recordAt } from '../objects/kubernetes-object.ts';
import { describeRef, keyOf, type ObjectRef, refOf } from '../objects/object-ref.ts';
import { parseKubectlYaml, type YamlDocument } from './kubectl-yaml.ts';

export interface ManifestProblem {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly hint: string;
}

export interface ManifestObject {
  readonly object: KubernetesObject;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface Manifests {
  readonly objects: readonly ManifestObject[];
  readonly problems: readonly ManifestProblem[];
}

type Path = readonly (string | number)[];
interface Source {
  readonly file: string;
  readonly positionOf: (offset: number) => { readonly line: number; readonly column: number };
  readonly document: YamlDocument;
}

/**
 * Reads one file as kubectl would: YAML or JSON, many documents, lists opened up. What cannot be an object of a release is a
 * problem with its position; the rest is read all the same. Order is the file's.
 */
export function parseManifests(text: string, file: string): Manifests {
  const positionOf = positionsOf(text);
  const parts = parseKubectlYaml(text).map((document) => readDocument({ file, positionOf, document }));
  return withoutDuplicates({
    objects: parts.flatMap((part) => part.objects),
    problems: parts.flatMap((part) => part.problems),
  });
}

/** Refuses the second of two objects of one identity, in one file or several. Identity is group, kind, namespace and name. */
export function withoutDuplicates({ objects, problems }: Manifests): Manifests {
  const first = new Map<string, ManifestObject>();
  const kept: ManifestObject[] = [];
  const doubles = objects.flatMap((entry): ManifestProblem[] => {
    const ref = identityOf(entry.object);
    const earlier = first.get(keyOf(ref));
    if (earlier === undefined) {
      first.set(keyOf(ref), entry);
      kept.push(entry);
      return [];
    }
    const { file, line, column } = entry;
    const message = `${describeRef(ref)} is declared twice`;
    return [
      {
        file,
        line,
        column,
        message,
        hint: `The first is at ${earlier.file}:${earlier.line}:${earlier.column}; keep one of them.`,
      },
    ];
  });
  return { objects: kept, problems: [...problems, ...doubles] };
}

/** Without the server a kind's scope is not known: an object without namespace and one in `default` may be the same. */
function identityOf(object: KubernetesObject): ObjectRef {
  const { namespace, ...ref } = refOf(object);
  return namespace === undefined || namespace === 'default' ? ref : { ...ref, namespace };
}

function readDocument(source: Source): Manifests {
  const { document } = source;
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => ({
      file: source.file,
      ...source.positionOf(error.offset),
      message: `not YAML: ${error.message}`,
      hint: 'Quote the text, or mend its indentation.',
    }));
    return { objects: [], problems };
  }
  return readValue(source, document.value, []);
}

function readValue(source: Source, value: unknown, path: Path): Manifests {
  if (isRecord(value) && typeof value.kind === 'string' && value.kind.endsWith('List') && Array.isArray(value.items)) {
    const parts = value.items.map((item, index) =>
      readValue(source, withListKind(value, item), [...path, 'items', index]),
    );
    return { objects: parts.flatMap((part) => part.objects), problems: parts.flatMap((part) => part.problems) };
  }
  const found = refusalOf(value);
  if (found !== undefined)
    return { objects: [], problems: [problemAt(source, [...path, ...found.at], found.message, found.hint)] };
  if (!isRecord(value)) return { objects: [], problems: [] };
  const position = source.positionOf(source.document.offsetOf(path));
  return { objects: [{ object: toObject(value), file: source.file, ...position }], problems: [] };
}

/** Items of a `ConfigMapList` may leave out what the list says for all. */
function withListKind(list: JsonRecord, item: unknown): unknown {
  if (!isRecord(item) || list.kind === 'List' || typeof list.kind !== 'string') return item;
  return { apiVersion: list.apiVersion, kind: list.kind.slice(0, -'List'.length), ...item };
}

interface Refusal {
  readonly at: Path;
  readonly message: string;
  readonly hint: string;
}

function refusalOf(value: unknown): Refusal | undefined {
  if (!isRecord(value))
    return {
      at: [],
      message: 'a manifest is a map with apiVersion, kind and metadata',
      hint: 'Put other files outside of the manifests folder.',
    };
  for (const name of ['apiVersion', 'kind'] as const) {
    if (typeof value[name] !== 'string' || value[name] === '') {
      return {
        at: [name],
        message: `${name} is ${value[name] === undefined ? 'missing' : 'not text'}`,
        hint: 'Every object says its apiVersion and kind.',
      };
    }
  }
  const metadata = recordAt(value, 'metadata') ?? {};
  const called = `${String(value.kind)} of ${String(value.apiVersion)}`;
  if (metadata.name === undefined && metadata.generateName !== undefined) {
    return {
      at: ['metadata', 'generateName'],
      message: `${called} has generateName, so every apply would make another object`,
      hint: 'Give it a name; a release has the same names every time.',
    };
  }
  if (metadata.name === undefined)
    return { at: ['metadata'], message: `${called} has no metadata.name`, hint: 'Give it a name.' };
  if (typeof metadata.name !== 'string' || metadata.name === '') return notText(['metadata', 'name'], metadata.name);
  if (/[/%]|^\.{1,2}$/.test(metadata.name))
    return {
      at: ['metadata', 'name'],
      message: `"${metadata.name}" cannot be a name`,
      hint: 'A name holds no slash and no percent sign, and is neither . nor ..',
    };
  if (metadata.namespace !== undefined && typeof metadata.namespace !== 'string')
    return notText(['metadata', 'namespace'], metadata.namespace);
  return wrongLabels('labels', metadata.labels) ?? wrongLabels('annotations', metadata.annotations);
}

function wrongLabels(where: 'labels' | 'annotations', values: unknown): Refusal | undefined {
  if (values === undefined || values === null) return undefined;
  if (!isRecord(values))
    return { at: ['metadata', where], message: `metadata.${where} is not a map`, hint: 'Write name: "text".' };
  const wrong = Object.entries(values).find(([, value]) => typeof value !== 'string');
  return wrong === undefined ? undefined : notText(['metadata', where, wrong[0]], wrong[1]);
}

function notText(at: Path, value: unknown): Refusal {
  return {
    at,
    message: `${at.join('.')} is ${JSON.stringify(value)}, not text`,
    hint: `Quote it: "${String(value)}". YAML reads words like on, no and 012 as something else.`,
  };
}

/** `creationTimestamp: null` and `status` are what generators leave behind; neither is ours to set. */
function toObject(value: JsonRecord): KubernetesObject {
  const { status: _status, ...rest } = value;
  const { creationTimestamp: _made, labels, annotations, ...metadata } = recordAt(value, 'metadata') ?? {};
  const kept = { ...(isRecord(labels) ? { labels } : {}), ...(isRecord(annotations) ? { annotations } : {}) };
  return { ...rest, metadata: { ...metadata, ...kept } } as KubernetesObject;
}

function problemAt(source: Source, path: Path, message: string, hint: string): ManifestProblem {
  return { file: source.file, ...source.positionOf(source.document.offsetOf(path)), message, hint };
}

function positionsOf(text: string): Source['positionOf'] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}
