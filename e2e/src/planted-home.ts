import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Files of a home folder, by their paths in it. */
export type HomeFiles = Readonly<Record<string, string>>;

/** Files of a user with a real account. Every address leads to `url`, and the profile's program leaves the file `used`. */
export function realLooking(url: string): HomeFiles {
  return {
    '.aws/credentials': '[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = planted\n',
    '.aws/config': `[default]\nregion = eu-west-1\nendpoint_url = ${url}\n[profile production]\nregion = eu-west-1\nendpoint_url = ${url}\ncredential_process = sh -c "touch $HOME/used; exit 1"\n`,
    '.kube/config': `apiVersion: v1\nkind: Config\ncurrent-context: production\nclusters: [{name: production, cluster: {server: "${url}"}}]\ncontexts: [{name: production, context: {cluster: production, user: me}}]\nusers: [{name: me, user: {token: planted}}]\n`,
  };
}

export async function plant(home: string, files: HomeFiles): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(home, path)), { recursive: true });
    await writeFile(join(home, path), text);
  }
}
