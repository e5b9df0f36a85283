import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { clusterFile, lastSeq, mutations, program, type Roadstead, roadsteadIn, smallCluster } from './roadstead.ts';
import { type Sandbox, startSandbox } from './sandbox.ts';
import { type AtTerminal, atTerminal } from './terminal.ts';

/** What somebody sees who sits in front of it, and what their keys do. */
let sandbox: Sandbox;
let roadstead: Roadstead;
let file = '';

beforeAll(async () => {
  sandbox = await startSandbox({ factor: 200 });
  roadstead = await roadsteadIn(sandbox);
  file = await clusterFile(smallCluster('seen'));
});
afterAll(() => sandbox?.stop());
afterEach(() => sandbox.control('DELETE', 'faults'));

const ctrlC = '\u0003';
const ctrlD = '\u0004';

function typed(line: string, size: { columns?: number; rows?: number } = {}): AtTerminal {
  return atTerminal(line, { env: { ...sandbox.environment, ROADSTEAD_STATE: roadstead.state }, ...size });
}

/** A request that is done and not answered keeps its step at work until the fault is cleared. */
const hold = (): Promise<unknown> =>
  sandbox.control('POST', 'faults', {
    service: 'cloudformation',
    operation: 'CreateStack',
    action: { kind: 'hold', phase: 'after' },
  });

/** Nothing that hides the cursor, changes the screen or the title: so nothing to put back, whoever kills it. */
function expectPlainTerminal({ sent }: AtTerminal): void {
  const orders = sent().split('\u001b').slice(1);
  expect(orders.filter((order) => !/^\[[\d;]*[AGJm]/.test(order))).toEqual([]);
}

describe('a question', () => {
  it.each([
    ['no', 'no\r', 1, 'Nothing was changed [DECLINED]'],
    ['Ctrl-D', ctrlD, 1, 'Nothing was changed [DECLINED]'],
    ['Ctrl-C', ctrlC, 130, 'Stopped; nothing was changed.'],
  ])('that is answered with %s changes nothing and says so', async (_what, keys, code, words) => {
    const seq = await lastSeq(sandbox);
    const terminal = typed(`exec ${program} up -f ${file}`);
    await terminal.until(/Go on\? Only "yes" does: /);
    terminal.press(keys);
    expect(await terminal.ended).toBe(code);
    expect(terminal.screen().join('\n')).toContain(words);
    expect(await mutations(sandbox, seq)).toEqual([]);
    expectPlainTerminal(terminal);
  });

  it('that is killed leaves the terminal as it was', async () => {
    const pidFile = join(roadstead.state, 'pid');
    const terminal = typed(`stty -g; sh -c 'echo $$ > ${pidFile}; exec ${program} up -f ${file}'; stty -g`);
    await terminal.until(/Go on\? Only "yes" does: /);
    process.kill(Number(await readFile(pidFile, 'utf8')), 'SIGKILL');
    await terminal.ended;
    const settings = terminal.sent().match(/^[0-9a-f]+(:[0-9a-f]+)+/gm) ?? [];
    expect(settings).toHaveLength(2);
    expect(settings[1]).toBe(settings[0]);
  });
});

describe('Ctrl-C while steps are at work', () => {
  it('the second time ends it at once, and says what goes on', async () => {
    await hold();
    const terminal = typed(`exec ${program} up -f ${file} --yes`);
    await terminal.until(/… stack roadstead-seen-network/);
    terminal.press(ctrlC);
    await terminal.until(/Stopping at the next safe step … \(Ctrl-C again stops at once\)/);
    terminal.press(ctrlC);
    expect(await terminal.ended).toBe(130);
    expect(lastLine(terminal)).toMatch(/^Stopped\. \d+ steps remain; what AWS has begun goes on there\. Run the same/);
    expect(screenFaults(terminal)).toEqual([]);
    expectPlainTerminal(terminal);
  });

  it('the first time stops at the next safe step, and says how to go on', async () => {
    await hold();
    const terminal = typed(`exec ${program} up -f ${file} --yes`);
    await terminal.until(/… stack roadstead-seen-/);
    await sleep(1000);
    terminal.press(ctrlC);
    await terminal.until(/Stopping at the next safe step/);
    await sandbox.control('DELETE', 'faults');
    expect(await terminal.ended).toBe(1);
    expect(lastLine(terminal)).toMatch(
      /^Stopped\. \d+ steps remain; what was begun is finished\. Run the same command/,
    );
    expect(screenFaults(terminal)).toEqual([]);
    const { stdout } = await roadstead.ok('status', '-f', file, '--output', 'json');
    expect(JSON.parse(stdout)).toMatchObject({ run: { state: 'stopped' } });
  });
});

describe('a whole run', () => {
  it('on a narrow terminal leaves each ended step once, in order, and then the page', async () => {
    const terminal = typed(`exec ${program} up -f ${file} --yes`, { columns: 60, rows: 10 });
    expect(await terminal.ended, terminal.sent()).toBe(0);
    const rows = terminal.screen();
    const done = rows.filter((row) => row.startsWith('  ✓ '));
    expect(done.length).toBeGreaterThan(8);
    expect(new Set(done.map((row) => row.replace(/ \d+:\d\d$/, ''))).size).toBe(done.length);
    expect(rows.findIndex((row) => row.startsWith('seen is up: '))).toBeGreaterThan(
      rows.lastIndexOf(done.at(-1) ?? ''),
    );
    expect(screenFaults(terminal)).toEqual([]);
    expectPlainTerminal(terminal);
  });

  it('that has nothing to do says so', async () => {
    const terminal = typed(`exec ${program} up -f ${file}`);
    expect(await terminal.ended).toBe(0);
    expect(terminal.screen().join('\n')).toContain('Nothing to do: what is there is what is declared.');
  });

  it('back to nothing wants a yes, and ends in the receipt', async () => {
    const terminal = typed(`exec ${program} down -f ${file} --delete-logs`);
    await terminal.until(/Go on\? Only "yes" does: /);
    terminal.press('yes\r');
    expect(await terminal.ended, terminal.sent()).toBe(0);
    const rows = terminal.screen();
    expect(rows.filter((row) => row.startsWith('Removed: '))).toHaveLength(1);
    expect(screenFaults(terminal)).toEqual([]);
  });
});

function lastLine(terminal: AtTerminal): string | undefined {
  return terminal.screen().findLast((row) => row !== '');
}

/** Rows that no line of ours begins with: the rest of one that was not drawn over whole. */
function screenFaults(terminal: AtTerminal): readonly string[] {
  const rows = terminal.screen();
  return [
    ...rows.filter((row) => row.startsWith('  … ')).map((row) => `still there: ${row}`),
    ...rows.filter((row) => /\^C/.test(row)).map((row) => `an echo: ${row}`),
    ...rows.filter((row) => /.+[✓✗] /.test(row) && !/^ {2}[✓✗] /.test(row)).map((row) => `out of place: ${row}`),
  ];
}
