import { expect, it } from 'vitest';
import { parseInputs } from './inputs-file.ts';

const facts = {
  vcpus: 2,
  memoryMiB: 8192,
  architecture: 'arm64',
  maxEnis: 3,
  ipv4PerEni: 10,
  localDisks: 0,
  zones: ['eu-central-1a'],
};
const whole = {
  zones: [{ name: 'eu-central-1a', id: 'euc1-az2' }],
  amiReleases: { '1.36/arm64': '1.36.2-20260801' },
  addonVersions: { coredns: 'v1' },
  instanceTypes: { 'm7g.large': facts },
};

it('reads what it is given', () => {
  expect(parseInputs(JSON.stringify(whole))).toEqual({ inputs: whole });
});

it.each([
  ['no JSON', '{', 'the file'],
  ['a missing member', JSON.stringify({ ...whole, zones: undefined }), 'zones'],
  [
    'an unknown architecture',
    JSON.stringify({ ...whole, instanceTypes: { 'm7g.large': { ...facts, architecture: 'mips' } } }),
    'instanceTypes.m7g.large.architecture',
  ],
  ['a zone without its id', JSON.stringify({ ...whole, zones: [{ name: 'a' }] }), 'zones.0.id'],
])('says what is wrong with %s', (_what, text, place) => {
  const read = parseInputs(text);
  expect('mistakes' in read ? read.mistakes.join('\n') : 'none').toContain(place);
});
