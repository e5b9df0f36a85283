export { type BackoffPolicy, backoffDelayMs, defaultBackoff } from './backoff.ts';
export { canonicalJson, digestOf, type Json, type JsonObject, sha256Hex } from './canonical-json.ts';
export { type Clock, FakeClock, systemClock } from './clock.ts';
export { mapBounded } from './concurrency.ts';
export { isRoadsteadError, messageOf, type Retry, RoadsteadError, type RoadsteadErrorOptions } from './errors.ts';
export { createLogger, type Logger, silentLogger } from './logger.ts';
