export {
  type AmiArchitecture,
  type AmiFamily,
  type AmiRelease,
  amiReleases,
  type EksAmi,
  eksAmiId,
  eksAmiOwner,
  eksAmis,
} from './eks-amis.ts';
export { type EnsureMotoOptions, ensureMoto, type MotoTools } from './ensure-moto.ts';
export { cleanEnvironment, type Environment } from './python.ts';
export { type Moto, type StartMotoOptions, startMoto } from './start-moto.ts';
