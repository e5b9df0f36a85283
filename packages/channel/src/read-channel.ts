import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { mapBounded, messageOf, RoadsteadError } from '@roadstead/foundation';
import { type ParsedChannel, parseChannel } from './parse-channel.ts';

/** The folders of a channel; others in the same place are not read. */
const folders = ['stacks', 'eks', 'manifests'];
const rootFiles = ['channel.yaml', 'config.schema.yaml'];

export interface ReadChannelOptions {
  /** The commit that the folder is a checkout of; without one, the version names the folder's content. */
  readonly commit?: string;
  /** What stands before paths in messages; default: the folder as given. */
  readonly root?: string;
  readonly signal?: AbortSignal;
}

/** Reads a channel from a folder. Wrong files are problems; a folder that cannot be read throws CHANNEL_UNREADABLE. */
export async function readChannel(directory: string, options: ReadChannelOptions = {}): Promise<ParsedChannel> {
  const paths = await channelPaths(directory);
  const texts = await mapBounded(paths, 16, async (path) => {
    options.signal?.throwIfAborted();
    return [
      path,
      await readFile(join(directory, path), {
        encoding: 'utf8',
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      }),
    ] as const;
  });
  return parseChannel({
    root: options.root ?? directory,
    files: new Map(texts),
    ...(options.commit === undefined ? {} : { commit: options.commit }),
  });
}

async function channelPaths(directory: string): Promise<string[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true, recursive: true });
    return entries
      .filter((entry) => entry.isFile() && /\.(ya?ml|json)$/.test(entry.name))
      .map((entry) => relative(directory, join(entry.parentPath, entry.name)).split(sep).join('/'))
      .filter((path) => rootFiles.includes(path) || folders.some((folder) => path.startsWith(`${folder}/`)))
      .toSorted();
  } catch (error) {
    throw new RoadsteadError(`the channel ${directory} cannot be read: ${messageOf(error)}`, {
      code: 'CHANNEL_UNREADABLE',
      value: directory,
      hint: '--channel names a folder with a channel.yaml',
      cause: error,
    });
  }
}
