import type { Receipt } from '@roadstead/provisioning';
import type { Colours } from './console.ts';

/** What a deletion removed, what stayed, and what that costs a month. */
export function receiptText(receipt: Receipt, colours: Colours): string[] {
  const cost = receipt.stayed.reduce((sum, { monthlyUsd }) => sum + (monthlyUsd ?? 0), 0);
  return [
    '',
    colours.bold(`Removed: ${receipt.removed.length}`),
    ...receipt.removed.map((what) => `  ${colours.green('✓')} ${what}`),
    ...(receipt.stayed.length === 0
      ? ['Nothing stays.']
      : [
          colours.bold(`Stays: ${receipt.stayed.length}${cost > 0 ? `, about $${cost.toFixed(2)} a month` : ''}`),
          ...receipt.stayed.map(
            ({ what, why, monthlyUsd }) =>
              `  ${colours.yellow('•')} ${what}: ${why}${monthlyUsd === undefined ? '' : ` ($${monthlyUsd.toFixed(2)} a month)`}`,
          ),
        ]),
  ];
}
