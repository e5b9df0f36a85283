import type { Argument, Command, Option } from 'commander';
import { cell, table } from './markdown.ts';

/** The page of every command, from the program that parses them. */
export function cliPage(program: Command): string {
  return [
    '# Commands',
    '',
    program.description(),
    '',
    'Exit codes: 0 done, 1 failed, 2 wrong input, 3 the plan has changes (`plan --exit-code`). Data goes to standard output, talk about the work to standard error.',
    '',
    ...leavesOf(program, program.name()).flatMap(({ command, name }) => sectionOf(command, name)),
  ].join('\n');
}

interface Leaf {
  readonly command: Command;
  readonly name: string;
}

/** The commands that do something, with their whole names, in the program's own order. */
export function leavesOf(command: Command, name: string): readonly Leaf[] {
  if (command.commands.length === 0) return [{ command, name }];
  return command.commands.flatMap((each) => leavesOf(each, `${name} ${each.name()}`));
}

function sectionOf(command: Command, name: string): readonly string[] {
  const options = command.options.filter(({ hidden }) => !hidden);
  const words = [
    ...command.registeredArguments.map(usageOf),
    ...options.filter(({ mandatory }) => mandatory).map(({ flags }) => flags.replace(/^-\w, /, '')),
  ];
  const rows = [
    ...command.registeredArguments.map((argument) => [`\`${usageOf(argument)}\``, cell(argument.description), '']),
    ...options.map((option) => [`\`${option.flags}\``, cell(descriptionOf(option)), defaultOf(option)]),
  ];
  return [
    `## ${name}`,
    '',
    `${command.description()}.`,
    '',
    '```',
    [name, ...words, ...(options.some(({ mandatory }) => !mandatory) ? ['[options]'] : [])].join(' '),
    '```',
    '',
    ...(rows.length === 0 ? [] : [...table(['Argument or option', 'Means', 'Default'], rows), '']),
  ];
}

function usageOf(argument: Argument): string {
  return argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;
}

function descriptionOf({ description, argChoices }: Option): string {
  return argChoices === undefined ? description : `${description}: ${argChoices.join(' or ')}`;
}

function defaultOf({ defaultValue, mandatory }: Option): string {
  if (mandatory) return 'required';
  return defaultValue === undefined || defaultValue === false ? '' : `\`${String(defaultValue)}\``;
}
