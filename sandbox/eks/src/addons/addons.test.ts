import { AwsError } from '@roadstead/sandbox-gateway';
import { describe, expect, it } from 'vitest';
import { withoutField } from '../kube/field-path.ts';
import { type ObjectAddress, pathOf } from '../kube/resources.ts';
import { type AddonHealth, nextAddonStatus } from './addon-status.ts';
import { catalogue, catalogueAddon, defaultRelease, releasesFor } from './catalogue/catalogue.ts';
import { type AddonFacts, allMinors } from './catalogue/catalogue-addon.ts';
import { readConfiguration, schemaText } from './configuration.ts';
import { isWhole } from './readiness.ts';

const facts = (values: Record<string, unknown>): AddonFacts => ({
  version: 'v1.0.0-eksbuild.1',
  clusterName: 'shop',
  region: 'eu-central-1',
  vpcId: 'vpc-1',
  serviceCidr: '172.20.0.0/16',
  serviceAccountRoleArn: undefined,
  values,
});

describe('the catalogue', () => {
  it.each(catalogue.flatMap((addon) => allMinors.map((minor) => [addon.name, minor] as const)))(
    '%s has two builds and one default for %s',
    (name, minor) => {
      const addon = catalogueAddon(name);
      if (addon === undefined) throw new Error(name);
      expect(releasesFor(addon, minor).length).toBeGreaterThanOrEqual(2);
      expect(releasesFor(addon, minor).filter((release) => release.isDefault)).toHaveLength(1);
      expect(defaultRelease(addon, minor)).toBeDefined();
    },
  );

  it.each(catalogue.map((addon) => [addon.name]))('%s makes objects that the table of kinds knows', (name) => {
    const objects = catalogueAddon(name)?.objects(facts({})) ?? [];
    const paths = objects.map((object) => pathOf({ ...object, ...object.metadata } as ObjectAddress));
    expect(new Set(paths).size).toBe(objects.length);
    expect(objects.length).toBeGreaterThan(1);
  });

  it('gives DNS the tenth address of the service range', () => {
    const service = catalogueAddon('coredns')
      ?.objects(facts({}))
      .find((object) => object.kind === 'Service');
    expect(service).toMatchObject({ spec: { clusterIP: '172.20.0.10' } });
  });

  it('applies tolerations, selectors, replicas and resources of the configuration', () => {
    const values = {
      tolerations: [{ key: 'CriticalAddonsOnly', operator: 'Exists' }],
      nodeSelector: { nodeType: 'systemNode' },
      replicaCount: 3,
      resources: { requests: { cpu: '1' } },
    };
    const found = catalogueAddon('coredns')
      ?.objects(facts(values))
      .find((object) => object.kind === 'Deployment');
    expect(found).toMatchObject({
      spec: {
        replicas: 3,
        template: {
          spec: {
            tolerations: values.tolerations,
            nodeSelector: { nodeType: 'systemNode', 'kubernetes.io/os': 'linux' },
            containers: [{ resources: { requests: { cpu: '1' } } }],
          },
        },
      },
    });
  });

  it('sets environment variables of the CNI', () => {
    const found = catalogueAddon('vpc-cni')
      ?.objects(facts({ env: { WARM_ENI_TARGET: '2' } }))
      .find((object) => object.kind === 'DaemonSet');
    expect(JSON.stringify(found)).toContain('{"name":"WARM_ENI_TARGET","value":"2"}');
  });
});

describe('configuration values', () => {
  const subject = { clusterName: 'shop', addonName: 'coredns' };
  const coredns = catalogueAddon('coredns') ?? catalogue[0];
  it.each<[string, string | undefined, RegExp | undefined]>([
    ['none', undefined, undefined],
    ['good', '{"replicaCount": 3}', undefined],
    ['an unknown key', '{"replicas": 3}', /\$\.replicas: is not defined in the schema/],
    ['a wrong type', '{"replicaCount": "3"}', /\$\.replicaCount: string found, integer expected/],
    ['too low', '{"replicaCount": 0}', /minimum value of 1/],
    [
      'a wrong effect',
      '{"tolerations": [{"effect": "Never"}]}',
      /\$\.tolerations\[0\]\.effect: does not have a value in the enumeration/,
    ],
    ['broken JSON', '{"replicaCount": }', /not valid JSON/],
    ['YAML', 'replicaCount: 3', /does not implement/],
  ])('%s', (_title, source, refusal) => {
    if (coredns === undefined) throw new Error('no add-on');
    const read = readConfiguration(coredns, source, subject);
    if (refusal === undefined) expect(read).not.toBeInstanceOf(AwsError);
    else expect(read).toMatchObject({ message: expect.stringMatching(refusal) });
  });

  it('have a published schema', () => {
    if (coredns === undefined) throw new Error('no add-on');
    expect(JSON.parse(schemaText(coredns))).toMatchObject({ definitions: { Values: { additionalProperties: false } } });
  });
});

