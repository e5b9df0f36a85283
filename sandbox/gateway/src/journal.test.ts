import { describe, expect, it } from 'vitest';
import { createBackend } from './backend.ts';
import { Journal, madeBy, resourceOf, summarise } from './journal.ts';

const call = { by: 'client', account: '1', region: 'r', service: 'eks', operation: 'CreateCluster' } as const;

describe('the journal', () => {
  const entry = {
    id: 'a',
    time: 't',
    service: 'eks',
    operation: 'X',
    account: '1',
    region: 'r',
    caller: 'c',
    input: {},
  };

  it('numbers requests without gaps and counts what may change something', () => {
    const journal = new Journal();
    journal.begin({ ...entry, mutating: true });
    journal.begin({ ...entry, mutating: false });
    expect(journal.totals).toEqual({ seq: 2, mutating: 1 });
    expect(journal.since(1).map(({ seq }) => seq)).toEqual([2]);
  });

  it('keeps its numbers when it forgets the oldest', () => {
    const journal = new Journal(2);
    for (let count = 0; count < 5; count++) journal.begin({ ...entry, mutating: true });
    expect(journal.since(0).map(({ seq }) => seq)).toEqual([4, 5]);
    expect(journal.totals.mutating).toBe(5);
  });

  it('tells the same entries after a number, however many it has forgotten', () => {
    const journal = new Journal(30);
    for (let seq = 1; seq <= 100; seq++) {
      journal.begin({ ...entry, mutating: true });
      for (const after of [0, seq - 40, seq - 30, seq - 7, seq - 1, seq, seq + 5]) {
        const wanted = Array.from({ length: seq }, (_, index) => index + 1).slice(-30);
        expect(journal.since(after).map((one) => one.seq)).toEqual(wanted.filter((one) => one > after));
      }
    }
  });

  it('tells a repeated create from a thing made twice', () => {
    const journal = new Journal();
    for (const arn of ['arn:1', 'arn:1', 'arn:2']) journal.count(call, { name: 'shop' }, { cluster: { arn } });
    expect(journal.counts).toMatchObject([{ resource: 'name=shop', count: 3, made: ['arn:1', 'arn:2'] }]);
  });
});

describe('calls of the sandbox’s own services', () => {
  it('are told once for each service that calls, reads included', async () => {
    const journal = new Journal();
    const cluster = { operations: new Set(['ListClusters']), service: 'eks', handle: async () => ({}) };
    const parts = { models: {} as never, upstream: {} as never, services: new Map([['eks', cluster]]), journal };
    const place = { account: '1', region: 'r' };
    const cloudFormation = createBackend({ ...parts, newId: () => 'id', by: 'cloudformation' });
    await cloudFormation.call(place, 'eks', 'ListClusters');
    await cloudFormation.call(place, 'eks', 'ListClusters');
    await createBackend({ ...parts, newId: () => 'id' }).call(place, 'eks', 'ListClusters');
    expect(journal.serviceCalls).toEqual([{ by: 'cloudformation', service: 'eks', operation: 'ListClusters' }]);
  });
});

describe('what a call is about', () => {
  it.each([
    [
      { clusterName: 'a', nodegroupName: 'b', clientRequestToken: 't', subnets: ['s'] },
      'clusterName=a nodegroupName=b',
    ],
    [{ StackName: 's', TemplateBody: '…', ClientRequestToken: 't' }, 'StackName=s'],
    [{ CidrBlock: '10.0.0.0/16' }, 'CidrBlock=10.0.0.0/16'],
    [undefined, ''],
  ])('%j → %s', (input, resource) => {
    expect(resourceOf(input)).toBe(resource);
  });

  it.each([
    [{ cluster: { name: 'x', arn: 'arn:c', id: 'i' } }, 'arn:c'],
    [{ StackId: 'arn:s' }, 'arn:s'],
    [{ Vpc: { VpcId: 'vpc-1' } }, 'vpc-1'],
    [{ update: { id: 'u-1' } }, 'u-1'],
    [{}, undefined],
  ])('%j made %s', (output, made) => {
    expect(madeBy(output)).toBe(made);
  });
});

describe('a summary', () => {
  it('hides secrets by name at any depth, and bytes', () => {
    const input = {
      password: 'p',
      nested: { SecretString: 's', list: [{ token: 't' }] },
      UserData: 'u',
      blob: new Uint8Array(3),
    };
    expect(JSON.stringify(summarise(input))).toBe(
      '{"password":"(hidden)","nested":{"SecretString":"(hidden)","list":[{"token":"(hidden)"}]},"UserData":"(hidden)","blob":"(3 bytes)"}',
    );
  });

  it('keeps idempotency tokens and cuts long texts', () => {
    expect(summarise({ clientRequestToken: 'a', TemplateBody: 'x'.repeat(300) })).toEqual({
      clientRequestToken: 'a',
      TemplateBody: `${'x'.repeat(256)}… (300)`,
    });
  });
});
