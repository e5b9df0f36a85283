import type { Clock } from '@roadstead/foundation';
import { awsException, type Handler, type Handlers, type Input, objectAt } from './fake-handler.ts';

type Thing = Record<string, unknown> & { status: string; tags: Record<string, string> };

export interface FakeEks {
  readonly handlers: Handlers;
  readonly logHandlers: Handlers;
  readonly clusters: Map<string, Thing>;
  readonly nodeGroups: Map<string, Thing>;
  readonly addons: Map<string, Thing>;
  readonly entries: Map<string, Thing & { policies: Map<string, unknown> }>;
  readonly associations: Map<string, Thing>;
  readonly logGroups: Map<string, { logGroupName: string; retentionInDays?: number; storedBytes: number }>;
  /** Names of node groups that EKS cannot make, with the issue. */
  readonly failing: Map<string, { code: string; message: string; resourceIds: string[] }>;
}

/** EKS in memory for one cluster: creations, updates and deletions take a minute and exclude each other. */
export function fakeEks(clock: Clock): FakeEks {
  const clusters = new Map<string, Thing>();
  const nodeGroups = new Map<string, Thing>();
  const addons = new Map<string, Thing>();
  const entries = new Map<string, Thing & { policies: Map<string, unknown> }>();
  const associations = new Map<string, Thing>();
  const logGroups: FakeEks['logGroups'] = new Map();
  const failing: FakeEks['failing'] = new Map();
  const due: { at: number; run: () => void; update?: string }[] = [];
  const updates = new Map<string, { id: string; status: string; type: string }>();
  let serial = 0;

  const settle = () => {
    for (const entry of [...due]) {
      if (clock.monotonic() < entry.at) continue;
      due.splice(due.indexOf(entry), 1);
      entry.run();
    }
  };
  const later = (run: () => void) => due.push({ at: clock.monotonic() + 60_000, run });
  const absent = (what: string) => awsException('ResourceNotFoundException', `No ${what} found`);
  const need = <T>(map: Map<string, T>, name: unknown, what: string): T => {
    settle();
    const found = map.get(String(name));
    if (found === undefined) throw absent(`${what} found for name: ${String(name)}.`);
    return found;
  };
  const create = (
    map: Map<string, Thing>,
    name: string,
    thing: Record<string, unknown>,
    done: (thing: Thing) => void,
  ) => {
    settle();
    if (map.has(name)) throw awsException('ResourceInUseException', `${name} already exists`);
    const made: Thing = { ...thing, status: 'CREATING', tags: (thing.tags ?? {}) as Record<string, string> };
    delete made.clientRequestToken;
    map.set(name, made);
    later(() => {
      made.status = 'ACTIVE';
      done(made);
    });
    return made;
  };
  const update = (thing: Thing, type: string, apply: () => void) => {
    settle();
    if (thing.status !== 'ACTIVE' && thing.status !== 'DEGRADED') {
      throw awsException('ResourceInUseException', 'an update is in progress');
    }
    serial += 1;
    const record = { id: `update-${serial}`, status: 'InProgress', type };
    updates.set(record.id, record);
    thing.status = 'UPDATING';
    later(() => {
      apply();
      thing.status = 'ACTIVE';
      record.status = 'Successful';
    });
    return { update: record };
  };
  const remove = (map: Map<string, Thing>, name: unknown, what: string) => {
    const thing = need(map, name, what);
    thing.status = 'DELETING';
    later(() => map.delete(String(name)));
    return {};
  };

  const cluster: Handlers = {
    DescribeCluster: ({ name }) => ({ cluster: need(clusters, name, 'cluster') }),
    CreateCluster: (input) => {
      const name = String(input.name);
      return {
        cluster: create(
          clusters,
          name,
          { ...input, arn: `arn:aws:eks:eu-central-1:123456789012:cluster/${name}` },
          (made) => {
            Object.assign(made, {
              endpoint: `https://${name}.eks`,
              certificateAuthority: { data: 'Q0E=' },
              identity: { oidc: { issuer: `https://oidc/${name}` } },
              platformVersion: 'eks.1',
            });
            const logGroupName = `/aws/eks/${name}/cluster`;
            if (!logGroups.has(logGroupName)) logGroups.set(logGroupName, { logGroupName, storedBytes: 2 ** 31 });
          },
        ),
      };
    },
    UpdateClusterConfig: (input) => {
      const found = need(clusters, input.name, 'cluster');
      const kinds = Object.keys(input).filter((key) => key !== 'name' && key !== 'clientRequestToken');
      if (kinds.length !== 1)
        throw awsException('InvalidParameterException', 'Only one type of update can be allowed.');
      return update(found, kinds[0] ?? '', () => {
        for (const key of kinds) {
          const value = input[key];
          found[key] = typeof value === 'object' ? { ...objectAt(found, key), ...value } : value;
        }
      });
    },
    UpdateClusterVersion: (input) => {
      const found = need(clusters, input.name, 'cluster');
      return update(found, 'VersionUpdate', () => void (found.version = input.version));
    },
    DeleteCluster: (input) => {
      const found = need(clusters, input.name, 'cluster');
      // EKS user guide, deletion protection: it holds only for a control plane that is active.
      if (found.deletionProtection === true && found.status === 'ACTIVE') {
        throw awsException(
          'InvalidRequestException',
          'The cluster cannot be deleted because deletion protection is enabled',
        );
      }
      if (nodeGroups.size > 0) throw awsException('ResourceInUseException', 'Cluster has nodegroups attached');
      later(() => {
        entries.clear();
        addons.clear();
        associations.clear();
      });
      return remove(clusters, input.name, 'cluster');
    },
    DescribeUpdate: ({ updateId }) => ({ update: need(updates, updateId, 'update') }),
  };
  const groups: Handlers = {
    ListFargateProfiles: () => ({ fargateProfileNames: [] }),
    ListNodegroups: () => ({ nodegroups: (settle(), [...nodeGroups.keys()]) }),
    DescribeNodegroup: ({ nodegroupName }) => ({ nodegroup: need(nodeGroups, nodegroupName, 'node group') }),
    CreateNodegroup: (input) => {
      need(clusters, input.clusterName, 'cluster');
      const name = String(input.nodegroupName);
      const thing = { ...input, nodegroupArn: `arn:nodegroup/${name}` };
      return {
        nodegroup: create(nodeGroups, name, thing, (made) => {
          const issue = failing.get(name);
          if (issue === undefined) return;
          made.status = 'CREATE_FAILED';
          made.health = { issues: [issue] };
        }),
      };
    },
    UpdateNodegroupConfig: (input) => {
      const found = need(nodeGroups, input.nodegroupName, 'node group');
      return update(found, 'ConfigUpdate', () => {
        found.scalingConfig = { ...objectAt(found, 'scalingConfig'), ...objectAt(input, 'scalingConfig') };
        const labels = objectAt(input, 'labels');
        const kept = Object.entries(objectAt(found, 'labels')).filter(
          ([key]) => !((labels.removeLabels ?? []) as string[]).includes(key),
        );
        found.labels = { ...Object.fromEntries(kept), ...((labels.addOrUpdateLabels ?? {}) as object) };
      });
    },
    UpdateNodegroupVersion: (input) => {
      const found = need(nodeGroups, input.nodegroupName, 'node group');
      return update(found, 'VersionUpdate', () => {
        if (input.launchTemplate !== undefined) found.launchTemplate = input.launchTemplate;
        if (input.releaseVersion !== undefined) found.releaseVersion = input.releaseVersion;
        if (input.version !== undefined) found.version = input.version;
      });
    },
    DeleteNodegroup: ({ nodegroupName }) => remove(nodeGroups, nodegroupName, 'node group'),
  };
  const addonHandlers: Handlers = {
    ListAddons: () => ({ addons: (settle(), [...addons.keys()]) }),
    DescribeAddon: ({ addonName }) => ({ addon: need(addons, addonName, 'addon') }),
    CreateAddon: (input) => {
      need(clusters, input.clusterName, 'cluster');
      const name = String(input.addonName);
      const addonArn = `arn:addon/${name}`;
      for (const association of (input.podIdentityAssociations ?? []) as Input[]) {
        associate({ ...association, namespace: 'kube-system', ownerArn: addonArn });
      }
      return { addon: create(addons, name, { ...input, addonArn, podIdentityAssociations: [] }, () => undefined) };
    },
    UpdateAddon: (input) => {
      const found = need(addons, input.addonName, 'addon');
      return update(found, 'AddonUpdate', () => {
        for (const key of ['addonVersion', 'configurationValues'])
          if (input[key] !== undefined) found[key] = input[key];
      });
    },
    DeleteAddon: ({ addonName }) => remove(addons, addonName, 'addon'),
  };
  const access: Handlers = {
    ListAccessEntries: () => ({ accessEntries: [...entries.keys()] }),
    DescribeAccessEntry: ({ principalArn }) => ({ accessEntry: need(entries, principalArn, 'access entry') }),
    ListAssociatedAccessPolicies: ({ principalArn }) => ({
      associatedAccessPolicies: [...need(entries, principalArn, 'access entry').policies].map(
        ([policyArn, accessScope]) => ({
          policyArn,
          accessScope,
        }),
      ),
    }),
    CreateAccessEntry: (input) => {
      const principalArn = String(input.principalArn);
      if (entries.has(principalArn))
        throw awsException('ResourceInUseException', 'The specified access entry resource is already in use');
      const tags = objectAt(input, 'tags') as Record<string, string>;
      entries.set(principalArn, { ...input, status: 'ACTIVE', tags, policies: new Map() });
      return {};
    },
    UpdateAccessEntry: (input) => {
      need(entries, input.principalArn, 'access entry').kubernetesGroups = input.kubernetesGroups;
      return {};
    },
    DeleteAccessEntry: ({ principalArn }) => {
      entries.delete(String(principalArn));
      return {};
    },
    AssociateAccessPolicy: (input) => {
      need(entries, input.principalArn, 'access entry').policies.set(String(input.policyArn), input.accessScope);
      return {};
    },
    DisassociateAccessPolicy: (input) => {
      need(entries, input.principalArn, 'access entry').policies.delete(String(input.policyArn));
      return {};
    },
    TagResource: ({ resourceArn, tags }) => {
      const thing = [...clusters.values(), ...nodeGroups.values(), ...addons.values()].find((candidate) =>
        [candidate.arn, candidate.nodegroupArn, candidate.addonArn].includes(resourceArn),
      );
      Object.assign(thing?.tags ?? {}, tags);
      return {};
    },
  };
  const associate: Handler = (input) => {
    serial += 1;
    const associationId = `a-${serial}`;
    associations.set(associationId, {
      ...input,
      associationId,
      status: '',
      tags: objectAt(input, 'tags') as Record<string, string>,
    });
    return {};
  };
  const identities: Handlers = {
    ListPodIdentityAssociations: () => ({ associations: [...associations.values()] }),
    DescribePodIdentityAssociation: ({ associationId }) => ({
      association: need(associations, associationId, 'association'),
    }),
    CreatePodIdentityAssociation: associate,
    UpdatePodIdentityAssociation: (input) => {
      need(associations, input.associationId, 'association').roleArn = input.roleArn;
      return {};
    },
    DeletePodIdentityAssociation: ({ associationId }) => {
      associations.delete(String(associationId));
      return {};
    },
  };
  const logHandlers: Handlers = {
    DescribeLogGroups: () => ({ logGroups: (settle(), [...logGroups.values()]) }),
    PutRetentionPolicy: (input) => {
      const group = logGroups.get(String(input.logGroupName));
      if (group !== undefined) group.retentionInDays = Number(input.retentionInDays);
      return {};
    },
    DeleteLogGroup: ({ logGroupName }) => {
      logGroups.delete(String(logGroupName));
      return {};
    },
  };
  const handlers = { ...cluster, ...groups, ...addonHandlers, ...access, ...identities };
  return { handlers, logHandlers, clusters, nodeGroups, addons, entries, associations, logGroups, failing };
}
