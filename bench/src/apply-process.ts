import { readFile } from 'node:fs/promises';
import { systemClock } from '@roadstead/foundation';
import {
  applyRelease,
  createKubernetesClient,
  parseManifests,
  planRelease,
  readKubeconfig,
} from '@roadstead/kubernetes';

/** `apply-process.ts KUBECONFIG MANIFESTS COMPONENT`: what `kubectl apply` is to kubectl, a process that reads, applies and ends. */
const [kubeconfig = '', manifests = '', component = ''] = process.argv.slice(2);
const [{ context: _context, namespace: _namespace, ...access }, text] = await Promise.all([
  readKubeconfig(kubeconfig, { env: {}, clock: systemClock }),
  readFile(manifests, 'utf8'),
]);
const { objects, problems } = parseManifests(text, manifests);
if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join('\n'));
const client = createKubernetesClient({ ...access, userAgent: 'roadstead-bench' });
try {
  const release = [{ name: component, objects: objects.map(({ object }) => object) }];
  const plan = await planRelease(client, release, { tryNew: false });
  const { components } = await applyRelease({ client, plan });
  process.stdout.write(`${JSON.stringify({ written: components.reduce((sum, { written }) => sum + written, 0) })}\n`);
} finally {
  await client.close();
}
