import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import about from '../package.json' with { type: 'json' };
import type { CommandContext, OutputFormat } from './commands/context.ts';
import { sandboxDirectory } from './config.ts';
import { exitCodes, WrongUsage } from './output/failure.ts';

/** Parses a command line and runs what it asks for. Answers the exit code; rejects with `WrongUsage` and what commands reject with. */
export async function runProgram(context: CommandContext, argv: readonly string[]): Promise<number> {
  let code: number = exitCodes.done;
  const program = buildProgram(context, (exit) => {
    code = exit;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version were asked for, or shown because a group of commands was named alone.
    return error.exitCode === 0 ? exitCodes.done : exitCodes.wrongInput;
  }
}

/** The whole grammar: each action gives its exit code to `done`. Commands are loaded when they are used. */
export function buildProgram(context: CommandContext, done: (code: number) => void): Command {
  const run =
    <A extends readonly unknown[]>(action: (...args: A) => Promise<number>) =>
    async (...args: A): Promise<void> =>
      done(await action(...args));
  const program = new Command(context.config.program)
    .description('Production Kubernetes on AWS as one system.')
    .version(about.version, '-V, --version', 'say which version this is')
    .helpCommand('help [command]', 'the same as --help')
    .helpOption('-h, --help', 'say what it takes')
    .configureOutput({
      writeOut: (text) => context.console.out(text.trimEnd()),
      writeErr: (text) => context.console.fail(text.trimEnd()),
      outputError: () => undefined,
    })
    .addHelpText('after', () => afterHelp(context.config.program));
  addRoad(program.commandsGroup('The road of a cluster:'), context, run);
  addReading(program.commandsGroup('To look, to check and to get in:'), context, run);
  addSandbox(program.commandsGroup('Without an account:'), context, run);
  refuseWrongUsage(program, context.config.program);
  return program;
}

function afterHelp(program: string): string {
  return `
Try it without an AWS account:
  ${program} sandbox up --detach
  eval "$(${program} sandbox env)"
  ${program} up -f examples/shop.yaml

Exit codes:
  0 done   1 failed or stopped   2 wrong input   3 the plan has changes (plan --exit-code)
  130 ended at once by Ctrl-C    143 by SIGTERM

With --output json, results and events are JSON on standard output, and an error is one line of JSON on standard error.`;
}

/** What commander says of a command line, with the help that fits it. Help itself passes. */
function refuseWrongUsage(command: Command, name: string): void {
  command.exitOverride((error) => {
    if (error.code === 'commander.help' || error.exitCode === 0) throw error;
    const [message = '', ...more] = error.message.replace(/^error: /, '').split('\n');
    const hints = more.map((line) => line.replace(/^\((.*)\)$/, '$1'));
    throw new WrongUsage(message, [...hints, `${name} --help says what it takes`].join('\n'));
  });
  for (const each of command.commands) refuseWrongUsage(each, `${name} ${each.name()}`);
}

type Run = <A extends readonly unknown[]>(action: (...args: A) => Promise<number>) => (...args: A) => Promise<void>;

interface OutputFlag {
  readonly output: OutputFormat;
}

interface SourceFlags extends OutputFlag {
  readonly file: string;
  readonly channel?: string;
}

interface ConfirmFlags {
  readonly yes: boolean;
  readonly oneWay?: string;
}

function sourced(command: Command): Command {
  return command
    .requiredOption('-f, --file <file>', 'the cluster file; - is standard input')
    .option('--channel <directory>', 'the channel to render with (default: the reference channel)');
}

/** A command that goes by the cluster's identity: it finds the cluster whatever a channel says today. */
function named(command: Command): Command {
  return command
    .requiredOption('-f, --file <file>', 'the cluster file; - is standard input')
    .option('--channel <directory>', 'taken as everywhere, and not read: the file says which cluster is meant');
}

function formatted(command: Command): Command {
  return command.addOption(
    new Option('-o, --output <format>', 'how to answer').choices(['text', 'json']).default('text'),
  );
}

/** A command that answers in JSON anyway: its errors are JSON when it is asked for. */
function formattedAsJson(command: Command): Command {
  return command.addOption(
    new Option('-o, --output <format>', 'errors as JSON too')
      .choices(['json'])
      .default('json', 'json; errors in words'),
  );
}

function confirmed(command: Command): Command {
  return command
    .option('-y, --yes', 'do not ask; a change that cannot be taken back still wants --one-way', false)
    .option('--one-way <cluster>', "the cluster's name, to let a change pass that cannot be taken back");
}

function addRoad(program: Command, context: CommandContext, run: Run): void {
  confirmed(formatted(sourced(program.command('up').description('bring the cluster to what its file declares'))))
    .option('--refresh-inputs', 'ask AWS anew for AMI releases and add-on versions', false)
    .action(
      run(async (options: SourceFlags & ConfirmFlags & { refreshInputs: boolean }) =>
        (await import('./commands/up.ts')).upCommand(context, options),
      ),
    );
  formatted(sourced(program.command('plan').description('show what up would do; changes nothing')))
    .option('--refresh-inputs', 'ask AWS anew for AMI releases and add-on versions', false)
    .option('--exit-code', 'exit 3 when there are changes', false)
    .option('--out <file>', 'keep the plan in a file, for apply')
    .action(
      run(async (options: SourceFlags & { refreshInputs: boolean; exitCode: boolean; out?: string }) =>
        (await import('./commands/plan.ts')).planCommand(context, options),
      ),
    );
  confirmed(
    formatted(
      sourced(
        program
          .command('apply')
          .description('run exactly the plan that `plan --out` kept, or nothing')
          .argument('<plan>', 'the file with the plan'),
      ),
    ),
  ).action(
    run(async (saved: string, options: SourceFlags & ConfirmFlags) =>
      (await import('./commands/up.ts')).applyCommand(context, { ...options, saved, refreshInputs: false }),
    ),
  );
  formatted(named(program.command('down').description('take the cluster down to nothing, with a receipt')))
    .option('-y, --yes', 'do not ask', false)
    .option('--delete-volumes', 'delete volumes that claims made, with what is in them', false)
    .option('--delete-logs', "delete the control plane's logs", false)
    .action(
      run(async (options: SourceFlags & { yes: boolean; deleteVolumes: boolean; deleteLogs: boolean }) =>
        (await import('./commands/down.ts')).downCommand(context, options),
      ),
    );
}

function addReading(program: Command, context: CommandContext, run: Run): void {
  formatted(named(program.command('status').description('versions, who works, nodes, add-ons, stacks'))).action(
    run(async (options: SourceFlags) => (await import('./commands/status.ts')).statusCommand(context, options)),
  );
  formatted(named(program.command('history').description('runs of the cluster: when, who, how it ended')))
    .option('--run <id>', 'one run with its steps, by the beginning of its id', word)
    .option(
      '--limit <number>',
      'so many runs, newest first (default: all that are kept, the newest fifty)',
      countNumber,
    )
    .action(
      run(async (options: SourceFlags & { run?: string; limit?: string }) =>
        (await import('./commands/history.ts')).historyCommand(context, options),
      ),
    );
  formatted(named(program.command('kubeconfig').description("add the cluster's entry to a kubeconfig")))
    .option('--kubeconfig <file>', 'the file to write (default: KUBECONFIG)')
    .option(
      '--context <name>',
      'what to call it (default: roadstead-CLUSTER, longer where that is another cluster)',
      word,
    )
    .option('--use', 'make it the current context', false)
    .action(
      run(async (options: SourceFlags & { kubeconfig?: string; context?: string; use: boolean }) =>
        (await import('./commands/kubeconfig.ts')).kubeconfigCommand(context, options),
      ),
    );
  program
    .command('token')
    .description('an ExecCredential for the API server; kubeconfigs run it')
    .requiredOption('--cluster <name>', 'the name of the cluster')
    .requiredOption('--region <region>', 'its region')
    .action(
      run(async (options: { cluster: string; region: string }) =>
        (await import('./commands/kubeconfig.ts')).tokenCommand(context, options),
      ),
    );
  sourced(program.command('render').description('print the release; calls nothing'))
    .option('--inputs <file>', 'what the world decided, as JSON (default: as recorded by the last up)')
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['yaml', 'json']).default('yaml'))
    .action(
      run(async (options: { file: string; channel?: string; inputs?: string; output: 'yaml' | 'json' }) =>
        (await import('./commands/render.ts')).renderCommand(context, options),
      ),
    );
  formattedAsJson(program.command('schema').description('the JSON Schema of a cluster file')).action(
    run(async () => (await import('./commands/schema.ts')).schemaCommand(context)),
  );
  formatted(
    program
      .command('channel')
      .description('check a channel')
      .command('check')
      .description('find unknown names, type errors and cycles, without a cluster')
      .option('--channel <directory>', 'the channel (default: the reference channel)'),
  ).action(
    run(async (options: OutputFlag & { channel?: string }) =>
      (await import('./commands/channel-check.ts')).channelCheckCommand(context, options),
    ),
  );
  formattedAsJson(program.command('permissions').description('the IAM policy that up and down need')).action(
    run(async () => (await import('./commands/permissions.ts')).permissionsCommand(context)),
  );
}

