import type { Json } from '@roadstead/foundation';
import { describe, expect, it } from 'vitest';
import { type Bindings, isExpression, parseExpression } from './cel.ts';
import { toCel, toJson } from './cel-values.ts';

const scope: Bindings = {
  cluster: toCel({ name: 'shop', dns: null, network: { nat: 'single' }, criticality: 2 }),
  pools: toCel([
    { name: 'app', size: { max: 20 }, labels: { a: 'b' } },
    { name: 'system', size: { max: 3 }, labels: {} },
  ]),
  outputs: toCel({ network: { VpcId: { $late: 'outputs.network.VpcId' } } }),
};

function run(source: string): Json | { readonly failed: string } {
  const parsed = parseExpression(source);
  if (!isExpression(parsed)) return { failed: parsed.message };
  const result = parsed.run(scope);
  return 'error' in result ? { failed: result.error } : toJson(result.value);
}

describe('an expression', () => {
  it.each<[string, Json]>([
    ['cluster.name + "-x"', 'shop-x'],
    ['cluster.criticality + 1', 3],
    ['pools.map(p, p.name)', ['app', 'system']],
    ['pools.filter(p, p.size.max > 5)[0].name', 'app'],
    ['pools.exists(p, "a" in p.labels)', true],
    ['cluster.dns == null ? "none" : cluster.dns.zone', 'none'],
    ['has(cluster.nope)', false],
    ['{"a": [1, 2.5, null, true, "x"]}', { a: [1, 2.5, null, true, 'x'] }],
    ['size(pools)', 2],
    ['["b", "a"].join(",")', 'b,a'],
    ['outputs.network.VpcId', { $late: 'outputs.network.VpcId' }],
    ['[outputs.network.VpcId]', [{ $late: 'outputs.network.VpcId' }]],
    ['shellQuote("it\'s $(x)")', "'it'\\''s $(x)'"],
    ['"a b".shellQuote()', "'a b'"],
    ['toJson({"b": 1, "a": [true]})', '{"a":[true],"b":1}'],
    ['toYaml({"a": {"b": "no"}})', 'a:\n  b: "no"'],
    [
      'toYaml({"b": "0o14", "on": "x", "a": ["1:30", "app", true]})',
      'b: "0o14"\n"on": x\na:\n  - "1:30"\n  - app\n  - true',
    ],
    ['toYaml({"a": "x\\n", "b": "x\\ny"})', 'a: "x\\n"\nb: |-\n  x\n  y'],
    ['base64("hi")', 'aGk='],
    ['sha256Short("hi")', '8f434346'],
    ['fitName("roadstead-shop", 64)', 'roadstead-shop'],
    ['fitName("roadstead-a-name-too-long", 20)', 'roadstead-a-2132cd45'],
    ['"a\\nb".indent(2)', 'a\n  b'],
    ['merge({"a": 1, "b": 1}, {"b": 2})', { a: 1, b: 2 }],
    ['compact({"a": null, "b": "x"})', { b: 'x' }],
    ['mime([{"contentType": "text/plain", "content": "hi"}]).contains("Content-Type: text/plain\\n\\nhi\\n")', true],
  ])('%s', (source, value) => {
    expect(run(source)).toEqual(value);
  });

  it.each([
    ['cluster.nope', 'field not found'],
    ['nope', 'unresolved'],
    ['1 / 0', 'divide by zero'],
    ['"a" + 1', 'no matching overload'],
    ['toJson(outputs.network)', 'late value cannot be computed with'],
    ['fitName("roadstead-shop", 9)', 'needs room'],
    ['a +', 'end of input'],
    ['', 'end of input'],
    ['mime([{"content": "x"}])', 'contentType'],
  ])('%s fails', (source, message) => {
    expect(run(source)).toMatchObject({ failed: expect.stringContaining(message) });
  });

  it('tells where its grammar breaks', () => {
    expect(parseExpression('a = b')).toMatchObject({ offset: 2, message: expect.stringContaining('found =') });
  });

  it('never turns a whole number into another one', () => {
    expect(run('9007199254740991')).toBe(9007199254740991);
    expect(() => run('9007199254740992')).toThrow('too large for JSON');
  });
});
