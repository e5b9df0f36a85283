import { type Change, type ChangeClass, type FieldChange, phases } from '@roadstead/definition';
import { type Plan, planClass } from '@roadstead/lifecycle';
import type { Colours } from './console.ts';
import { duration } from './duration.ts';
import { cutTo, padTo, widthOf } from './terminal-text.ts';

const signs = { create: '+', update: '~', delete: '-', replace: '±' } as const;
/** Fields of one change that are shown; the JSON output has them all. */
const shownFields = 12;
const valueWidth = 72;

/** A plan as people read it: where, then the changes by phase, then the sum. */
export function planText(plan: Plan, colours: Colours): string[] {
  const { header } = plan;
  const place = [colours.bold(header.cluster), `account ${header.account}`, header.region];
  if (header.endpoint !== undefined) place.push(`endpoint ${header.endpoint}`);
  return [
    place.join(' · '),
    colours.dim(`as ${header.caller}`),
    colours.dim(
      `${header.channel === undefined ? '' : `${header.channel} · `}Kubernetes ${header.kubernetes}${plan.digest === undefined ? '' : ` · release ${plan.digest.slice(0, 12)}`}`,
    ),
    ...plan.warnings.map((warning) => colours.yellow(`! ${warning}`)),
    '',
    ...changeLines(plan, colours),
    summary(plan, colours),
  ];
}

function changeLines(plan: Plan, colours: Colours): string[] {
  const order = plan.kind === 'up' ? phases : phases.toReversed();
  return order.flatMap((phase) => {
    const changes = plan.changes.filter((change) => change.phase === phase);
    if (changes.length === 0) return [];
    const width = Math.min(64, Math.max(24, ...changes.map(({ what }) => widthOf(what))));
    return [
      colours.bold(phase),
      ...changes.flatMap((change) => [headLine(change, width, colours), ...fieldLines(change, colours)]),
      '',
    ];
  });
}

function headLine(change: Change, width: number, colours: Colours): string {
  const sign = signColour(change, colours)(signs[change.action]);
  const usual = change.usualSeconds === undefined ? '' : colours.dim(` · usually ${duration(change.usualSeconds)}`);
  return `  ${sign} ${padTo(change.what, width)} ${classColour(change.class, colours)(change.class.padEnd(10))} ${change.why}${usual}`;
}

/** What a new thing consists of is the release, which `render` shows; a change shows what changes. */
function fieldLines(change: Change, colours: Colours): string[] {
  if (change.action === 'create' || change.action === 'delete') return [];
  const shown = change.fields.slice(0, shownFields).map((field) => `      ${fieldText(field)}`);
  const more = change.fields.length - shownFields;
  const late = change.knownAfter ?? [];
  return [
    ...shown,
    ...(more > 0 ? [colours.dim(`      … and ${more} more fields (--output json)`)] : []),
    ...late.map((what) => colours.dim(`      ${what}`)),
  ];
}

function fieldText({ path, from, to }: FieldChange): string {
  return `${path}: ${shortValue(from)} → ${shortValue(to)}`;
}

function shortValue(value: unknown): string {
  if (value === undefined) return '(nothing)';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return cutTo(text, valueWidth);
}

function summary(plan: Plan, colours: Colours): string {
  if (plan.changes.length === 0)
    return plan.kind === 'up'
      ? colours.green('Nothing to do: what is there is what is declared.')
      : colours.green('Nothing to do: nothing of this cluster is there.');
  const count = (action: Change['action']) => plan.changes.filter((change) => change.action === action).length;
  const parts = [
    [count('create'), 'to create'],
    [count('update'), 'to update'],
    [count('replace'), 'to replace'],
    [count('delete'), 'to delete'],
  ] as const;
  const said = parts.filter(([number]) => number > 0).map(([number, what]) => `${number} ${what}`);
  const worst = planClass(plan.changes);
  return `${colours.bold('Plan:')} ${said.join(', ')} · class ${classColour(worst, colours)(worst)}`;
}

function signColour(change: Change, colours: Colours) {
  if (change.action === 'create') return colours.green;
  return change.action === 'update' ? colours.yellow : colours.red;
}

function classColour(name: ChangeClass, colours: Colours) {
  if (name === 'none' || name === 'safe') return colours.green;
  return name === 'rolling' || name === 'disruptive' ? colours.yellow : colours.red;
}
