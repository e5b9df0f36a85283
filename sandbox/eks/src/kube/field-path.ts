import { type Members, members } from '../shared/read.ts';

type Step = { readonly key: string } | { readonly match: Members } | { readonly value: unknown };

/**
 * The object without one field, named as server-side apply names conflicts:
 * `.spec.template.spec.containers[name="coredns"].image`, `.spec.finalizers[="x"]`. A field that is not there changes nothing.
 */
export function withoutField<T>(object: T, path: string): T {
  return without(object, parsePath(path)) as T;
}

function parsePath(path: string): readonly Step[] {
  const steps: Step[] = [];
  const pattern = /\.((?:[^.[\]])+)|\[([^\]]*)\]/g;
  for (const [, key, selector] of path.matchAll(pattern)) {
    if (key !== undefined) steps.push({ key });
    else if (selector !== undefined) steps.push(parseSelector(selector));
  }
  return steps;
}

function parseSelector(selector: string): Step {
  if (selector.startsWith('=')) return { value: JSON.parse(selector.slice(1)) };
  const pairs = selector.split(',').map((pair): [string, unknown] => {
    const at = pair.indexOf('=');
    return [pair.slice(0, at), JSON.parse(pair.slice(at + 1))];
  });
  return { match: Object.fromEntries(pairs) };
}

function without(value: unknown, steps: readonly Step[]): unknown {
  const [step, ...rest] = steps;
  if (step === undefined) return value;
  if ('key' in step) return withoutKey(value, step.key, rest);
  if (!Array.isArray(value)) return value;
  const hit = (item: unknown) =>
    'value' in step
      ? item === step.value
      : Object.entries(step.match).every(([key, wanted]) => members(item)[key] === wanted);
  if (rest.length === 0) return value.filter((item) => !hit(item));
  return value.map((item) => (hit(item) ? without(item, rest) : item));
}

function withoutKey(value: unknown, key: string, rest: readonly Step[]): unknown {
  const source = members(value);
  if (!(key in source)) return value;
  const { [key]: field, ...others } = source;
  return rest.length === 0 ? others : { ...others, [key]: without(field, rest) };
}
