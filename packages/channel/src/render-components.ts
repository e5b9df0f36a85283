import { type Problem, problemAt } from '@roadstead/definition';
import type { JsonObject } from '@roadstead/foundation';
import type { Bindings } from './cel.ts';
import type { ComponentFolder } from './channel.ts';
import { kindScopes, withNamespace } from './kind-scopes.ts';
import { objectsIn, type PlacedObject } from './objects-in.ts';
import { orderByNeeds } from './order-by-needs.ts';
import type { ReleaseComponent } from './release.ts';
import type { RenderContext } from './render-release.ts';
import { renderCondition, renderDocument } from './render-template.ts';
import type { TemplateDocument } from './template.ts';

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
  const asked = renderCondition(includeWhen, bindings);
  if ('holds' in asked) return asked.holds;
  problems.push(asked.problem);
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
  const complete = objects.map(({ object, file, places }) => {
    const placed = withNamespace(object, folder.namespace, input.scopes);
    const identity = identityOf(placed);
    const other = input.seen.get(identity);
    if (other !== undefined) {
      input.problems.push(
        problemAt(file, places.value(['metadata', 'name']), {
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
  const rendered = renderDocument(document, bindings);
  if ('problem' in rendered) {
    problems.push(rendered.problem);
    return [];
  }
  const { file } = document;
  return rendered.values.flatMap(({ value, places }) => objectsIn({ value, file, places }, problems));
}
