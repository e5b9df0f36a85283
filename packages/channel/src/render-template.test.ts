import { formatProblem, type Problem } from '@roadstead/definition';
import type { Json } from '@roadstead/foundation';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { toCel } from './cel-values.ts';
import { escapeText } from './lexer.ts';
import { renderDocument } from './render-template.ts';
import { type ReadOptions, readDocuments } from './yaml-documents.ts';

const own: ReadOptions = { dialect: 'own', expressions: true, shortTags: true };
const bindings = {
  name: toCel('shop'),
  size: toCel(3),
  sure: toCel(true),
  list: toCel(['a', 'b']),
  zones: toCel([{ suffix: 'Az1' }, { suffix: 'Az2' }]),
  script: toCel('echo ${HOME}'),
  empty: toCel(null),
  outputs: toCel({ network: { VpcId: { $late: 'outputs.network.VpcId' }, Arn: { $late: 'outputs.network.Arn' } } }),
};

function compile(text: string, options: ReadOptions = own) {
  const problems: Problem[] = [];
  const documents = readDocuments({ file: 'f.yaml', text }, options, problems);
  return { documents, problems: problems.map(formatProblem) };
}

function render(text: string, options: ReadOptions = own): Json | string {
  const { documents, problems } = compile(text, options);
  if (problems.length > 0) return problems.join('\n');
  const [first] = documents;
  if (first === undefined) return null;
  const rendered = renderDocument(first, bindings);
  return 'problem' in rendered ? formatProblem(rendered.problem) : rendered.values.map(({ value }) => value);
}

/** The one value of a template with other bindings. */
function renderWith(text: string, values: Readonly<Record<string, Json>>): Json {
  const { documents, problems } = compile(text);
  const [first] = documents;
  if (first === undefined) throw new Error(problems.join('\n'));
  const scope = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, toCel(value)]));
  const rendered = renderDocument(first, scope);
  if ('problem' in rendered) throw new Error(formatProblem(rendered.problem));
  return rendered.values[0]?.value ?? null;
}

/** What CloudFormation makes of a Fn::Sub whose variables are all known: `${!x}` is `${x}`. */
function substituted(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$\{(!?)([^}]*)\}/g, (whole, literal: string, name: string) => {
    if (literal === '!') return `\${${name}}`;
    const value = variables[name];
    if (value === undefined) throw new Error(`${whole} is no variable`);
    return value;
  });
}

describe('a template', () => {
  it.each<[string, string, Json]>([
    ['keeps the type of a whole scalar', 'a: ${{size}}', { a: 3 }],
    ['keeps the type of a quoted one too', 'a: "${{size}}"\nb: \'${{list}}\'', { a: 3, b: ['a', 'b'] }],
    ['inserts into longer text', 'a: x-${{name}}-${{size}}', { a: 'x-shop-3' }],
    ['takes keys as they are', '"${{name}}": 1', { '${{name}}': 1 }],
    ['writes a literal', 'a: $${{name}}', { a: '${{name}}' }],
    ['leaves shell and dashboards alone', 'a: "${HOME} $(x) {{ .Values }}"', { a: '${HOME} $(x) {{ .Values }}' }],
    ['inserts into a block', 'a: |\n  one ${{name}}\n  two\n', { a: 'one shop\ntwo\n' }],
    ['reads a map inside an expression', 'a: \'${{ {"k": {"l": size}} }}\'', { a: { k: { l: 3 } } }],
    ['leaves a key out', 'a: 1\nb: {includeWhen: "!sure", template: {x: 1}}', { a: 1 }],
    ['keeps a key', 'b: {includeWhen: sure, template: {x: "${{size}}"}}', { b: { x: 3 } }],
    [
      'repeats an item of a list',
      'a:\n  - first\n  - forEach: [{z: zones}]\n    template: ${{z.suffix}}',
      { a: ['first', 'Az1', 'Az2'] },
    ],
    [
      'repeats an item under a condition',
      'a:\n  - forEach: [{z: zones}]\n    includeWhen: z.suffix == "Az2"\n    template: ${{z.suffix}}',
      { a: ['Az2'] },
    ],
    [
      'repeats a key with a suffix',
      'Subnet: {forEach: [{z: zones}], keySuffix: z.suffix, template: {n: "${{z.suffix}}"}}',
      { SubnetAz1: { n: 'Az1' }, SubnetAz2: { n: 'Az2' } },
    ],
    [
      'nests loops',
      'a:\n  - forEach: [{x: list}, {z: zones}]\n    template: ${{x}}${{z.suffix}}',
      { a: ['aAz1', 'aAz2', 'bAz1', 'bAz2'] },
    ],
    ['knows a template that is no directive', 'spec: {template: {a: 1}}', { spec: { template: { a: 1 } } }],
    ['holds late values whole', 'a: ${{outputs.network.VpcId}}', { a: { $late: 'outputs.network.VpcId' } }],
    [
      'holds late values inside text',
      'a: id=${{outputs.network.VpcId}}/${{name}}',
      { a: { $lateText: ['id=', { $late: 'outputs.network.VpcId' }, '/shop'] } },
    ],
    [
      'reads short tags',
      'a: !Ref Vpc\nb: !GetAtt Role.Arn\nc: !Join ["-", [a, !Ref B]]',
      { a: { Ref: 'Vpc' }, b: { 'Fn::GetAtt': ['Role', 'Arn'] }, c: { 'Fn::Join': ['-', ['a', { Ref: 'B' }]] } },
    ],
    [
      'splits the attribute of a rendered name',
      'a: !GetAtt Role${{zones[0].suffix}}.Arn',
      { a: { 'Fn::GetAtt': ['RoleAz1', 'Arn'] } },
    ],
    ['splits a long form too', 'a: {"Fn::GetAtt": Role.Nested.Arn}', { a: { 'Fn::GetAtt': ['Role', 'Nested.Arn'] } }],
    [
      'escapes what it inserts into Fn::Sub',
      'a: !Sub "${AWS::Region} ${{script}}"',
      { a: { 'Fn::Sub': '${AWS::Region} echo ${!HOME}' } },
    ],
    [
      'escapes in the list form of Fn::Sub',
      'a: !Sub ["${{script}} ${X}", {X: "${{script}}"}]',
      { a: { 'Fn::Sub': ['echo ${!HOME} ${X}', { X: 'echo ${HOME}' }] } },
    ],
    ['does not escape outside of Fn::Sub', 'a: "${{script}}"', { a: 'echo ${HOME}' }],
    ['follows aliases', 'a: &x {n: "${{size}}"}\nb: *x', { a: { n: 3 }, b: { n: 3 } }],
  ])('%s', (_, text, value) => {
    expect(render(text)).toEqual([value]);
  });

  it('makes one document of each turn at the root', () => {
    expect(render('forEach: [{x: list}]\ntemplate: {name: "${{x}}"}')).toEqual([{ name: 'a' }, { name: 'b' }]);
    expect(render('includeWhen: "!sure"\ntemplate: {name: x}')).toEqual([]);
  });

  it('takes a foreign file as it is', () => {
    const foreign = { ...own, shortTags: false, expressions: false };
    const text = 'a: ${{name}}\nb: {includeWhen: x, template: 1}';
    expect(render(text, foreign)).toEqual([{ a: '${{name}}', b: { includeWhen: 'x', template: 1 } }]);
  });
});

