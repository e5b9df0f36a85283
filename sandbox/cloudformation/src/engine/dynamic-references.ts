import type { Place } from '@roadstead/sandbox-gateway';
import { AwsError } from '@roadstead/sandbox-gateway';
import { validationError } from '../template/errors.ts';
import { isJsonObject, type JsonObject } from '../template/parse.ts';
import { textAt } from '../types/values.ts';
import type { Engine } from './engine.ts';

const pattern = /\{\{resolve:([^:}]+):([^}]*)\}\}/g;

/** The dynamic references in a value, as `service:rest`. */
export function dynamicReferences(value: unknown): string[] {
  if (typeof value === 'string') return [...value.matchAll(pattern)].map((match) => `${match[1]}:${match[2]}`);
  if (Array.isArray(value)) return value.flatMap(dynamicReferences);
  return isJsonObject(value) ? Object.values(value).flatMap(dynamicReferences) : [];
}

/** Refuses the kinds of dynamic reference that are not carried. */
export function checkDynamicReferences(value: unknown): void {
  const other = dynamicReferences(value).find((reference) => !reference.startsWith('ssm:'));
  if (other !== undefined) {
    throw validationError(
      `Template error: dynamic reference {{resolve:${other}}} is not carried by the sandbox: only ssm is`,
    );
  }
}

/** The value with `{{resolve:ssm:name}}` and `{{resolve:ssm:name:version}}` replaced by what Parameter Store holds. */
export async function resolveDynamicReferences(engine: Engine, place: Place, value: JsonObject): Promise<JsonObject> {
  const names = [...new Set(dynamicReferences(value))];
  if (names.length === 0) return value;
  const found = new Map<string, string>();
  for (const name of names) found.set(name, await readParameter(engine, place, name.slice('ssm:'.length)));
  const replaced = replaceIn(value, (name) => found.get(name) ?? '');
  return isJsonObject(replaced) ? replaced : {};
}

function replaceIn(value: unknown, find: (name: string) => string): unknown {
  if (typeof value === 'string') {
    return value.replaceAll(pattern, (_, service: string, rest: string) => find(`${service}:${rest}`));
  }
  if (Array.isArray(value)) return value.map((member) => replaceIn(member, find));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, replaceIn(member, find)]));
}

/** Reads a plain parameter; a SecureString or a missing one is refused as CloudFormation does. */
export async function readParameter(engine: Engine, place: Place, name: string): Promise<string> {
  try {
    const answer = await engine.context.backend.call(place, 'ssm', 'GetParameter', { Name: name });
    const type = textAt(answer, 'Parameter', 'Type');
    if (type === 'SecureString')
      throw validationError(`SSM parameter ${name} is a SecureString, which ssm references do not read`);
    return textAt(answer, 'Parameter', 'Value');
  } catch (error) {
    if (error instanceof AwsError && error.code === 'ParameterNotFound') {
      throw validationError(`Unable to fetch parameters [${name}] from parameter store for this account.`);
    }
    throw error;
  }
}
