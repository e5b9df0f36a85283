import type { Shape, ShapeRef } from '../model/service-model.ts';

/** How a timestamp is written where it stands. */
export type TimestampFormat = 'iso8601' | 'unixTimestamp' | 'rfc822';

export function formatTimestamp(date: Date, format: TimestampFormat): string | number {
  if (format === 'unixTimestamp') return date.getTime() / 1000;
  if (format === 'rfc822') return date.toUTCString();
  return date.toISOString();
}

export function timestampFormat(ref: ShapeRef, shape: Shape, byDefault: TimestampFormat): TimestampFormat {
  const named = ref.timestampFormat ?? shape.timestampFormat;
  return named === 'unixTimestamp' || named === 'rfc822' || named === 'iso8601' ? named : byDefault;
}

/** Any form of a timestamp: seconds since the epoch as number or text, ISO 8601, RFC 822. */
export function parseTimestamp(value: unknown): Date {
  if (typeof value === 'number') return new Date(value * 1000);
  const text = String(value);
  return /^-?\d+(\.\d+)?$/.test(text) ? new Date(Number(text) * 1000) : new Date(text);
}

/**
 * A scalar from its text in XML, a query string or a header. Text that is no value of the type stays text, so that
 * validation names it.
 */
export function scalarFromText(shape: Shape, text: string): unknown {
  switch (shape.type) {
    case 'integer':
    case 'long':
    case 'float':
    case 'double':
      return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
    case 'boolean':
      return /^true$/i.test(text) ? true : /^false$/i.test(text) ? false : text;
    case 'timestamp':
      return parseTimestamp(text);
    case 'blob':
      return new Uint8Array(Buffer.from(text, 'base64'));
    default:
      return text;
  }
}

/** The text of a scalar for XML, a query string or a header. */
export function scalarToText(ref: ShapeRef, shape: Shape, value: unknown, dates: TimestampFormat): string {
  if (value instanceof Date) return String(formatTimestamp(value, timestampFormat(ref, shape, dates)));
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return String(value);
}

export function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}
