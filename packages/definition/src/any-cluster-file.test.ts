import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasErrors, parseClusterFile } from './index.ts';

/** A good file with something of each kind in it. */
const text = `apiVersion: roadstead.dev/v1
kind: Cluster
metadata: {name: shop}
spec:
  account: aws:123456789012
  region: eu-central-1
  endpoint: {allow: [203.0.113.0/24]}
  nodePools:
    - name: app
      instanceTypes: [m7g.large]
      taints: ["a=b:NoSchedule"]
      reserve: {evict: {disk: 10%}}
  config: {a: [1, {b: 2}]}
`;

describe('any text at all', { timeout: 60_000 }, () => {
  const runs = 250;

  /** Read, it gives a cluster or an error, each problem at a place that the text has. */
  function isJudged(text: string): void {
    const { cluster, problems } = parseClusterFile(text, 'any.yaml');
    expect(cluster === undefined).toBe(hasErrors(problems));
    const lines = text.split(/\r\n|[\r\n]/);
    for (const { line, column } of problems) {
      expect(line).toBeGreaterThanOrEqual(1);
      expect(line).toBeLessThanOrEqual(lines.length);
      expect(column).toBeGreaterThanOrEqual(1);
      // A carriage return counts as the end of a line for us, and a byte order mark does not count.
      expect(column).toBeLessThanOrEqual((lines[line - 1]?.length ?? 0) + 2);
    }
  }

  it('is judged, whatever it is', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), isJudged), { numRuns: runs });
  });

  const pieces = [
    ...[
      '- ',
      ': ',
      '\n',
      '\n  ',
      '\n    ',
      '{',
      '}',
      '[',
      ']',
      ', ',
      '&a ',
      '*a',
      '<<: ',
      '!!str ',
      '!x ',
      '"',
      "'",
      '|\n',
      '>-\n',
      '# ',
    ],
    ...[
      '? ',
      '---\n',
      '...\n',
      '%YAML 1.1\n',
      '\t',
      '\r',
      '\ufeff',
      '\u00a0',
      '~',
      '0o7',
      '.nan',
      '-0',
      '1e999',
      'yes',
      '__proto__',
    ],
    ...text.split('\n'),
  ];

  it('is judged when it is made of pieces of YAML', () => {
    const soup = fc.array(fc.constantFrom(...pieces), { maxLength: 60 }).map((parts) => parts.join(''));
    fc.assert(fc.property(soup, isJudged), { numRuns: runs });
  });

  it('is judged when it is a good file that was changed anywhere', () => {
    const changed = fc
      .tuple(fc.nat(text.length), fc.nat(12), fc.constantFrom(...pieces))
      .map(([at, length, piece]) => text.slice(0, at) + piece + text.slice(at + length));
    fc.assert(fc.property(changed, isJudged), { numRuns: runs });
  });

  it('is judged when any value stands at any place', () => {
    const start = {
      apiVersion: 'roadstead.dev/v1',
      kind: 'Cluster',
      metadata: { name: 'shop', owner: 'team/shop' },
      spec: {
        account: 'aws:123456789012',
        region: 'eu-central-1',
        dns: { zone: 'shop.example.org' },
        network: { cidr: '10.0.0.0/16', zones: ['eu-central-1a', 'eu-central-1b'], nat: 'single' },
        endpoint: { private: true, public: true, allow: ['203.0.113.0/24'] },
        logs: ['api'],
        nodePools: [
          {
            name: 'app',
            instanceTypes: ['m7g.large'],
            size: { min: 1, max: 2 },
            labels: { a: 'b' },
            taints: ['a:NoExecute'],
            reserve: { kube: { cpu: '1' }, evict: { memory: '10%' } },
          },
        ],
        access: [{ role: 'admin', principal: 'arn:aws:iam::123456789012:role/a' }],
        config: { a: 1 },
      },
    };
    const nasty = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom(
        '',
        ' ',
        'a'.repeat(300),
        '0',
        '-1',
        '1e9',
        '$',
        '%',
        '0%',
        'arn:aws:iam::1:role/',
        '/',
        '::/0',
        '0.0.0.0/0',
        '999.1.1.1/99',
      ),
    );
    const placed = fc
      .tuple(fc.infiniteStream(fc.nat(9)), nasty)
      .map(([choices, value]) => JSON.stringify(replaced(start, choices, value)));
    fc.assert(fc.property(placed, isJudged), { numRuns: runs });
  });
});

/** The value with another one at a place that the choices lead to. */
function replaced(value: unknown, choices: Iterator<number>, by: unknown): unknown {
  const choice: unknown = choices.next().value;
  const steps = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  if (typeof choice !== 'number' || choice === 9 || steps.length === 0) return by;
  const [chosen] = steps[choice % steps.length] ?? [];
  const next = steps.map(([key, member]) => [key, key === chosen ? replaced(member, choices, by) : member] as const);
  return Array.isArray(value) ? next.map(([, member]) => member) : Object.fromEntries(next);
}
