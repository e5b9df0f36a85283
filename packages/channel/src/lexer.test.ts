import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isExpression, parseExpression } from './cel.ts';
import { escapeText, splitText, type TextPart } from './lexer.ts';

const expression = (source: string, offset: number): TextPart => ({ kind: 'expression', source, offset });
const text = (value: string): TextPart => ({ kind: 'text', text: value });

describe('splitting a scalar', { timeout: 60_000 }, () => {
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
      { numRuns: 500 },
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

  /** Expressions of CEL with everything in them that looks like an end: strings of each kind, maps, comments. */
  const celExpression = fc.letrec<{ expression: string; atom: string }>((tie) => ({
    atom: fc.oneof(
      fc.constantFrom(
        'a',
        'a.b',
        '1',
        '-2.5',
        'true',
        'null',
        '"}}"',
        "'}}'",
        '"\\"}}"',
        "'it\\'s {'",
        'r"}}\\"',
        "R'{\\'",
      ),
      fc.constantFrom(
        '"""a "}} b"""',
        "'''it's }} {'''",
        'r"""\\"}}"""',
        'b"}}"',
        "br'{\\'",
        '"${{"',
        '"// no comment"',
        '{}',
        '[]',
      ),
      fc.string({ maxLength: 8 }).map((text) => JSON.stringify(text)),
    ),
    expression: fc.oneof(
      { maxDepth: 4 },
      tie('atom'),
      fc.tuple(tie('expression'), tie('expression')).map(([first, second]) => `[${first}, ${second}]`),
      fc
        .tuple(tie('atom'), tie('expression'))
        .map(([key, value]) => `{"k": ${value}, ${JSON.stringify(key)}: {"l": ${value}}}`),
      fc
        .tuple(tie('expression'), tie('expression'))
        .map(([first, second]) => `(${first} == ${second} ? ${first} : {"x":${second}})`),
      fc.tuple(tie('expression'), tie('expression')).map(([first, second]) => `${first} == ${second}`),
      tie('expression').map((inner) => `f(${inner}, {"a": {"b": ${inner}}}) // }} it's "\n`),
    ),
  })).expression;

  it('finds the end of any expression', () => {
    fc.assert(
      fc.property(celExpression, fc.string(), fc.string(), (source, before, after) => {
        expect(isExpression(parseExpression(source))).toBe(true);
        const literal = escapeText(before.replace(/\$+$/, ''));
        const end = source.endsWith('\n') ? '' : ' ';
        const start = `${literal}\${{ `.length;
        expect(splitText(`${literal}\${{ ${source}${end}}}${escapeText(after)}`)).toEqual({
          parts: [
            ...(literal === '' ? [] : [text(before.replace(/\$+$/, ''))]),
            expression(source.trim(), start),
            ...(after === '' ? [] : [text(after)]),
          ],
        });
      }),
      { numRuns: 200 },
    );
  });

  it('never loses or adds a character of what it is given', () => {
    const soup = fc.array(
      fc.constantFrom('$', '${{', '}}', '{', '}', '"', "'", '"""', 'r"', '//', '\n', '\\', 'a', ' ', '$${{'),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(soup, (pieces) => {
        const given = pieces.join('');
        const split = splitText(given);
        if ('error' in split) {
          expect(split.error.offset).toBeLessThanOrEqual(given.length);
          return;
        }
        const written = split.parts.map((part) =>
          part.kind === 'text' ? escapeText(part.text) : `\${{${part.source}}}`,
        );
        const withoutSpace = (value: string): string => value.replaceAll(/\s/g, '');
        expect(withoutSpace(written.join(''))).toBe(withoutSpace(given));
        for (const part of split.parts.filter((one) => one.kind === 'expression'))
          expect(given.slice(part.offset, part.offset + part.source.length)).toBe(part.source);
      }),
      { numRuns: 500 },
    );
  });
});
