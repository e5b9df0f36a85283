export type { Channel, ChannelSource, ComponentFolder, EksFiles, StackFile } from './channel.ts';
export { checkChannel } from './check-channel.ts';
export { checkConfig } from './check-config.ts';
export { compareFields, compareReleases, type ReleaseDifference } from './compare-releases.ts';
export { type ChannelFiles, type ParsedChannel, parseChannel } from './parse-channel.ts';
export { type ReadChannelOptions, readChannel } from './read-channel.ts';
export type {
  LateText,
  LateValue,
  Release,
  ReleaseAccessEntry,
  ReleaseAddon,
  ReleaseComponent,
  ReleaseEks,
  ReleaseNodeGroup,
  ReleasePodIdentityAssociation,
  ReleaseStack,
} from './release.ts';
export { type RenderInput, type RenderResult, renderRelease } from './render-release.ts';
export { clusterOutputs, zoneSuffix } from './scope.ts';
export { versionOf } from './version.ts';
