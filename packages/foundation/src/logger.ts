import { type DestinationStream, pino } from 'pino';

/** Messages are constant, values are fields. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Logger;
}

const secretFields = ['token', 'secret', 'password', 'secretAccessKey', 'sessionToken', 'authorization'];

/** JSON lines; fields that hold secrets by name are blanked at any of the first two levels. */
export function createLogger(level: 'debug' | 'info' | 'warn' | 'error' | 'silent', to?: DestinationStream): Logger {
  const paths = secretFields.flatMap((field) => [field, `*.${field}`]);
  const options = { level, redact: { paths, censor: '[redacted]' }, base: null };
  return to === undefined ? pino(options, pino.destination(2)) : pino(options, to);
}

export const silentLogger: Logger = createLogger('silent');
