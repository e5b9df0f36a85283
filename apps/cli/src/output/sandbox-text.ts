import type { Colours } from './console.ts';
import { columns } from './tables.ts';

/** What of a sandbox's status people read. It is another program's answer: members may be missing. */
export interface SandboxStatus {
  readonly phase?: string;
  readonly url?: string;
  readonly pid?: number;
  readonly startedAt?: string;
  readonly directory?: string;
  readonly factor?: number;
  readonly clusters?: readonly {
    readonly account: string;
    readonly region: string;
    readonly name: string;
    readonly minor: string;
    readonly status: string;
    readonly endpoint?: string;
  }[];
}

/** A sandbox as people read it; the JSON output has all that it says of itself. */
export function sandboxStatusText(status: SandboxStatus, colours: Colours): string[] {
  const { phase = 'unknown', url = '-', pid, startedAt = '-', directory = '-', factor = 1, clusters = [] } = status;
  const facts = [
    ['endpoint', url],
    ['process', `${pid ?? '-'}`],
    ['since', startedAt],
    ['pace', `${factor} times AWS's`],
    ['directory', directory],
  ];
  const rows = clusters.map(({ name, account, region, minor, status: state, endpoint }) => [
    name,
    account,
    region,
    minor,
    state,
    endpoint ?? '-',
  ]);
  return [
    `${colours.bold('sandbox')} ${phase}`,
    ...columns(facts),
    ...(rows.length === 0 ? ['No cluster is in it.'] : [colours.bold('clusters'), ...columns(rows)]),
  ];
}
