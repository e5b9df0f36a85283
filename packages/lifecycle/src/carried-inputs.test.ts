import type { Inputs } from '@roadstead/definition';
import { digestOf, RoadsteadError } from '@roadstead/foundation';
import type { KubernetesObject } from '@roadstead/kubernetes';
import { describe, expect, it } from 'vitest';
import { carryInputs, chooseInputs, readCarriedInputs } from './carried-inputs.ts';

const made = (release: string): Inputs => ({
  zones: [{ name: 'eu-central-1a', id: 'euc1-az2' }],
  amiReleases: { '1.36/arm64': release },
  addonVersions: {},
  instanceTypes: {},
});
const [one, two, three] = [made('r1'), made('r2'), made('r3')];

describe('the inputs to go on with', () => {
  it.each<[string, { inputs?: Inputs; inputsBase?: string } | undefined, Inputs | undefined, Inputs | undefined]>([
    ['are unknown while nothing is there', undefined, undefined, undefined],
    ['are the record’s while there is no cluster to carry any', { inputs: one }, undefined, one],
    ['are the cluster’s where there is no record', undefined, two, two],
    ['are the cluster’s where the record has none', {}, two, two],
    ['are the record’s where both say the same', { inputs: one }, one, one],
    ['are the record’s where its run was cut off before the cluster had them', at(two, one), one, two],
    ['are the cluster’s where another machine has rolled it since', { inputs: one }, two, two],
    ['are the cluster’s where another has rolled it since both', at(two, one), three, three],
  ])('%s', (_what, record, carried, expected) => {
    expect(chooseInputs(record, carried)).toEqual(expected);
  });

  function at(inputs: Inputs, base: Inputs) {
    return { inputs, inputsBase: digestOf(base) };
  }
});

describe('what a cluster carries', () => {
  const signal = new AbortController().signal;

  /** A server with one ConfigMap, which counts its writes. */
  function server(data?: unknown) {
    let stored: unknown = data === undefined ? undefined : { apiVersion: 'v1', kind: 'ConfigMap', metadata: {}, data };
    let writes = 0;
    return {
      writes: () => writes,
      client: {
        get: async () => stored as KubernetesObject | undefined,
        apply: async (object: KubernetesObject) => {
          stored = object;
          writes += 1;
          return { object, created: true };
        },
      },
    };
  }

  it('is read as it was written, and written once', async () => {
    const { client, writes } = server();
    expect(await readCarriedInputs(client, signal)).toBeUndefined();
    await carryInputs(client, one, signal);
    expect(await readCarriedInputs(client, signal)).toEqual(one);
    await carryInputs(client, one, signal);
    expect(writes()).toBe(1);
    await carryInputs(client, two, signal);
    expect(await readCarriedInputs(client, signal)).toEqual(two);
  });

  it.each([
    ['no inputs', {}],
    ['text', { inputs: 'by hand' }],
    ['another form', { inputs: '{"zones":[]}' }],
  ])('is nothing when somebody made it %s, and is written anew', async (_what, data) => {
    const { client, writes } = server(data);
    expect(await readCarriedInputs(client, signal)).toBeUndefined();
    await carryInputs(client, one, signal);
    expect(writes()).toBe(1);
  });

  it.each([
    ['KUBE_FORBIDDEN', 'nothing'],
    ['KUBE_UNAUTHORIZED', 'nothing'],
    ['KUBE_TIMEOUT', 'KUBE_TIMEOUT'],
  ])('is, for a server that answers %s, %s', async (code, expected) => {
    const get = () => Promise.reject(new RoadsteadError('no', { code }));
    const read = readCarriedInputs({ get }, signal).then(
      () => 'nothing',
      (error: RoadsteadError) => error.code,
    );
    expect(await read).toBe(expected);
  });
});
