import { describe, expect, it } from 'vitest';
import { type ConfigBefore, readConfigChange } from './config-change.ts';

const before: ConfigBefore = {
  name: 'shop',
  version: '1.35',
  vpc: {
    subnetIds: ['a', 'b'],
    securityGroupIds: [],
    vpcId: 'vpc-1',
    clusterSecurityGroupId: 'sg-1',
    endpointPublicAccess: true,
    endpointPrivateAccess: false,
    publicAccessCidrs: ['0.0.0.0/0'],
  },
  enabledLogs: new Set(['api']),
  authenticationMode: 'API_AND_CONFIG_MAP',
  supportType: 'EXTENDED',
  zonalShift: false,
  deletionProtection: false,
};

const now = Date.parse('2026-11-21');
const logging = (types: readonly string[], enabled: boolean) => ({ logging: { clusterLogging: [{ types, enabled }] } });

describe('a request to change a cluster', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['endpoint', { resourcesVpcConfig: { endpointPrivateAccess: true } }, 'endpoint'],
    ['allowed blocks', { resourcesVpcConfig: { publicAccessCidrs: ['203.0.113.0/24'] } }, 'endpoint'],
    ['subnets', { resourcesVpcConfig: { subnetIds: ['a', 'c'] } }, 'vpc'],
    ['more logs', logging(['audit'], true), 'logging'],
    ['fewer logs', logging(['api'], false), 'logging'],
    ['mode', { accessConfig: { authenticationMode: 'API' } }, 'access'],
    ['support', { upgradePolicy: { supportType: 'STANDARD' } }, 'upgradePolicy'],
    ['zonal shift', { zonalShiftConfig: { enabled: true } }, 'zonalShift'],
    ['protection', { deletionProtection: true }, 'deletionProtection'],
  ])('%s is understood', (_title, input, kind) => {
    expect(readConfigChange(before, input, now).kind).toBe(kind);
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['nothing', {}, /names no configuration/],
    [
      'what the sandbox cannot change',
      { ...logging(['audit'], true), kubernetesNetworkConfig: { serviceIpv4Cidr: '10.1.0.0/16' } },
      /does not implement kubernetesNetworkConfig/,
    ],
    ['two kinds at once', { deletionProtection: true, ...logging(['audit'], true) }, /Only one type of update/],
    [
      'endpoint and subnets',
      { resourcesVpcConfig: { endpointPrivateAccess: true, subnetIds: ['a', 'c'] } },
      /Only one type of update/,
    ],
    [
      'the endpoint it has',
      { resourcesVpcConfig: { endpointPublicAccess: true } },
      /already at the desired configuration with endpointPrivateAccess: false/,
    ],
    [
      'the subnets it has, in another order',
      { resourcesVpcConfig: { subnetIds: ['b', 'a'] } },
      /already at the desired/,
    ],
    ['the logs it has', logging(['api'], true), /No changes needed for the logging config/],
    ['no endpoint', { resourcesVpcConfig: { endpointPublicAccess: false } }, /cannot be false/],
    ['the mode it has', { accessConfig: { authenticationMode: 'API_AND_CONFIG_MAP' } }, /already at the desired/],
    ['an older mode', { accessConfig: { authenticationMode: 'CONFIG_MAP' } }, /Unsupported authentication mode update/],
    ['the support it has', { upgradePolicy: { supportType: 'EXTENDED' } }, /already at the desired/],
    ['the protection it has', { deletionProtection: false }, /already at the desired/],
  ])('%s is refused', (_title, input, refusal) => {
    expect(() => readConfigChange(before, input, now)).toThrow(refusal);
  });

  it('leaves no version of extended support without it', () => {
    const old: ConfigBefore = { ...before, version: '1.33' };
    expect(() => readConfigChange(old, { upgradePolicy: { supportType: 'STANDARD' } }, now)).toThrow(
      /1.33 is in extended support/,
    );
  });

  it('does not skip a mode on the one-way road', () => {
    const old: ConfigBefore = { ...before, authenticationMode: 'CONFIG_MAP' };
    expect(() => readConfigChange(old, { accessConfig: { authenticationMode: 'API' } }, now)).toThrow(
      /from CONFIG_MAP to API/,
    );
  });
});
