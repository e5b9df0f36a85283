import { describe, expect, it } from 'vitest';
import { parseTemplateText } from './parse.ts';

describe('template text', () => {
  it.each([
    ['A: !Ref B', { A: { Ref: 'B' } }],
    ['A: !GetAtt B.C.D', { A: { 'Fn::GetAtt': ['B', 'C.D'] } }],
    ['A: !GetAtt [B, C]', { A: { 'Fn::GetAtt': ['B', 'C'] } }],
    ['A: !Sub "x-${B}"', { A: { 'Fn::Sub': 'x-${B}' } }],
    ['A: !Join [",", [!Ref B, c]]', { A: { 'Fn::Join': [',', [{ Ref: 'B' }, 'c']] } }],
    ['A: !If [C, !Ref X, !Ref "AWS::NoValue"]', { A: { 'Fn::If': ['C', { Ref: 'X' }, { Ref: 'AWS::NoValue' }] } }],
    ['A: !Condition C', { A: { Condition: 'C' } }],
    ['A: !Base64\n  Fn::Sub: hi', { A: { 'Fn::Base64': { 'Fn::Sub': 'hi' } } }],
    ['AWSTemplateFormatVersion: 2010-09-09', { AWSTemplateFormatVersion: '2010-09-09' }],
    ['A: 2012-10-17', { A: '2012-10-17' }],
    ['A: {B: 1, C: true, D: [1.5]}', { A: { B: 1, C: true, D: [1.5] } }],
    ['{"A": {"Ref": "B"}}', { A: { Ref: 'B' } }],
    ['1: a', { '1': 'a' }],
  ])('%s', (text, expected) => {
    expect(parseTemplateText(text)).toEqual(expected);
  });

  it.each([
    ['A: !Nope B', 'Unknown tag !Nope'],
    ['A: [1', 'YAML not well-formed. (line 1'],
    ['A: 1\nA: 2', 'YAML not well-formed'],
    ['A: &x 1\nB: *x', 'YAML aliases are not allowed'],
    ['- 1', 'unsupported structure'],
    ['', 'unsupported structure'],
    ['{"A": 1,}', 'JSON not well-formed'],
  ])('refuses %s', (text, message) => {
    expect(() => parseTemplateText(text)).toThrow(message);
  });
});
