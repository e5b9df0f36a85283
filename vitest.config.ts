import { defineConfig } from 'vitest/config';

/**
 * Three rungs: `unit` needs nothing but Node and ends in seconds; `real` talks to a real part of the sandbox
 * (control plane, moto, PostgreSQL); `stories` runs the product from outside on the whole sandbox.
 */
export default defineConfig({
  test: {
    globalSetup: 'tools/src/test/own-temporary-folder.ts',
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{packages,apps,sandbox,bench,tools}/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/*.real.test.ts'],
          // No test is timed: some start programs, and a machine may be busy.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'real',
          include: ['{packages,apps,sandbox,bench,tools}/**/*.real.test.ts'],
          exclude: ['**/node_modules/**'],
          testTimeout: 120_000,
          hookTimeout: 600_000,
        },
      },
      {
        test: {
          name: 'stories',
          include: ['e2e/**/*.story.ts'],
          exclude: ['**/node_modules/**'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
