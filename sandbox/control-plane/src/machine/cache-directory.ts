import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

/** Where the sandbox keeps what outlives a run: `$ROADSTEAD_CACHE`, else `$XDG_CACHE_HOME/roadstead`, else `~/.cache/roadstead`. */
export function defaultCacheDirectory(environment: Readonly<Record<string, string | undefined>>): string {
  const { ROADSTEAD_CACHE: own, XDG_CACHE_HOME: cacheHome, HOME: home } = environment;
  if (own) return resolve(own);
  // The XDG specification has a relative path ignored.
  if (cacheHome && isAbsolute(cacheHome)) return join(cacheHome, 'roadstead');
  return join(home || homedir(), '.cache', 'roadstead');
}
