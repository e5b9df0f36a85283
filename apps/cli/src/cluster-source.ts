import { shellQuote } from './output/program-name.ts';

/** What `-f` takes for standard input. */
const dash = '-';

/** Whether `-f` names standard input, which is used up when the cluster file is read: nobody can answer there any more. */
export function isStandardInput(file: string): boolean {
  return file === dash;
}

/** What the places of mistakes begin with. */
export function sourceName(file: string): string {
  return isStandardInput(file) ? '<stdin>' : file;
}

/** The option that names the cluster file in a command to be copied; FILE stands for what came from standard input. */
export function sourceFlag(file: string): string {
  return `-f ${isStandardInput(file) ? 'FILE' : shellQuote(file)}`;
}