describe('a wrong template', () => {
  it.each([
    ['an unfinished expression', 'a:\n  b: x ${{name', 'f.yaml:2:8: ', 'UNFINISHED_EXPRESSION'],
    ['an expression in quotes that breaks', 'a: "x ${{name +}}"', 'f.yaml:1:', 'EXPRESSION_SYNTAX'],
    ['an expression in a block', 'a: |\n  one\n  two ${{1 +}}\n', 'f.yaml:3:', 'EXPRESSION_SYNTAX'],
    ['an empty expression', 'a: ${{}}', 'f.yaml:1:7: ', 'EXPRESSION_SYNTAX'],
    [
      'a directive among other keys',
      'a: {includeWhen: sure, template: 1, other: 2}',
      'f.yaml:1:5: ',
      'MISPLACED_DIRECTIVE',
    ],
    ['a forEach that is no list', 'a: {forEach: zones, template: 1}', 'f.yaml:1:14: ', 'WRONG_FOR_EACH'],
    ['a forEach over a word of CEL', 'a: [{forEach: [{in: list}], template: 1}]', 'f.yaml:1:15: ', 'WRONG_FOR_EACH'],
    ['an unknown tag', 'a: !Reff Vpc', 'f.yaml:1:', 'UNKNOWN_TAG'],
    ['a list inside text', 'a: x ${{list}}', 'f.yaml:1:9: ', 'NOT_TEXT'],
    ['null inside text', 'a: x ${{empty}}', 'f.yaml:1:9: ', 'NOT_TEXT'],
    ['a missing member', 'a: 1\nb: ${{zones[0].nope}}', 'f.yaml:2:7: ', 'EXPRESSION_FAILED'],
    ['a condition that is text', 'a: {includeWhen: name, template: 1}', 'f.yaml:1:18: ', 'WRONG_CONDITION'],
    ['a loop over text', 'a: [{forEach: [{x: name}], template: 1}]', 'f.yaml:1:20: ', 'WRONG_LIST'],
    ['YAML that an expression breaks', 'a: {b: ${{ {"x": 1} }}}', 'f.yaml:1:', 'YAML_SYNTAX'],
  ])('with %s is refused with its place', (_, text, place, code) => {
    const message = render(text);
    expect(message).toContain(place);
    expect(message).toContain(`[${code}]`);
  });

  it('of aliases that grow without end is refused', () => {
    const levels = Array.from(
      { length: 30 },
      (_, level) => `l${level}: &l${level} [${level === 0 ? 'x' : `*l${level - 1}, *l${level - 1}`}]`,
    );
    const { problems } = compile(levels.join('\n'));
    expect(problems.join('\n')).toContain('[DOCUMENT_TOO_LARGE]');
  });
});

