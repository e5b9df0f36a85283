import { components, type Minor } from '../components.ts';
import { startControlPlane } from '../control-plane.ts';

/**
 * A parent to be killed: `node parent.ts <minor> <folder of binaries> <directory> ours|upstream` starts a control plane,
 * says its process ids, and stays.
 */
const [minor = '', folder = '', directory = '', make = ''] = process.argv.slice(2);
const files = Object.fromEntries(
  components.map((name) => [name, { path: `${folder}/${name}`, source: 'build', isOurs: make === 'ours' }]),
) as Awaited<ReturnType<Parameters<typeof startControlPlane>[0]['binaries']>>['files'];
const plane = await startControlPlane({
  binaries: async (wanted) => ({ minor: wanted, files }),
  minor: minor as Minor,
  directory,
  serviceCidr: '172.20.0.0/16',
  issuerUrl: 'https://issuer.invalid/id',
});
process.stdout.write(`${JSON.stringify(plane.pids)}\n`);
await plane.exited;
