import type { OutputFormat } from '../commands/context.ts';

/**
 * How a command line asks for its answer. Read ahead of the grammar, so that a command line that the grammar refuses is
 * refused in the form that it asked for.
 */
export function outputFormatOf(argv: readonly string[]): OutputFormat {
  const end = argv.indexOf('--');
  const words = end === -1 ? argv : argv.slice(0, end);
  const isJson = words.some((word, index) => {
    if (word === '--output' || /^-[a-z]*o$/i.test(word)) return words[index + 1] === 'json';
    return word === '--output=json' || /^-[a-z]*o=?json$/i.test(word);
  });
  return isJson ? 'json' : 'text';
}
