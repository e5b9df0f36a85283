import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@roadstead/foundation';
import {
  type BinaryProvider,
  type ControlPlane,
  isMinor,
  minors,
  startControlPlane,
} from '@roadstead/sandbox-control-plane';
import type { ControlPlaneOptions, ControlPlanes, RunningControlPlane } from '@roadstead/sandbox-eks';
import type { ClusterView } from '../ports.ts';
import { type KubeletGate, openKubeletGate } from './kubelet-gate.ts';
import type { KubeletTrust } from './serving.ts';

export interface KubeletControlPlaneOptions {
  readonly binaries: BinaryProvider;
  readonly clock: Clock;
  /** Which of the minors to offer; all that the binaries play unless told. */
  readonly minors?: readonly string[];
}

/** Control planes for EKS whose API servers reach the kubelets that `startNodes` plays. */
export interface KubeletControlPlanes {
  readonly controlPlanes: ControlPlanes;
  /** For `startNodes`. */
  trustOf(cluster: Pick<ClusterView, 'caPem'>): KubeletTrust | undefined;
}

export function controlPlanesWithKubelets(options: KubeletControlPlaneOptions): KubeletControlPlanes {
  const trusted = new Map<string, KubeletTrust>();
  return {
    trustOf: (cluster) => trusted.get(cluster.caPem),
    controlPlanes: {
      minors: options.minors ?? minors,
      start: async (wanted) => {
        const gate = await openKubeletGate(wanted.directory);
        try {
          const plane = await startWithGate(options, wanted, gate);
          trusted.set(plane.caPem, { authority: plane.authority, gate });
          return running(plane, async () => {
            trusted.delete(plane.caPem);
            await gate.close();
          });
        } catch (error) {
          await gate.close();
          throw error;
        }
      },
    },
  };
}

async function startWithGate(
  options: KubeletControlPlaneOptions,
  wanted: ControlPlaneOptions,
  gate: KubeletGate,
): Promise<ControlPlane> {
  const egress = join(wanted.directory, 'egress.json');
  await writeFile(egress, gate.egressConfiguration, { mode: 0o600 });
  return startControlPlane({
    binaries: options.binaries,
    clock: options.clock,
    minor: minorOf(wanted.minor),
    directory: wanted.directory,
    serviceCidr: wanted.serviceCidr,
    issuerUrl: wanted.issuer,
    tokenWebhook: wanted.tokenWebhook,
    authorizationWebhook: wanted.authorizationWebhook,
    extraFlags: { 'kube-apiserver': [`--egress-selector-config-file=${egress}`] },
    signal: wanted.signal,
  });
}

function running(plane: ControlPlane, ended: () => Promise<void>): RunningControlPlane {
  return {
    endpoint: plane.endpoint,
    caPem: plane.caPem,
    admin: plane.adminCertificate,
    authority: plane.authority,
    jwks: plane.jwks,
    upgrade: (minor, signal) => plane.upgrade(minorOf(minor), signal),
    stop: async () => {
      await plane.stop();
      await ended();
    },
    exited: plane.exited.then((reason) =>
      reason.kind === 'stopped' ? 'stopped' : `${reason.server} ended by itself: ${reason.lastWords}`,
    ),
  };
}

function minorOf(minor: string): (typeof minors)[number] {
  if (!isMinor(minor)) throw new Error(`no binaries for Kubernetes ${minor}`);
  return minor;
}
