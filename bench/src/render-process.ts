import { renderMany } from './render-many.ts';

/** `render-process.ts COUNT`: one size in a process of its own, so that its peak memory is its own. */
process.stdout.write(`${JSON.stringify(await renderMany(Number(process.argv[2])))}\n`);
