import { type Problem, positionIndex, problemAt } from '@roadstead/definition';
import about from '../package.json' with { type: 'json' };
import { isInRange } from './version-range.ts';
import type { OpenDocument } from './yaml-documents.ts';

/** The version of Roadstead that runs; all its packages have the same. */
export const roadsteadVersion: string = about.version;

const path = ['spec', 'requires', 'roadstead'];

/**
 * Compares what a channel.yaml requires of Roadstead with what runs. Looks at nothing else in the file: it may be of a later schema.
 * Nothing is said where nothing is required.
 */
export function checkRequires(
  { document, lines, file }: OpenDocument,
  running: string = roadsteadVersion,
): Problem | undefined {
  const range: unknown = document.getIn(path);
  if (typeof range !== 'string') return undefined;
  const isFit = isInRange(running, range);
  if (isFit === true) return undefined;
  const fault =
    isFit === undefined
      ? {
          code: 'WRONG_RANGE',
          message: `${JSON.stringify(range)} is not a range of versions`,
          hint: 'as ">=1.2.0 <2.0.0" or "^1.2"',
          value: range,
        }
      : {
          code: 'ROADSTEAD_VERSION',
          message: `the channel requires Roadstead ${range}, this is ${running}`,
          hint: 'another version of Roadstead, or a commit of the channel that takes this one',
          value: range,
        };
  return problemAt(file.file, positionIndex(document, lines).value(path), fault);
}
