import { type Problem, problemAt } from '@roadstead/definition';
import type { Json, JsonObject } from '@roadstead/foundation';
import type { Bindings } from './cel.ts';
import type { ComponentFolder } from './channel.ts';
import { kindScopes, withNamespace } from './kind-scopes.ts';
import { orderByNeeds } from './order-by-needs.ts';
import type { ReleaseComponent } from './release.ts';
import type { RenderContext } from './render-release.ts';
import { renderDocument } from './render-template.ts';
import type { TemplateDocument } from './template.ts';

interface PlacedObject {
  readonly object: JsonObject;
  readonly document: TemplateDocument;
}

interface RenderedFolder {
  readonly folder: ComponentFolder;
  readonly objects: readonly PlacedObject[];
}

/** Renders the components that are included, in an order that keeps `needs`. */
export function renderComponents(context: RenderContext, bindings: Bindings): ReleaseComponent[] {
  const { problems } = context;
  const included = context.channel.components.filter((folder) => isIncluded(folder, bindings, problems));
  const rendered = included.map((folder) => ({
    folder,
    objects: folder.documents.flatMap((document) => objectsOf(document, bindings, problems)),
  }));
  const scopes = kindScopes(rendered.flatMap(({ objects }) => objects.map(({ object }) => object)));
  const seen = new Map<string, string>();
  const components = rendered.map(({ folder, objects }) =>
    component({ folder, objects }, { scopes, seen, included, problems }),
  );
  const ordered = orderByNeeds(components);
  return 'order' in ordered ? ordered.order : components;
}

function isIncluded({ includeWhen }: ComponentFolder, bindings: Bindings, problems: Problem[]): boolean {
  if (includeWhen === undefined) return true;
  const rendered = renderDocument(
    { kind: 'directive', includeWhen, forEach: [], body: { kind: 'value', value: true } },
    bindings,
  );
  if (!('problem' in rendered)) return rendered.values.length > 0;
  problems.push(rendered.problem);
  return false;
}

function component(
  { folder, objects }: RenderedFolder,
  input: {
    readonly scopes: ReturnType<typeof kindScopes>;
    readonly seen: Map<string, string>;
    readonly included: readonly ComponentFolder[];
    readonly problems: Problem[];
  },
): ReleaseComponent {
  const complete = objects.map(({ object, document }) => {
    const placed = withNamespace(object, folder.namespace, input.scopes);
    const identity = identityOf(placed);
    const other = input.seen.get(identity);
    if (other !== undefined) {
      input.problems.push(
        problemAt(document.file, document.position, {
          code: 'OBJECT_TWICE',
          message: `${identity} is there already, in component ${other}`,
          hint: 'an object stands once in a channel',
        }),
      );
    }
    input.seen.set(identity, folder.name);
    return placed;
  });
  const names = input.included.map(({ name }) => name);
  return {
    name: folder.name,
    needs: folder.needs.filter((need) => names.includes(need)),
    objects: complete,
    ...(folder.class === undefined ? {} : { class: folder.class }),
  };
}

/** `apps/Deployment kube-system/coredns`: what makes two objects the same one, whatever the version of their API. */
function identityOf(object: JsonObject): string {
  const group = String(object['apiVersion']).split('/').slice(0, -1).join('');
  const { name, namespace } = (object['metadata'] ?? {}) as { readonly name?: string; readonly namespace?: string };
  return `${group === '' ? '' : `${group}/`}${String(object['kind'])} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

function objectsOf(document: TemplateDocument, bindings: Bindings, problems: Problem[]): PlacedObject[] {
  const rendered = renderDocument(document.template, bindings);
  if ('problem' in rendered) {
    problems.push(rendered.problem);
    return [];
  }
  return rendered.values.flatMap(({ value }) => unfold(value).flatMap((one) => checked(one, document, problems)));
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