describe('YAML of manifests', () => {
  const manifest: ReadOptions = { dialect: 'manifest', expressions: true };
  it.each<[string, Json]>([
    ['no', false],
    ['on', true],
    ['yes', true],
    ['y', true],
    ['off', false],
    ['012', 10],
    ['0o14', 12],
    ['1_000', 1000],
    ['1:30', '1:30'],
    ['2024-01-02', '2024-01-02'],
    ['0x1F', 31],
    ['1e3', 1000],
    ['~', null],
    ['"no"', 'no'],
  ])('reads %s as kubectl does', (written, value) => {
    expect(render(`a: ${written}`, manifest)).toEqual([{ a: value }]);
  });

  it('reads keys as text and merges maps', () => {
    expect(render('base: &b {k: 1, l: 2}\nown: {<<: *b, l: 3}\n8080: port\non: true', manifest)).toEqual([
      { base: { k: 1, l: 2 }, own: { k: 1, l: 3 }, '8080': 'port', true: true },
    ]);
  });

  it('lets a variable be named y, which is true elsewhere', () => {
    expect(render('a: [{forEach: [{y: list}], template: "${{y}}"}]', manifest)).toEqual([{ a: ['a', 'b'] }]);
  });

  it('takes the first of merged maps that has a key', () => {
    const text = 'a: &a {k: 1}\nb: &b {k: 2, l: 2}\nc: {<<: [*a, *b]}\nd: {<<: *a, <<: *b}';
    expect(render(text, manifest)).toMatchObject([{ c: { k: 1, l: 2 } }]);
  });

  it('reads own files by YAML 1.2', () => {
    expect(render('a: no\nb: 012')).toEqual([{ a: 'no', b: 12 }]);
  });
});

describe('what is inserted', { timeout: 60_000 }, () => {
  const awkward = fc
    .array(
      fc.constantFrom('$', '{', '}', '!', '${', '${!', '${A}', '${!A}', "'", '"', '\\', '\n', ': ', '#', 'a', ' '),
      { maxLength: 12 },
    )
    .map((parts) => parts.join(''));
  const any = fc.oneof(awkward, fc.string({ unit: 'grapheme' }));

  it('is written as it is wherever it is escaped', () => {
    fc.assert(
      fc.property(any, (value) => {
        expect(renderWith(`a: ${JSON.stringify(escapeText(value))}`, {})).toEqual({ a: value });
        expect(renderWith('a: x${{v}}y', { v: value })).toEqual({ a: `x${value}y` });
      }),
    );
  });

  it('is never a variable of Fn::Sub, not even together with what stands beside it', () => {
    // CloudFormation reads `${` to the next `}`, and nothing says what one inside of another means: such texts are left aside.
    const isPlain = (value: string) => !value.replaceAll(/\$\{[^${}]*\}/g, '').includes('${');
    const closed = any.filter(isPlain);
    fc.assert(
      fc.property(closed, closed, (v, w) => {
        const rendered = renderWith('a: !Sub "${A}${{v}}${{w}}{A} ${{v}}${B}"', { v, w });
        const { a } = rendered as { readonly a: { readonly 'Fn::Sub': string } };
        fc.pre(isPlain(`${v}${w}{A} ${v}`));
        expect(substituted(a['Fn::Sub'], { A: '1', B: '2' })).toBe(`1${v}${w}{A} ${v}2`);
      }),
      { numRuns: 200 },
    );
  });

  it('is one word of a shell, the very same', () => {
    fc.assert(
      fc.property(any, (value) => {
        const { a } = renderWith('a: ${{shellQuote(v)}}', { v: value }) as { readonly a: string };
        expect(shellWord(a)).toBe(value);
      }),
    );
  });

  it('is the same to every reader of YAML and JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.dictionary(any, any), (json, texts) => {
        const v = { json, texts } as Json;
        const { j, y } = renderWith('{j: "${{toJson(v)}}", y: "${{toYaml(v)}}"}', { v }) as {
          readonly j: string;
          readonly y: string;
        };
        const plain: unknown = JSON.parse(JSON.stringify(v));
        expect(JSON.parse(j)).toEqual(plain);
        for (const version of ['1.1', '1.2'] as const) {
          expect(parse(j, { version })).toEqual(plain);
          expect(parse(y, { version })).toEqual(plain);
        }
      }),
    );
  });
});

/** Reads a word of a POSIX shell: single quotes hold everything but themselves, a backslash outside holds one character. */
function shellWord(text: string): string {
  let word = '';
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === "'") isQuoted = !isQuoted;
    else if (!isQuoted && character === '\\') word += text.charAt(++at);
    else if (isQuoted || /[\w./-]/.test(character)) word += character;
    else throw new Error(`${character} is not quoted`);
  }
  if (isQuoted) throw new Error('a quote is not closed');
  return word;
}
