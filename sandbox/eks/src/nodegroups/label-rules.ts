import type { AwsError } from '@roadstead/sandbox-gateway';
import type { Taint } from '../ports.ts';
import { type ErrorSubject, invalidParameter } from '../shared/errors.ts';
import { type Members, records, text } from '../shared/read.ts';

const reservedPrefixes = ['kubernetes.io/', 'k8s.io/', 'eks.amazonaws.com/'];
const namePattern = /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;
const prefixPattern = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

export function refuseLabels(subject: ErrorSubject, labels: Readonly<Record<string, string>>): AwsError | undefined {
  if (Object.keys(labels).length > 50) return invalidParameter('A maximum of 50 labels can be specified', subject);
  for (const [key, value] of Object.entries(labels)) {
    if (reservedPrefixes.some((prefix) => key.startsWith(prefix))) {
      return invalidParameter(`Label cannot contain reserved prefixes [${reservedPrefixes.join(', ')}]`, subject);
    }
    if (!isQualifiedName(key) || !(value === '' || namePattern.test(value))) {
      return invalidParameter(`The label ${key}=${value} is not a valid Kubernetes label`, subject);
    }
  }
  return undefined;
}

export function refuseTaints(subject: ErrorSubject, taints: readonly Taint[]): AwsError | undefined {
  if (taints.length > 50) return invalidParameter('A maximum of 50 taints can be specified', subject);
  const seen = new Set<string>();
  for (const taint of taints) {
    const value = taint.value ?? '';
    if (!isQualifiedName(taint.key) || !(value === '' || namePattern.test(value))) {
      return invalidParameter(`The taint ${taint.key}=${value} is not a valid Kubernetes taint`, subject);
    }
    if (reservedPrefixes.some((prefix) => taint.key.startsWith(prefix))) {
      return invalidParameter(`Taint cannot contain reserved prefixes [${reservedPrefixes.join(', ')}]`, subject);
    }
    const id = `${taint.key}:${taint.effect}`;
    if (seen.has(id)) return invalidParameter(`The taint ${id} is specified more than once`, subject);
    seen.add(id);
  }
  return undefined;
}

function isQualifiedName(key: string): boolean {
  const at = key.indexOf('/');
  if (at < 0) return namePattern.test(key);
  return prefixPattern.test(key.slice(0, at)) && namePattern.test(key.slice(at + 1));
}

const effects: Readonly<Record<string, string>> = {
  NO_SCHEDULE: 'NoSchedule',
  NO_EXECUTE: 'NoExecute',
  PREFER_NO_SCHEDULE: 'PreferNoSchedule',
};

/** Taints of a request in Kubernetes' words. */
export function readTaints(source: Members, key: string): readonly Taint[] {
  return records(source, key).map((taint) => {
    const value = text(taint, 'value');
    const effect = effects[text(taint, 'effect') ?? ''] ?? '';
    return { key: text(taint, 'key') ?? '', effect, ...(value === undefined ? {} : { value }) };
  });
}

export function taintView(taint: Taint): Record<string, unknown> {
  const effect = Object.entries(effects).find(([, word]) => word === taint.effect)?.[0];
  return { key: taint.key, effect, ...(taint.value === undefined ? {} : { value: taint.value }) };
}
