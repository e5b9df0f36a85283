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
