import type { ClientCertificate } from '../ports.ts';

/** How the kubelets of one cluster serve: their certificate, and whose clients they answer. */
export interface KubeletServing {
  readonly certificate: ClientCertificate;
  /** The authority of the clients that are answered: the API server's kubelet client certificate. */
  readonly clientCaPem: string;
}
