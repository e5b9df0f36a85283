import type { ChangeClass, PositionIndex } from '@roadstead/definition';
import type { JsonObject } from '@roadstead/foundation';
import type { ConfigReader } from './config-schema.ts';
import type { PlacedExpression, TemplateDocument } from './template.ts';

/** Where a channel's content comes from: what the first half of a version says. */
export type ChannelSource =
  | { readonly kind: 'git'; readonly commit: string }
  | { readonly kind: 'folder'; readonly digest: string };

/** A channel that was read: parsed and compiled once, rendered for any number of clusters. */
export interface Channel {
  readonly name: string;
  /** Kubernetes minor versions that it supports, newest first. */
  readonly kubernetes: readonly string[];
  readonly source: ChannelSource;
  /** JSON Schema (draft 7) of `spec.config`. */
  readonly configSchema: JsonObject;
  readonly config: ConfigReader;
  readonly stacks: readonly StackFile[];
  readonly eks: EksFiles;
  readonly components: readonly ComponentFolder[];
}

/** One file of `stacks/`. */
export interface StackFile {
  /** The file's name without its end: `network`, `foundation`, `node-pool`. */
  readonly id: string;
  readonly file: string;
  readonly phase: 'network' | 'foundation' | 'pools';
  readonly template: TemplateDocument;
  /** Expressions and late values that the template takes as parameters. */
  readonly parameters?: TemplateDocument;
}

/** The files of `eks/`; what is absent makes nothing. */
export interface EksFiles {
  readonly cluster?: TemplateDocument;
  readonly nodeGroup?: TemplateDocument;
  readonly addons: readonly TemplateDocument[];
  readonly access: readonly TemplateDocument[];
  readonly podIdentity: readonly TemplateDocument[];
}

/** One folder of `manifests/`. */
export interface ComponentFolder {
  readonly name: string;
  readonly needs: readonly string[];
  /** Of its changes, where the channel says more than the plan would. */
  readonly class?: ChangeClass;
  readonly includeWhen?: PlacedExpression;
  /** For objects that name none. */
  readonly namespace?: string;
  /** Of its component.yaml, else of its first manifest. */
  readonly file: string;
  /** Where the parts of its component.yaml stand; absent where it has none. */
  readonly places?: PositionIndex;
  readonly documents: readonly TemplateDocument[];
}
