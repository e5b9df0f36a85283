import { expect, it } from 'vitest';
import { outputFormatOf } from './output-format.ts';

it.each([
  ['plan -f x', 'text'],
  ['plan -f x --output json', 'json'],
  ['plan -f x --output=json', 'json'],
  ['plan -o json', 'json'],
  ['plan -ojson', 'json'],
  ['up -yo json', 'json'],
  ['upp --output json', 'json'],
  ['plan --output text', 'text'],
  ['plan --output', 'text'],
  ['plan -f json', 'text'],
  ['plan --out json', 'text'],
  ['sandbox fault -- --output json', 'text'],
])('roadstead %s answers in %s', (line, format) => {
  expect(outputFormatOf(line.split(' '))).toBe(format);
});
