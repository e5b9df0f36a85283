import { ControlRefusal } from '@roadstead/sandbox-gateway';
import type { NodeFault } from '@roadstead/sandbox-nodes';

/** A fault of the simulated machines, asked for through the control port. */
export interface NodeFaultRequest {
  readonly account: string;
  readonly region: string;
  readonly cluster: string;
  readonly fault: NodeFault;
}

const kinds = ['never-join', 'not-ready', 'image-unpullable', 'pod-crash', 'volume-stuck'] as const;

/**
 * `{"node": "image-unpullable", "cluster": "shop", "match": "nginx"}`; account and region default to the first of each.
 * `undefined` when the body is no fault of a node.
 */
export function readNodeFault(
  body: unknown,
  place: { readonly account: string; readonly region: string },
): NodeFaultRequest | undefined {
  if (typeof body !== 'object' || body === null || !('node' in body)) return undefined;
  const given = new Map<string, unknown>(Object.entries(body));
  const text = (name: string, otherwise?: string): string => {
    const value = given.get(name) ?? otherwise;
    if (typeof value !== 'string') throw new ControlRefusal(`A fault of a node needs ${name}, a text.`);
    return value;
  };
  const kind = kinds.find((known) => known === given.get('node'));
  if (kind === undefined) throw new ControlRefusal(`node is one of ${kinds.join(', ')}.`);
  return {
    account: text('account', place.account),
    region: text('region', place.region),
    cluster: text('cluster'),
    fault: { kind, match: text('match', '') },
  };
}
