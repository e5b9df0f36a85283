import type { Clock } from '@roadstead/foundation';
import {
  type BinaryProvider,
  createAuthority,
  isMinor,
  issueServerCertificate,
  minors,
  startControlPlane,
} from '@roadstead/sandbox-control-plane';
import type { ControlPlaneOptions, ControlPlanes, RunningControlPlane } from './ports.ts';
import type { ServerTls } from './webhook/webhook-server.ts';

export interface RealControlPlaneOptions {
  readonly binaries: BinaryProvider;
  readonly clock: Clock;
  /** Which of the minors to offer; all that the binaries play unless told. */
  readonly minors?: readonly string[];
}

/** Control planes from upstream's own binaries. */
export function realControlPlanes(options: RealControlPlaneOptions): ControlPlanes {
  return {
    minors: options.minors ?? minors,
    start: (wanted) => start(options, wanted),
  };
}

async function start(options: RealControlPlaneOptions, wanted: ControlPlaneOptions): Promise<RunningControlPlane> {
  const plane = await startControlPlane({
    binaries: options.binaries,
    clock: options.clock,
    minor: asMinor(wanted.minor),
    directory: wanted.directory,
    serviceCidr: wanted.serviceCidr,
    issuerUrl: wanted.issuer,
    tokenWebhook: wanted.tokenWebhook,
    authorizationWebhook: wanted.authorizationWebhook,
    signal: wanted.signal,
  });
  return {
    endpoint: plane.endpoint,
    caPem: plane.caPem,
    admin: plane.adminCertificate,
    authority: plane.authority,
    jwks: plane.jwks,
    upgrade: (minor, signal) => plane.upgrade(asMinor(minor), signal),
    stop: () => plane.stop(),
    exited: plane.exited.then((reason) =>
      reason.kind === 'stopped' ? 'stopped' : `${reason.server} ended by itself: ${reason.lastWords}`,
    ),
  };
}

function asMinor(minor: string) {
  if (!isMinor(minor)) throw new Error(`no binaries for Kubernetes ${minor}`);
  return minor;
}

/** A certificate for 127.0.0.1 from an authority of its own, for the webhook server. */
export function loopbackTls(nowMs: number): ServerTls {
  const authority = createAuthority('eks-webhooks', nowMs);
  return { ...issueServerCertificate(authority, ['127.0.0.1'], nowMs), caPem: authority.certPem };
}