describe('the status of an add-on', () => {
  const health: AddonHealth = {
    status: 'CREATING',
    everActive: false,
    whole: false,
    unreadyMs: 0,
    degradedAfterMs: 100,
    failedAfterMs: 1000,
  };
  it.each<[string, Partial<AddonHealth>, string]>([
    ['stays CREATING for a while', {}, 'CREATING'],
    ['is ACTIVE when whole', { whole: true }, 'ACTIVE'],
    ['is DEGRADED while no node takes its pods', { unreadyMs: 100 }, 'DEGRADED'],
    ['fails when it never was whole', { status: 'DEGRADED', unreadyMs: 1000 }, 'CREATE_FAILED'],
    ['does not fail once it was ACTIVE', { status: 'DEGRADED', everActive: true, unreadyMs: 5000 }, 'DEGRADED'],
    ['comes back', { status: 'DEGRADED', everActive: true, whole: true }, 'ACTIVE'],
    ['tolerates a short gap', { status: 'ACTIVE', everActive: true, unreadyMs: 50 }, 'ACTIVE'],
    ['is left alone while updating', { status: 'UPDATING', whole: true }, 'UPDATING'],
    ['does not rise from CREATE_FAILED', { status: 'CREATE_FAILED', whole: true }, 'CREATE_FAILED'],
  ])('%s', (_title, change, expected) => {
    expect(nextAddonStatus({ ...health, ...change })).toBe(expected);
  });

  it.each([
    [
      'a Deployment with all',
      {
        kind: 'Deployment',
        metadata: { generation: 2 },
        spec: { replicas: 2 },
        status: { observedGeneration: 2, availableReplicas: 2, updatedReplicas: 2 },
      },
      true,
    ],
    [
      'a Deployment not yet seen',
      {
        kind: 'Deployment',
        metadata: { generation: 3 },
        spec: { replicas: 2 },
        status: { observedGeneration: 2, availableReplicas: 2, updatedReplicas: 2 },
      },
      false,
    ],
    [
      'a Deployment with old replicas',
      {
        kind: 'Deployment',
        metadata: { generation: 2 },
        spec: { replicas: 2 },
        status: { observedGeneration: 2, availableReplicas: 2, updatedReplicas: 1 },
      },
      false,
    ],
    [
      'a DaemonSet without nodes',
      {
        kind: 'DaemonSet',
        metadata: { generation: 1 },
        status: { observedGeneration: 1, desiredNumberScheduled: 0, numberReady: 0 },
      },
      true,
    ],
    [
      'a DaemonSet that waits',
      {
        kind: 'DaemonSet',
        metadata: { generation: 1 },
        status: { observedGeneration: 1, desiredNumberScheduled: 2, numberReady: 1, updatedNumberScheduled: 2 },
      },
      false,
    ],
  ])('counts %s', (_title, object, expected) => {
    expect(isWhole(object)).toBe(expected);
  });
});

describe('a field of a conflict', () => {
  const object = {
    spec: {
      replicas: 2,
      template: {
        spec: {
          containers: [
            { name: 'a', image: 'x' },
            { name: 'b', image: 'y' },
          ],
        },
      },
    },
    metadata: { finalizers: ['f', 'g'] },
  };
  it.each([
    ['.spec.replicas', { ...object, spec: { template: object.spec.template } }],
    [
      '.spec.template.spec.containers[name="b"].image',
      {
        ...object,
        spec: { replicas: 2, template: { spec: { containers: [{ name: 'a', image: 'x' }, { name: 'b' }] } } },
      },
    ],
    [
      '.spec.template.spec.containers[name="a"]',
      { ...object, spec: { replicas: 2, template: { spec: { containers: [{ name: 'b', image: 'y' }] } } } },
    ],
    ['.metadata.finalizers[="f"]', { ...object, metadata: { finalizers: ['g'] } }],
    ['.spec.absent.deep', object],
  ])('%s is left out', (path, expected) => {
    expect(withoutField(object, path)).toEqual(expected);
  });
});
