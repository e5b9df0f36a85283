import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { CommandContext, OutputFormat } from './commands/context.ts';

/** What a command line asks for: each action resolves to its exit code. Commands are loaded when they are used. */
export function buildProgram(context: CommandContext, done: (code: number) => void): Command {
  const run =
    <A extends readonly unknown[]>(action: (...args: A) => Promise<number>) =>
    async (...args: A): Promise<void> =>
      done(await action(...args));
  const program = new Command('roadstead')
    .description('Production Kubernetes on AWS as one system.')
    .version('0.1.0')
    .showHelpAfterError()
    .exitOverride();
  addRoad(program, context, run);
  addReading(program, context, run);
  addSandbox(program, context, run);
  return program;
}

type Run = <A extends readonly unknown[]>(action: (...args: A) => Promise<number>) => (...args: A) => Promise<void>;

interface SourceFlags {
  readonly file: string;
  readonly channel?: string;
  readonly output: OutputFormat;
}

interface ConfirmFlags {
  readonly yes: boolean;
  readonly oneWay?: string;
}

function sourced(command: Command): Command {
  return command
    .requiredOption('-f, --file <file>', 'the cluster file')
    .option('--channel <directory>', 'the channel to render with (default: the reference channel)');
}

function formatted(command: Command): Command {
  return command.addOption(
    new Option('-o, --output <format>', 'how to answer').choices(['text', 'json']).default('text'),
  );
}

function addRoad(program: Command, context: CommandContext, run: Run): void {
  formatted(
    sourced(program.command('up').description('plan, confirm, and bring the cluster to what its file declares')),
  )
    .option('-y, --yes', 'do not ask, but at a one-way door', false)
    .option('--one-way <cluster>', "the cluster's name, to pass a door that cannot be taken back")
    .option('--refresh-inputs', 'ask AWS anew for AMI releases and add-on versions', false)
    .action(
      run(async (options: SourceFlags & ConfirmFlags & { refreshInputs: boolean }) =>
        (await import('./commands/up.ts')).upCommand(context, options),
      ),
    );
  formatted(sourced(program.command('plan').description('show what up would do; changes nothing')))
    .option('--refresh-inputs', 'ask AWS anew for AMI releases and add-on versions', false)
    .option('--exit-code', 'exit 3 when there are changes', false)
    .option('--out <file>', 'keep the plan for apply')
    .action(
      run(async (options: SourceFlags & { refreshInputs: boolean; exitCode: boolean; out?: string }) =>
        (await import('./commands/plan.ts')).planCommand(context, options),
      ),
    );
  formatted(
    sourced(
      program
        .command('apply')
        .description('run exactly the plan that `plan --out` kept, or nothing')
        .argument('<plan>', 'the kept plan'),
    ),
  )
    .option('-y, --yes', 'do not ask, but at a one-way door', false)
    .option('--one-way <cluster>', "the cluster's name, to pass a door that cannot be taken back")
    .action(
      run(async (saved: string, options: SourceFlags & ConfirmFlags) =>
        (await import('./commands/up.ts')).applyCommand(context, { ...options, saved, refreshInputs: false }),
      ),
    );
  formatted(sourced(program.command('down').description('take the cluster down to nothing, with a receipt')))
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
  formatted(sourced(program.command('status').description('versions, who works, nodes, add-ons, stacks'))).action(
    run(async (options: SourceFlags) => (await import('./commands/status.ts')).statusCommand(context, options)),
  );
  sourced(program.command('kubeconfig').description("add the cluster's entry to a kubeconfig"))
    .option('--kubeconfig <file>', 'the file to write (default: KUBECONFIG)')
    .option('--use', 'make it the current context', false)
    .action(
      run(async (options: SourceFlags & { kubeconfig?: string; use: boolean }) =>
        (await import('./commands/kubeconfig.ts')).kubeconfigCommand(context, options),
      ),
    );
  program
    .command('token')
    .description('an ExecCredential for the API server, as kubeconfigs run it')
    .requiredOption('--cluster <name>')
    .requiredOption('--region <region>')
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
  program
    .command('schema')
    .description('the JSON Schema of a cluster file')
    .action(run(async () => (await import('./commands/schema.ts')).schemaCommand(context)));
  program
    .command('channel')
    .description('work on a channel')
    .command('check')
    .description('find unknown names, type errors and cycles, without a cluster')
    .option('--channel <directory>', 'the channel (default: the reference channel)')
    .action(
      run(async (options: { channel?: string }) =>
        (await import('./commands/channel-check.ts')).channelCheckCommand(context, options.channel),
      ),
    );
  program
    .command('permissions')
    .description('the IAM policy that up and down need')
    .action(run(async () => (await import('./commands/permissions.ts')).permissionsCommand(context)));
}

function addSandbox(program: Command, context: CommandContext, run: Run): void {
  const sandbox = program.command('sandbox').description('AWS and EKS on this machine, without an account');
  const placed = (command: Command): Command =>
    command.option(
      '--directory <directory>',
      'where it keeps its files',
      join(context.config.stateDirectory, 'sandbox'),
    );
  placed(sandbox.command('up').description('start it'))
    .option('-d, --detach', 'in the background', false)
    .option('--factor <number>', "how many times faster than AWS; 1 is AWS's pace", positiveNumber)
    .option('--port <number>', 'the port of its endpoint (default: a free one)', positiveNumber)
    .action(
      run(async (options: { directory: string; detach: boolean; factor?: string; port?: string }) =>
        (await import('./commands/sandbox.ts')).sandboxUp(context, options),
      ),
    );
  formatted(placed(sandbox.command('env').description('what a shell evaluates to use it'))).action(
    run(async (options: { directory: string; output: OutputFormat }) =>
      (await import('./commands/sandbox.ts')).sandboxEnv(context, options.directory, options.output),
    ),
  );
  placed(sandbox.command('status').description('what it holds')).action(
    run(async (options: { directory: string }) =>
      (await import('./commands/sandbox.ts')).sandboxStatus(context, options.directory),
    ),
  );
  placed(sandbox.command('down').description('end it, with everything in it')).action(
    run(async (options: { directory: string }) =>
      (await import('./commands/sandbox.ts')).sandboxDown(context, options.directory),
    ),
  );
  placed(
    sandbox
      .command('fault')
      .description('make requests fail, wait or hang')
      .argument('[rule]', 'the fault as JSON; without one: list them'),
  ).action(
    run(async (rule: string | undefined, options: { directory: string }) =>
      (await import('./commands/sandbox.ts')).sandboxFault(context, options.directory, rule),
    ),
  );
}

function positiveNumber(text: string): string {
  if (Number(text) > 0) return text;
  throw new InvalidArgumentError('a number above 0');
}
