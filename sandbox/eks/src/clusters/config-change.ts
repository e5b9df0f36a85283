import type { AuthenticationMode, ClusterRecord, LogType } from '../model.ts';
import { type ErrorSubject, invalidParameter, invalidRequest, notImplemented, raise } from '../shared/errors.ts';
import { flag, has, type Members, text, texts, within } from '../shared/read.ts';
import { logsAfter } from './logging.ts';
import { refuseSupportType } from './versions.ts';
import { type EndpointAccess, refuseEndpoint } from './vpc-rules.ts';

/** The one change that an UpdateClusterConfig request asks for. */
export type ConfigChange =
  | { readonly kind: 'endpoint'; readonly access: EndpointAccess }
  | { readonly kind: 'vpc'; readonly subnetIds: readonly string[]; readonly securityGroupIds: readonly string[] }
  | { readonly kind: 'logging'; readonly enabled: ReadonlySet<LogType> }
  | { readonly kind: 'access'; readonly mode: AuthenticationMode }
  | { readonly kind: 'upgradePolicy'; readonly supportType: 'STANDARD' | 'EXTENDED' }
  | { readonly kind: 'zonalShift'; readonly enabled: boolean }
  | { readonly kind: 'deletionProtection'; readonly enabled: boolean };

const kinds = [
  'resourcesVpcConfig',
  'logging',
  'accessConfig',
  'upgradePolicy',
  'zonalShiftConfig',
  'deletionProtection',
] as const;

/** What else a request may say; any further member is something that the sandbox cannot change. */
const played: ReadonlySet<string> = new Set(['name', 'clientRequestToken', ...kinds]);

/** The current values that a change is decided on. */
export type ConfigBefore = Pick<
  ClusterRecord,
  | 'name'
  | 'version'
  | 'vpc'
  | 'enabledLogs'
  | 'authenticationMode'
  | 'supportType'
  | 'zonalShift'
  | 'deletionProtection'
>;

/** Reads the request against what is set. Throws EKS's refusal where it asks for nothing, or for more than one kind. */
export function readConfigChange(before: ConfigBefore, input: Members, nowMs: number): ConfigChange {
  const subject: ErrorSubject = { clusterName: before.name };
  const unplayed = Object.keys(input).find((member) => has(input, member) && !played.has(member));
  if (unplayed !== undefined) throw notImplemented(`${unplayed} of UpdateClusterConfig`);
  const named = kinds.filter((kind) => has(input, kind));
  if (named.length === 0) throw invalidParameter('No changes needed: the request names no configuration', subject);
  if (named.length > 1) throw invalidParameter('Only one type of update can be allowed.', subject);
  switch (named[0]) {
    case 'resourcesVpcConfig':
      return readVpcChange(before, within(input, 'resourcesVpcConfig'), subject);
    case 'logging':
      return readLogging(before, within(input, 'logging'), subject);
    case 'accessConfig':
      return readAccess(before, text(within(input, 'accessConfig'), 'authenticationMode'), subject);
    case 'upgradePolicy': {
      const supportType = text(within(input, 'upgradePolicy'), 'supportType') === 'STANDARD' ? 'STANDARD' : 'EXTENDED';
      if (supportType === before.supportType) throw alreadyThere('upgrade policy', supportType, subject);
      raise(refuseSupportType(before.name, before.version, supportType, nowMs));
      return { kind: 'upgradePolicy', supportType };
    }
    case 'zonalShiftConfig': {
      const enabled = flag(within(input, 'zonalShiftConfig'), 'enabled') ?? false;
      if (enabled === before.zonalShift) throw alreadyThere('zonal shift', String(enabled), subject);
      return { kind: 'zonalShift', enabled };
    }
    default: {
      const enabled = flag(input, 'deletionProtection') ?? false;
      if (enabled === before.deletionProtection) throw alreadyThere('deletion protection', String(enabled), subject);
      return { kind: 'deletionProtection', enabled };
    }
  }
}

function readVpcChange(before: ConfigBefore, config: Members, subject: ErrorSubject): ConfigChange {
  const endpointNamed = ['endpointPublicAccess', 'endpointPrivateAccess', 'publicAccessCidrs'].some((key) =>
    has(config, key),
  );
  const placeNamed = has(config, 'subnetIds') || has(config, 'securityGroupIds');
  if (endpointNamed && placeNamed) {
    throw invalidParameter(
      'Only one type of update can be allowed. Endpoint access and subnets or security groups are two.',
      subject,
    );
  }
  if (placeNamed) return readPlaceChange(before, config, subject);
  const { vpc } = before;
  const given = texts(config, 'publicAccessCidrs');
  const access: EndpointAccess = {
    endpointPublicAccess: flag(config, 'endpointPublicAccess') ?? vpc.endpointPublicAccess,
    endpointPrivateAccess: flag(config, 'endpointPrivateAccess') ?? vpc.endpointPrivateAccess,
    publicAccessCidrs: given === undefined ? vpc.publicAccessCidrs : given.length === 0 ? ['0.0.0.0/0'] : given,
  };
  raise(refuseEndpoint(before.name, access));
  const same =
    access.endpointPublicAccess === vpc.endpointPublicAccess &&
    access.endpointPrivateAccess === vpc.endpointPrivateAccess &&
    sameSet(access.publicAccessCidrs, vpc.publicAccessCidrs);
  if (!same) return { kind: 'endpoint', access };
  throw invalidParameter(
    `Cluster is already at the desired configuration with endpointPrivateAccess: ${access.endpointPrivateAccess} , endpointPublicAccess: ${access.endpointPublicAccess}, and Public Endpoint Restrictions: [${access.publicAccessCidrs.join(', ')}]`,
    subject,
  );
}

function readPlaceChange(before: ConfigBefore, config: Members, subject: ErrorSubject): ConfigChange {
  const subnetIds = texts(config, 'subnetIds') ?? before.vpc.subnetIds;
  const securityGroupIds = texts(config, 'securityGroupIds') ?? before.vpc.securityGroupIds;
  if (sameSet(subnetIds, before.vpc.subnetIds) && sameSet(securityGroupIds, before.vpc.securityGroupIds)) {
    throw invalidParameter('Cluster is already at the desired configuration', subject);
  }
  return { kind: 'vpc', subnetIds, securityGroupIds };
}

function readLogging(before: ConfigBefore, logging: Members, subject: ErrorSubject): ConfigChange {
  const enabled = logsAfter(before.enabledLogs, logging);
  if (!sameSet([...enabled], [...before.enabledLogs])) return { kind: 'logging', enabled };
  throw invalidParameter('No changes needed for the logging config provided', subject);
}

const modeOrder: readonly AuthenticationMode[] = ['CONFIG_MAP', 'API_AND_CONFIG_MAP', 'API'];

function readAccess(before: ConfigBefore, given: string | undefined, subject: ErrorSubject): ConfigChange {
  const from = before.authenticationMode;
  const mode = modeOrder.find((known) => known === given);
  if (mode === undefined) throw invalidParameter('authenticationMode must be given', subject);
  if (mode === from) throw alreadyThere('authentication mode', mode, subject);
  if (modeOrder.indexOf(mode) === modeOrder.indexOf(from) + 1) return { kind: 'access', mode };
  throw invalidRequest(`Unsupported authentication mode update from ${from} to ${mode}`, subject);
}

function alreadyThere(what: string, value: string, subject: ErrorSubject) {
  return invalidParameter(`Cluster is already at the desired configuration with ${what}: ${value}`, subject);
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.toSorted().join() === b.toSorted().join();
}
