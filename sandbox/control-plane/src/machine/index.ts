export { defaultCacheDirectory } from './cache-directory.ts';
export { isInUse, lastUseOf, markUse, outdated, removeEntry, stagingPrefix } from './cache-use.ts';
export { isStale, type Lock, type LockAttempt, tryLock, withLock } from './lock.ts';
export { identityOf, type ProcessIdentity, readIdentity, type Whereabouts, whereaboutsOf } from './process-identity.ts';
export { type Place, storageError } from './storage-error.ts';
export { endGroupWithParent, endWithParent } from './watchdog.ts';
