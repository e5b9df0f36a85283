import { isRecord, type JsonRecord, type KubernetesObject, recordAt } from '../objects/kubernetes-object.ts';

export function isSecret(object: { readonly apiVersion: string; readonly kind: string }): boolean {
  return object.kind === 'Secret' && object.apiVersion === 'v1';
}

/**
 * A Secret as it is sent: `stringData` becomes `data`. The server would store it there and leave us the owner of a field
 * that no longer is, so that a key that the release drops would stay for ever. Any other object as it is.
 */
export function withStoredValues(object: KubernetesObject): KubernetesObject {
  const { stringData, ...rest } = object;
  if (!isSecret(object) || (!isRecord(stringData) && !isRecord(object.data))) return object;
  const plain = Object.entries(isRecord(stringData) ? stringData : {}).map(
    ([name, text]) => [name, Buffer.from(String(text ?? '')).toString('base64')] as const,
  );
  const encoded = Object.entries(recordAt(object, 'data') ?? {}).map(
    ([name, value]) => [name, asServerWrites(value)] as const,
  );
  return { ...rest, data: Object.fromEntries([...encoded, ...plain]) };
}

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Without the line breaks of folded base64, and encoded once more; what is no base64 stays for the server to refuse. */
function asServerWrites(value: unknown): unknown {
  if (value === null) return '';
  if (typeof value !== 'string') return value;
  const text = value.replace(/[\r\n]/g, '');
  return base64.test(text) ? Buffer.from(text, 'base64').toString('base64') : value;
}

/** Which values of a Secret are no text, in words without the value: the server's own refusal would quote it. */
export function wrongSecretValues(object: KubernetesObject): string | undefined {
  if (!isSecret(object)) return undefined;
  const wrong = ['data', 'stringData'].flatMap((member) =>
    Object.entries(recordAt(object, member) ?? {})
      .filter(([, value]) => typeof value !== 'string' && value !== null)
      .map(([name]) => `${member}.${name}`),
  );
  if (wrong.length === 0) return undefined;
  return `${wrong.join(', ')} ${wrong.length === 1 ? 'is' : 'are'} not text: put quotes around it`;
}

/** The object with the names of a Secret's values in their place. */
export function withoutSecretValues(object: KubernetesObject): JsonRecord {
  return isRecord(object.data) ? { ...object, data: Object.keys(object.data).sort() } : object;
}

/** True when every value that we want in a Secret is there. */
export function secretValuesMatch(desired: KubernetesObject, live: KubernetesObject): boolean {
  const held = recordAt(live, 'data') ?? {};
  return Object.entries(recordAt(desired, 'data') ?? {}).every(([name, value]) => held[name] === value);
}
