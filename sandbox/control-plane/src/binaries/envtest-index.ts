import { minorOf } from '../components.ts';
import { isAtLeast } from './versions.ts';

export interface Archive {
  readonly release: string;
  readonly url: string;
  /** Hex. */
  readonly sha512: string;
}

/**
 * The newest archive of a minor in envtest's index. The index is YAML of one fixed shape, written by a machine:
 * `releases:` / two spaces, release / four, archive / six, `hash` and `selfLink`. Lines of another shape are passed over,
 * so an index that changed its shape has no archive rather than a wrong one.
 */
export function newestArchive(index: string, minor: string, os: string, arch: string): Archive | undefined {
  const suffix = `-${os}-${arch}.tar.gz`;
  const ours = archivesIn(index).filter(({ name, release }) => name.endsWith(suffix) && minorOf(release) === minor);
  const byAge = ours.toSorted((a, b) => (isAtLeast(a.release.slice(1), numbersOf(b.release)) ? 1 : -1));
  const newest = byAge.at(-1);
  return newest && { release: newest.release, url: newest.url, sha512: newest.sha512 };
}

function archivesIn(index: string): readonly (Archive & { readonly name: string })[] {
  const archives: { release: string; name: string; url: string; sha512: string }[] = [];
  let release = '';
  for (const line of index.split('\n')) {
    const [, indent = '', key = '', value = ''] = /^( *)([\w.-]+): ?(\S*)$/.exec(line) ?? [];
    const last = archives.at(-1);
    if (indent.length === 2) release = key;
    else if (indent.length === 4) archives.push({ release, name: key, url: '', sha512: '' });
    else if (indent.length === 6 && key === 'hash' && last) last.sha512 = value;
    else if (indent.length === 6 && key === 'selfLink' && last) last.url = value;
  }
  return archives.filter(
    ({ release: of, url, sha512 }) =>
      /^v\d+\.\d+\.\d+$/.test(of) && /^https?:\/\//.test(url) && /^[0-9a-f]{128}$/.test(sha512),
  );
}

function numbersOf(release: string): readonly number[] {
  return release.slice(1).split(/[.-]/).map(Number).filter(Number.isInteger);
}
