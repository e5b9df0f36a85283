import { type Authority, createAuthority, issueServerCertificate } from '@roadstead/sandbox-control-plane';
import type { ClientCertificate } from '../ports.ts';
import type { KubeletGate } from './kubelet-gate.ts';

/** How the API server of a cluster and its kubelets find and trust each other. */
export interface KubeletTrust {
  /** What the API server trusts for kubelets. */
  readonly authority: Authority;
  /** The gate that its API server was started with. */
  readonly gate?: KubeletGate;
}

/** The serving side of one cluster's kubelets. */
export interface KubeletServing {
  readonly gate: KubeletGate | undefined;
  /** The authority of the clients that are answered: the API server's kubelet client certificate. */
  readonly clientCaPem: string;
  /** A certificate for a node's own names, and for loopback. */
  certificate(names: readonly string[]): ClientCertificate;
}

/** Without trust the kubelets serve under an authority of their own, and the API server refuses to talk to them. */
export function kubeletServing(trust: KubeletTrust | undefined, caPem: string, now: () => number): KubeletServing {
  const authority = trust?.authority ?? createAuthority('kubelet-sandbox', now());
  return {
    gate: trust?.gate,
    clientCaPem: caPem,
    certificate: (names) => issueServerCertificate(authority, [...names, '127.0.0.1', 'localhost'], now()),
  };
}
