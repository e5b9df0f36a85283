import { hasErrors, type Problem } from '@roadstead/definition';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkChannel, parseChannel, renderRelease } from './index.ts';
import { filesWith, sample, smallChannel } from './test-channel.ts';

const pieces = [
  ...[
    '- ',
    ': ',
    '\n',
    '\n  ',
    '{',
    '}',
    '[',
    ']',
    ', ',
    '&a ',
    '*a',
    '<<: ',
    '<<: *a',
    '!Ref ',
    '!Sub ',
    '!x ',
    '"',
    "'",
    '|\n',
    '# ',
    '---\n',
    '? ',
  ],
  ...[
    '${{',
    '}}',
    '$${{',
    '${{cluster.name}}',
    '${{outputs.network.VpcId}}',
    '${{network.zones}}',
    '${{null}}',
    '${{1.0 / 0.0}}',
    '${{{}}}',
    '${{b"x"}}',
  ],
  ...[
    'includeWhen: ',
    'forEach: ',
    'keySuffix: ',
    'template: ',
    'forEach: [{x: network.zones}]',
    'true',
    '~',
    '-1',
    '.nan',
    '1e999',
    '0o7',
    'no',
    '__proto__',
  ],
  ...[
    'Resources: ',
    'Outputs: ',
    'Parameters: ',
    'Properties: ',
    'DependsOn: ',
    'Fn::Sub: ',
    'Fn::GetAtt: ',
    'Ref: ',
    'kind: List',
    'items: ',
    'metadata: ',
    'generateName: ',
  ],
];
const files = Object.keys(smallChannel);

/** A right channel, one of whose files was changed somewhere. */
const changedChannel = fc
  .tuple(fc.constantFrom(...files), fc.nat(400), fc.nat(15), fc.array(fc.constantFrom(...pieces), { maxLength: 4 }))
  .map(([path, start, length, parts]) => {
    const text = smallChannel[path] ?? '';
    const at = start % (text.length + 1);
    return { [path]: text.slice(0, at) + parts.join('') + text.slice(at + length) };
  });

/** Each problem has a place that its file has. */
function havePlaces(problems: readonly Problem[], texts: ReadonlyMap<string, string>): void {
  for (const { file, line, column } of problems) {
    const lines = (texts.get(file.replace(/^channel\//, '')) ?? '').split('\n');
    expect(line).toBeGreaterThanOrEqual(1);
    expect(line).toBeLessThanOrEqual(lines.length);
    expect(column).toBeGreaterThanOrEqual(1);
    expect(column).toBeLessThanOrEqual((lines[line - 1]?.length ?? 0) + 2);
  }
}

describe('any channel at all', { timeout: 60_000 }, () => {
  it('is read or refused with places, and a channel that was checked renders', () => {
    fc.assert(
      fc.property(changedChannel, (changes) => {
        const texts = filesWith(changes);
        const { channel, problems } = parseChannel({ root: 'channel', files: texts });
        expect(channel === undefined).toBe(hasErrors(problems));
        havePlaces(problems, texts);
        if (channel === undefined) return;
        const found = checkChannel(channel);
        havePlaces(found, texts);
        if (found.length > 0) return;
        for (const index of [0, 1, 2] as const) {
          expect(renderRelease({ channel, ...sample(index), version: 'v' })).toHaveProperty('release');
        }
      }),
      { numRuns: 100 },
    );
  });
});
