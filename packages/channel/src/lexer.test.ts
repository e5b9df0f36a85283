import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeText, splitText, type TextPart } from './lexer.ts';

const expression = (source: string, offset: number): TextPart => ({ kind: 'expression', source, offset });
const text = (value: string): TextPart => ({ kind: 'text', text: value });

describe('splitting a scalar', () => {
  it.each<[string, readonly TextPart[]]>([
    ['', []],
    ['plain', [text('plain')]],
    ['${{a}}', [expression('a', 3)]],
    ['${{ a }}', [expression('a', 4)]],
    ['x-${{a}}-y', [text('x-'), expression('a', 5), text('-y')]],
    ['${{a}}${{b}}', [expression('a', 3), expression('b', 9)]],
    ['${{ {"a": {"b": 1}}.a.b }}', [expression('{"a": {"b": 1}}.a.b', 4)]],
    ['${{{"a": 1}}}', [expression('{"a": 1}', 3)]],
    ['${{"}}"}}', [expression('"}}"', 3)]],
    ["${{'}}' + '{'}}", [expression("'}}' + '{'", 3)]],
    ['${{"\\"}}"}}', [expression('"\\"}}"', 3)]],
    ['${{r"\\"}}', [expression('r"\\"', 3)]],
    ['${{"""a"}}b"""}}', [expression('"""a"}}b"""', 3)]],
    ["${{'''it's }}'''}}", [expression("'''it's }}'''", 3)]],
    ['${{bR"}}\\"}}', [expression('bR"}}\\"', 3)]],
    ['${{1 // }} no end\n}}', [expression('1 // }} no end', 3)]],
    ['$${{a}}', [text('${{a}}')]],
    ['a $${{ b ${{c}}', [text('a ${{ b '), expression('c', 12)]],
    ['${x} $(y) {{z}} }}', [text('${x} $(y) {{z}} }}')]],
    ['cost: $5', [text('cost: $5')]],
  ])('%j', (given, parts) => {
    expect(splitText(given)).toEqual({ parts });
  });

  it.each([
    ['${{a', 0, 'close it with }}'],
    ['x ${{a}', 6, 'ends with }}'],
    ['${{ {"a": 1 }}', 13, 'after the } of its maps'],
    ['${{ {"a": 1', 4, 'close the map'],
    ['${{ "a }}', 4, 'close it with "'],
    ["${{ '''a' }}", 4, "close it with '''"],
    ['${{ a // b }}', 6, 'end with the line'],
    ['ok ${{a}} and ${{b', 14, '$${{'],
    ['${{ "a\nb" }}', 4, 'close it'],
  ])('%j has an error at %i', (given, offset, hint) => {
    const split = splitText(given);
    expect(split).toMatchObject({ error: { offset, hint: expect.stringContaining(hint) } });
  });

  it('reads back any text that was escaped', () => {
    const awkward = fc
      .array(fc.constantFrom('$', '{', '}', '${{', '}}', '$${{', '"', "'", 'a', '\n', '\\', ' '), { maxLength: 20 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(awkward, fc.string()), (value) => {
        expect(splitText(escapeText(value))).toEqual({ parts: value === '' ? [] : [text(value)] });
      }),
      { numRuns: 2000 },
    );
  });

  it('finds the end behind any string literal', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (held, after) => {
        const literal = JSON.stringify(held);
        expect(splitText(`\${{ ${literal} }}${escapeText(after)}`)).toEqual({
          parts: [expression(literal, 4), ...(after === '' ? [] : [text(after)])],
        });
      }),
    );
  });
});
