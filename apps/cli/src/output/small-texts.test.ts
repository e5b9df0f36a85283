import { createColors } from 'picocolors';
import { describe, expect, it } from 'vitest';
import { duration, stopwatch } from './duration.ts';
import { receiptText } from './receipt.ts';
import { sandboxStatusText } from './sandbox-text.ts';
import { columns, section } from './tables.ts';

const colours = createColors(false);

it.each([
  [0, '0 s'],
  [89.4, '89 s'],
  [90, '2 min'],
  [3569, '59 min'],
  [3600, '1 h'],
  [3900, '1 h 5 min'],
  [7200, '2 h'],
])('%d seconds are %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

it.each([
  [0, '0:00'],
  [7.9, '0:07'],
  [760, '12:40'],
  [3661, '61:01'],
])('the stopwatch shows %d seconds as %s', (seconds, text) => {
  expect(stopwatch(seconds)).toBe(text);
});

it('aligns columns, wide characters too, and ends no line in spaces', () => {
  expect(
    columns([
      ['a', 'bb', ''],
      ['漢字', 'b', 'c'],
    ]),
  ).toEqual(['  a     bb', '  漢字  b   c']);
});

it('has no heading over nothing', () => {
  expect(section('nodes', [])).toEqual([]);
  expect(section('nodes', [['a']])).toEqual(['nodes', '  a']);
});

describe('a receipt', () => {
  it.each([
    ['of nothing', { removed: [], stayed: [] }, ['', 'Removed: 0', 'Nothing stays.']],
    [
      'of what stays and costs',
      {
        removed: ['stack network'],
        stayed: [
          { what: 'volume vol-1', why: 'holds data', monthlyUsd: 8 },
          { what: 'volume vol-2', why: 'holds data', monthlyUsd: 0.5 },
          { what: 'log group /aws/eks/shop', why: 'kept by policy' },
        ],
      },
      [
        '',
        'Removed: 1',
        '  ✓ stack network',
        'Stays: 3, about $8.50 a month',
        '  • volume vol-1: holds data ($8.00 a month)',
        '  • volume vol-2: holds data ($0.50 a month)',
        '  • log group /aws/eks/shop: kept by policy',
      ],
    ],
    [
      'of what stays for nothing',
      { removed: [], stayed: [{ what: 'a', why: 'b' }] },
      ['', 'Removed: 0', 'Stays: 1', '  • a: b'],
    ],
  ])('%s', (_what, receipt, lines) => {
    expect(receiptText(receipt, colours)).toEqual(lines);
  });
});

describe('the status of a sandbox', () => {
  it('tells how to reach it and what is in it', () => {
    const status = {
      phase: 'ready',
      url: 'http://127.0.0.1:4566',
      pid: 42,
      startedAt: '2026-01-01T00:00:00Z',
      directory: '/tmp/s',
      factor: 60,
      clusters: [
        {
          account: '123456789012',
          region: 'eu-central-1',
          name: 'shop',
          minor: '1.36',
          status: 'ACTIVE',
          endpoint: 'https://127.0.0.1:1',
        },
        { account: '123456789012', region: 'eu-central-1', name: 'b', minor: '1.35', status: 'CREATING' },
      ],
    };
    expect(sandboxStatusText(status, colours)).toEqual([
      'sandbox ready',
      '  endpoint   http://127.0.0.1:4566',
      '  process    42',
      '  since      2026-01-01T00:00:00Z',
      "  pace       60 times AWS's",
      '  directory  /tmp/s',
      'clusters',
      '  shop  123456789012  eu-central-1  1.36  ACTIVE    https://127.0.0.1:1',
      '  b     123456789012  eu-central-1  1.35  CREATING  -',
    ]);
  });

  it('that has not said everything yet is no reason to fail', () => {
    expect(sandboxStatusText({ phase: 'starting' }, colours)).toEqual([
      'sandbox starting',
      '  endpoint   -',
      '  process    -',
      '  since      -',
      "  pace       1 times AWS's",
      '  directory  -',
      'No cluster is in it.',
    ]);
  });
});
