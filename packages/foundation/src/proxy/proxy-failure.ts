import { messageOf, RoadsteadError } from '../errors.ts';
import { shownProxy } from './proxy-url.ts';

/** Who wanted to reach whom: `target` as `host:port`. */
export interface Way {
  readonly proxy: URL;
  readonly target: string;
}

/** A proxy that answered with something other than a way through. */
export function refusedByProxy({ proxy, target }: Way, status: number, reason: string): RoadsteadError {
  const said = `${status} ${reason}`.trim();
  if (status >= 500)
    return new RoadsteadError(`the proxy ${shownProxy(proxy)} finds no way to ${target}: ${said}`, {
      code: 'PROXY_FAILED',
      value: target,
      hint: 'Does the name resolve where the proxy is? What is private to a VPC is not reached from there: put the host into NO_PROXY.',
      retry: 'backoff',
    });
  return new RoadsteadError(`the proxy ${shownProxy(proxy)} refuses the way to ${target}: ${said}`, {
    code: 'PROXY_REFUSED',
    value: target,
    hint:
      status === 407
        ? 'Put the user and password that it asks for into HTTPS_PROXY or HTTP_PROXY, as http://user:password@host:port. Only Basic is spoken.'
        : 'Have its rules let this host and port through, or, where there is a direct way, put the host into NO_PROXY.',
  });
}

/** A proxy that did not answer. */
export function proxyUnreachable({ proxy, target }: Way, cause: unknown): RoadsteadError {
  return new RoadsteadError(
    `the proxy ${shownProxy(proxy)} cannot be reached on the way to ${target}: ${messageOf(cause)}`,
    {
      code: 'PROXY_UNREACHABLE',
      value: target,
      hint: 'Is the address in HTTPS_PROXY or HTTP_PROXY right, and is the proxy up? Where there is a direct way, put the host into NO_PROXY.',
      retry: 'backoff',
      cause,
    },
  );
}