interface SandboxFlags extends OutputFlag {
  readonly directory: string;
}

function addSandbox(program: Command, context: CommandContext, run: Run): void {
  const sandbox = program.command('sandbox').description('AWS and EKS on this machine, without an account');
  const placed = (command: Command): Command =>
    formatted(command).option('--directory <directory>', 'where it keeps its files', sandboxDirectory(context.config));
  placed(sandbox.command('up').description('start it, and end it by Ctrl-C'))
    .option('-d, --detach', 'start it in the background', false)
    .option('--factor <number>', "how many times faster than AWS; 1 is AWS's pace", positiveNumber)
    .option('--port <number>', 'the port of its endpoint (default: a free one)', portNumber)
    .action(
      run(async (options: SandboxFlags & { detach: boolean; factor?: string; port?: string }) =>
        (await import('./commands/sandbox.ts')).sandboxUp(context, options),
      ),
    );
  placed(sandbox.command('env').description('what a shell evaluates to use it: eval "$(… sandbox env)"')).action(
    run(async (options: SandboxFlags) => (await import('./commands/sandbox.ts')).sandboxEnv(context, options)),
  );
  placed(sandbox.command('status').description('whether it runs, and the clusters in it')).action(
    run(async (options: SandboxFlags) => (await import('./commands/sandbox.ts')).sandboxStatus(context, options)),
  );
  placed(sandbox.command('down').description('end it, with everything in it')).action(
    run(async (options: SandboxFlags) => (await import('./commands/sandbox.ts')).sandboxDown(context, options)),
  );
  placed(
    sandbox
      .command('fault')
      .description('make requests fail, wait or hang; without a rule, list those that are set')
      .argument('[rule]', 'the fault as JSON'),
  )
    .option('--clear', 'take all faults away', false)
    .action(
      run(async (rule: string | undefined, options: SandboxFlags & { clear: boolean }) =>
        (await import('./commands/sandbox.ts')).sandboxFault(context, { ...options, rule }),
      ),
    );
}

function word(text: string): string {
  if (text.trim() !== '') return text;
  throw new InvalidArgumentError('It is empty.');
}

function positiveNumber(text: string): string {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return text;
  throw new InvalidArgumentError('It is a number above 0.');
}

function countNumber(text: string): string {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return text;
  throw new InvalidArgumentError('It is a whole number from 1.');
}

function portNumber(text: string): string {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 65_535) return text;
  throw new InvalidArgumentError('It is a whole number from 1 to 65535.');
}
