import { PassThrough } from 'node:stream';
import type { Plan } from '@roadstead/lifecycle';
import { describe, expect, it } from 'vitest';
import { type Answers, confirmPlan } from './confirm.ts';

const ctrlC = '\u0003';
const ctrlD = '\u0004';

function planOf(level: 'safe' | 'one-way'): Plan {
  const change = { id: 'eks/cluster/version', what: 'version', why: 'declared', action: 'update', class: level };
  return { kind: 'up', header: { cluster: 'shop' }, changes: [change] } as unknown as Plan;
}

interface Case {
  readonly level?: 'safe' | 'one-way';
  readonly answers?: Answers;
  /** What a person types; absent: nobody can be asked. */
  readonly typed?: string;
  readonly signal?: AbortSignal;
}

async function confirm({ level = 'safe', answers = { yes: false }, typed, signal }: Case) {
  const input = Object.assign(new PassThrough(), { isTTY: true });
  const output = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
  if (typed !== undefined) input.write(typed);
  const context = { config: { interactive: typed !== undefined }, abort: signal ?? new AbortController().signal };
  const answer = await confirmPlan(context, planOf(level), answers, { input, output });
  return { answer, asked: String(output.read() ?? '') };
}

describe('a plan', () => {
  it.each<[string, Case, boolean]>([
    ['goes on with yes', { typed: 'yes\n' }, true],
    ['does not with anything else', { typed: 'y\n' }, false],
    ['does not with Ctrl-C', { typed: ctrlC }, false],
    ['does not with Ctrl-D', { typed: ctrlD }, false],
    ['does not when it was stopped before the question', { typed: 'yes\n', signal: AbortSignal.abort() }, false],
    ['does not when it is stopped while it asks', { typed: '', signal: AbortSignal.timeout(5) }, false],
    ['goes on with --yes and nobody there', { answers: { yes: true } }, true],
    ['that is one-way goes on with the name', { level: 'one-way', typed: 'shop\n' }, true],
    ['that is one-way does not with yes', { level: 'one-way', typed: 'yes\n' }, false],
    [
      'that is one-way wants the name for all of --yes',
      { level: 'one-way', answers: { yes: true }, typed: 'no\n' },
      false,
    ],
    ['that is one-way goes on with both options', { level: 'one-way', answers: { yes: true, oneWay: 'shop' } }, true],
    [
      'that is one-way still asks with --one-way alone',
      { level: 'one-way', answers: { yes: false, oneWay: 'shop' }, typed: 'no\n' },
      false,
    ],
  ])('%s', async (_, given, expected) => {
    expect((await confirm(given)).answer).toBe(expected);
  });

  it.each<[string, Case, RegExp]>([
    ['nobody there and no --yes', {}, /again with --yes\.$/],
    ['--yes for a one-way plan and nobody there', { level: 'one-way', answers: { yes: true } }, /--one-way shop/],
    ['--one-way for another cluster', { level: 'one-way', answers: { yes: true, oneWay: 'shoe' } }, /--one-way shop/],
    ['--one-way alone and nobody there', { level: 'one-way', answers: { yes: false, oneWay: 'shop' } }, /--yes/],
  ])('is refused with %s', async (_, given, hint) => {
    await expect(confirm(given)).rejects.toMatchObject({
      code: 'NOT_CONFIRMED',
      hint: expect.stringMatching(hint) as string,
    });
  });

  it('that is one-way says that it cannot be taken back', async () => {
    expect((await confirm({ level: 'one-way', typed: 'shop\n' })).asked).toContain('This cannot be taken back');
  });
});
