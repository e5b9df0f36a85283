/** What a container's command comes to, as far as it can be read without running it. */
export type CommandReading =
  | { readonly kind: 'exits'; readonly code: number; readonly afterSeconds: number; readonly output: readonly string[] }
  | { readonly kind: 'runs'; readonly output: readonly string[] }
  /** A program that nobody here knows: what it does is decided by who owns the pod. */
  | { readonly kind: 'unknown'; readonly afterSeconds: number; readonly output: readonly string[] };

const shells = new Set(['sh', 'bash', 'ash', 'dash']);
const quiet = new Set(['set', ':', 'export', 'cd', 'trap', 'umask', 'mkdir', 'touch', 'test', '[']);

/** Reads `exit N`, `true`, `false`, `sleep N`, `echo …` and sequences of these, inside `sh -c` or plain. */
export function readCommand(command: readonly string[], args: readonly string[]): CommandReading {
  const argv = [...command, ...args];
  const program = baseName(argv[0]);
  const script = argv.find((_, index) => index > 0 && /^-[a-z]*c$/.test(argv[index - 1] ?? ''));
  if (shells.has(program) && script !== undefined) return readScript(script);
  if (argv.length === 0) return { kind: 'unknown', afterSeconds: 0, output: [] };
  return readStatements([argv]);
}

function baseName(path: string | undefined): string {
  return (path ?? '').split('/').at(-1) ?? '';
}

function readScript(script: string): CommandReading {
  if (/\b(?:while|until|for|if|case)\b/.test(script)) {
    const endless = /while\s+(?:true|:|\[ 1 \]|sleep)/.test(script) || /tail\s+-[fF]/.test(script);
    return {
      kind: endless ? 'runs' : 'unknown',
      output: [],
      ...(endless ? {} : { afterSeconds: 0 }),
    } as CommandReading;
  }
  const statements = script
    .split(/\n|;|&&/)
    .map((statement) => words(statement))
    .filter((argv) => argv.length > 0);
  return readStatements(statements);
}

function words(statement: string): readonly string[] {
  return [...statement.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+)/g)].map(
    (match) => match[1] ?? match[2] ?? match[3] ?? '',
  );
}

function readStatements(statements: readonly (readonly string[])[]): CommandReading {
  const output: string[] = [];
  let afterSeconds = 0;
  let code = 0;
  let foreign = false;
  for (const statement of statements) {
    const argv = statement[0] === 'exec' ? statement.slice(1) : statement;
    const program = baseName(argv[0]);
    if (program === 'exit') return { kind: 'exits', code: Number(argv[1] ?? code) & 255, afterSeconds, output };
    if (program === 'sleep' && /^inf/.test(argv[1] ?? '')) return { kind: 'runs', output };
    if (program === 'tail' && /^-[fF]/.test(argv[1] ?? '')) return { kind: 'runs', output };
    if (program === 'sleep') afterSeconds += secondsOf(argv[1] ?? '0');
    else if (program === 'echo') output.push(...echoed(argv.slice(1)));
    else if (program === 'false') code = 1;
    else if (program === 'true') code = 0;
    else if (!quiet.has(program)) foreign = true;
  }
  if (foreign) return { kind: 'unknown', afterSeconds, output };
  return { kind: 'exits', code, afterSeconds, output };
}

function echoed(words: readonly string[]): readonly string[] {
  const target = words.findIndex((word) => /^\d?>/.test(word));
  if (target >= 0 && !/^>&?2?$/.test(words[target] ?? '')) return [];
  const redirected = target >= 0 && words[target] !== '>&2';
  return redirected ? [] : [words.filter((word) => word !== '>&2' && word !== '-n' && word !== '-e').join(' ')];
}

function secondsOf(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(text);
  const scale: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3600, d: 86_400 };
  return match === null ? 0 : Number(match[1]) * (scale[match[2] ?? ''] ?? 1);
}
