import { PassThrough } from 'node:stream';
import type { Plan } from '@roadstead/lifecycle';
import { describe, expect, it } from 'vitest';
import { type Answers, confirmPlan, demandAnswers } from './confirm.ts';

function planOf(level: 'safe' | 'one-way'): Plan {
  const change = { id: 'eks/cluster/version', what: 'version', why: 'declared', action: 'update', class: level };
  return { kind: 'up', header: { cluster: 'shop' }, changes: [change] } as unknown as Plan;
}

type Given = Omit<Answers, 'file'> & Partial<Answers>;

interface Case {
  readonly level?: 'safe' | 'one-way';
  readonly answers?: Given;
  /** What a person types; absent: nobody can be asked. Ctrl-D after it is the end of the input. */
  readonly typed?: string;
  readonly ends?: boolean;
  readonly signal?: AbortSignal;
}

/** How it ended, `goes on` or a code, and what was asked. */
async function confirm({ level = 'safe', answers = { yes: false }, typed, ends = false, signal }: Case) {
  const input = Object.assign(new PassThrough(), { isTTY: true });
  const output = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
  if (typed !== undefined) input.write(typed);
  if (ends) input.end();
  const context = { config: { interactive: typed !== undefined }, abort: signal ?? new AbortController().signal };
  const ended = await confirmPlan(context, planOf(level), { file: 'shop.yaml', ...answers }, { input, output }).then(
    () => ({ end: 'goes on', hint: '' }),
    (error: { code: string; hint: string }) => ({ end: error.code, hint: error.hint }),
  );
  return { ...ended, asked: String(output.read() ?? '') };
}

describe('a plan', () => {
  it.each<[string, Case, string]>([
    ['goes on with yes', { typed: 'yes\n' }, 'goes on'],
    ['does not with anything else', { typed: 'y\n' }, 'DECLINED'],
    ['does not with Ctrl-D', { typed: '', ends: true }, 'DECLINED'],
    ['does not when it was stopped before the question', { typed: 'yes\n', signal: AbortSignal.abort() }, 'STOPPED'],
    ['does not when it is stopped while it asks', { typed: '', signal: AbortSignal.timeout(5) }, 'STOPPED'],
    ['goes on with --yes and nobody there', { answers: { yes: true } }, 'goes on'],
    ['that is one-way goes on with the name', { level: 'one-way', typed: 'shop\n' }, 'goes on'],
    ['that is one-way does not with yes', { level: 'one-way', typed: 'yes\n' }, 'DECLINED'],
    [
      'that is one-way wants the name for all of --yes',
      { level: 'one-way', answers: { yes: true }, typed: 'no\n' },
      'DECLINED',
    ],
    [
      'that is one-way goes on with both options',
      { level: 'one-way', answers: { yes: true, oneWay: 'shop' } },
      'goes on',
    ],
    [
      'that is one-way still asks with --one-way alone',
      { level: 'one-way', answers: { yes: false, oneWay: 'shop' }, typed: 'no\n' },
      'DECLINED',
    ],
  ])('%s', async (_, given, end) => {
    expect((await confirm(given)).end).toBe(end);
  });

  it.each<[string, Case, RegExp]>([
    ['nobody there and no --yes', {}, /again with --yes\.$/],
    ['--yes for a one-way plan and nobody there', { level: 'one-way', answers: { yes: true } }, /--one-way shop/],
    [
      'standard input used up by the cluster file, though there is a terminal',
      { answers: { yes: false, file: '-' }, typed: 'yes\n' },
      /again with --yes\.$/,
    ],
    [
      '--yes for a one-way plan and standard input used up',
      { level: 'one-way', answers: { yes: true, file: '-' }, typed: 'shop\n' },
      /--yes --one-way shop/,
    ],
    ['--one-way alone and nobody there', { level: 'one-way', answers: { yes: false, oneWay: 'shop' } }, /--yes/],
  ])('is refused with %s', async (_, given, hint) => {
    const { end, hint: told } = await confirm(given);
    expect(end).toBe('NOT_CONFIRMED');
    expect(told).toMatch(hint);
  });

  it('that is one-way says that it cannot be taken back', async () => {
    expect((await confirm({ level: 'one-way', typed: 'shop\n' })).asked).toContain('This cannot be taken back');
  });
});

describe('ahead of everything', () => {
  it.each<[string, boolean, Given, RegExp | undefined]>([
    ['somebody can be asked', true, { yes: false }, undefined],
    ['--yes was said', false, { yes: true }, undefined],
    ['--yes and the name were given', false, { yes: true, oneWay: 'shop' }, undefined],
    ['nobody can be asked', false, { yes: false }, /again with --yes\.$/],
    ['nobody can be asked, the name alone was given', false, { yes: false, oneWay: 'shop' }, /again with --yes\.$/],
    ['the cluster file is standard input', true, { yes: false, file: '-' }, /again with --yes\.$/],
    ['the cluster file is standard input, --yes was said', true, { yes: true, file: '-' }, undefined],
    ['--one-way names another cluster', true, { yes: true, oneWay: 'shoe' }, /again with --one-way shop\.$/],
  ])('%s', (_what, interactive, answers, hint) => {
    const demand = (): void => demandAnswers({ interactive }, 'shop', { file: 'shop.yaml', ...answers });
    if (hint === undefined) expect(demand).not.toThrow();
    else
      expect(demand).toThrow(
        expect.objectContaining({ code: 'NOT_CONFIRMED', hint: expect.stringMatching(hint) as string }) as Error,
      );
  });
});
