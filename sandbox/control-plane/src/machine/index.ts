export { defaultCacheDirectory } from './cache-directory.ts';
export { isInUse, markUse, outdated } from './cache-use.ts';
export { type Lock, type LockAttempt, readLock, tryLock, withLock } from './lock.ts';
export { identityOf, type ProcessIdentity, readIdentity, whereaboutsOf } from './process-identity.ts';
export { type Place, storageError } from './storage-error.ts';
export { endGroupWithParent, endWithParent } from './watchdog.ts';
