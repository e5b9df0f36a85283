import type { Server } from './components.ts';

/** Where the parts of one control plane keep their files; see `layoutOf`. */
export interface Layout {
  readonly root: string;
  readonly data: string;
  readonly logs: string;
  readonly pki: string;
  readonly config: string;
  readonly auditLog: string;
  /** etcd's, for its owner alone; etcd and the API server run in it, because the path of a socket must be short. */
  readonly sockets: string;
}

export interface FlagInputs {
  readonly layout: Layout;
  /** Of the API server, on 127.0.0.1. */
  readonly port: number;
  readonly serviceCidr: string;
  /** https, without a slash at the end. */
  readonly issuerUrl: string;
  readonly clusterName: string;
  readonly tokenWebhook: boolean;
  /** Set for a binary that plays another minor than its own. */
  readonly emulatedVersion: string | undefined;
  readonly extra: Readonly<Partial<Record<Server, readonly string[]>>>;
}

export function layoutOf(root: string): Layout {
  const logs = `${root}/logs`;
  return {
    root,
    data: `${root}/etcd`,
    logs,
    pki: `${root}/pki`,
    config: `${root}/config`,
    auditLog: `${logs}/audit.log`,
    sockets: `${root}/sockets`,
  };
}

/** How long the API server believes an answer of the token or authorization webhook. Short: access changes must show. */
export const webhookCacheTtl = '2s';

/** The flags of each server: a pure function, so that a table can say what they are. */
export function flagsOf(server: Server, inputs: FlagInputs): readonly string[] {
  return [...flagMakers[server](inputs), ...(inputs.extra[server] ?? [])];
}

const flagMakers: Readonly<Record<Server, (inputs: FlagInputs) => readonly string[]>> = {
  etcd: etcdFlags,
  'kube-apiserver': apiServerFlags,
  'kube-controller-manager': controllerManagerFlags,
  'kube-scheduler': schedulerFlags,
};

/** Sockets in the working directory, in the form that etcd wants; nobody dials the second. */
const etcdClients = 'unix://etcd:1';
const etcdPeers = 'unix://etcd:2';

/**
 * Sockets and not ports: who may speak to etcd is a matter of the folder, a port can be taken, and the hundred TLS
 * connections that an API server makes to etcd are a fifth of the work of its start.
 */
function etcdFlags({ layout }: FlagInputs): readonly string[] {
  return [
    '--name=sandbox',
    `--data-dir=${layout.data}`,
    `--listen-client-urls=${etcdClients}`,
    `--advertise-client-urls=${etcdClients}`,
    `--listen-peer-urls=${etcdPeers}`,
    `--initial-advertise-peer-urls=${etcdPeers}`,
    `--initial-cluster=sandbox=${etcdPeers}`,
    // What a machine that loses power may lose here is a sandbox.
    '--unsafe-no-fsync',
  ];
}

function apiServerFlags(inputs: FlagInputs): readonly string[] {
  const { layout, port, issuerUrl } = inputs;
  const { pki, config } = layout;
  return [
    `--etcd-servers=${etcdClients}`,
    '--bind-address=127.0.0.1',
    // Else it looks for a default route, and a laptop without a network has none.
    '--advertise-address=127.0.0.1',
    `--secure-port=${port}`,
    // A loopback address is not a legal one for the Endpoints of the `kubernetes` Service.
    '--endpoint-reconciler-type=none',
    `--service-cluster-ip-range=${inputs.serviceCidr}`,
    '--allow-privileged=true',
    `--client-ca-file=${pki}/ca.crt`,
    `--tls-cert-file=${pki}/apiserver.crt`,
    `--tls-private-key-file=${pki}/apiserver.key`,
    `--authentication-config=${config}/authentication.yaml`,
    `--authorization-config=${config}/authorization.yaml`,
    ...(inputs.tokenWebhook
      ? [
          `--authentication-token-webhook-config-file=${config}/token-webhook.kubeconfig`,
          '--authentication-token-webhook-version=v1',
          `--authentication-token-webhook-cache-ttl=${webhookCacheTtl}`,
        ]
      : []),
    '--enable-admission-plugins=NodeRestriction',
    `--service-account-issuer=${issuerUrl}`,
    `--service-account-jwks-uri=${issuerUrl}/keys`,
    '--api-audiences=https://kubernetes.default.svc',
    `--service-account-key-file=${pki}/service-account.pub`,
    `--service-account-signing-key-file=${pki}/service-account.key`,
    `--requestheader-client-ca-file=${pki}/front-proxy-ca.crt`,
    '--requestheader-allowed-names=front-proxy-client',
    '--requestheader-extra-headers-prefix=X-Remote-Extra-',
    '--requestheader-group-headers=X-Remote-Group',
    '--requestheader-username-headers=X-Remote-User',
    `--proxy-client-cert-file=${pki}/front-proxy-client.crt`,
    `--proxy-client-key-file=${pki}/front-proxy-client.key`,
    `--kubelet-certificate-authority=${pki}/ca.crt`,
    `--kubelet-client-certificate=${pki}/kubelet-client.crt`,
    `--kubelet-client-key=${pki}/kubelet-client.key`,
    // The default tries the host name first, which no resolver knows.
    '--kubelet-preferred-address-types=InternalIP',
    `--audit-policy-file=${config}/audit-policy.yaml`,
    `--audit-log-path=${layout.auditLog}`,
    '--audit-log-maxsize=200',
    '--audit-log-maxbackup=2',
    ...emulation(inputs),
  ];
}

function controllerManagerFlags(inputs: FlagInputs): readonly string[] {
  const { pki } = inputs.layout;
  return [
    ...clientFlags(inputs, 'controller-manager'),
    `--cluster-name=${inputs.clusterName}`,
    `--root-ca-file=${pki}/ca.crt`,
    `--service-account-private-key-file=${pki}/service-account.key`,
    `--cluster-signing-cert-file=${pki}/ca.crt`,
    `--cluster-signing-key-file=${pki}/ca.key`,
    '--use-service-account-credentials',
  ];
}

function schedulerFlags(inputs: FlagInputs): readonly string[] {
  return clientFlags(inputs, 'scheduler');
}

/** The default client rates (20 and 30 a second) make the first start five seconds slower, and big rollouts minutes. */
function clientFlags(inputs: FlagInputs, user: string): readonly string[] {
  const kubeconfig = `${inputs.layout.config}/${user}.kubeconfig`;
  return [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
    '--leader-elect=false',
    // Nobody asks for their metrics here, and two ports fewer cannot be taken.
    '--secure-port=0',
    '--kube-api-qps=1000',
    '--kube-api-burst=2000',
    ...emulation(inputs),
  ];
}

function emulation({ emulatedVersion }: FlagInputs): readonly string[] {
  return emulatedVersion === undefined ? [] : [`--emulated-version=${emulatedVersion}`];
}
