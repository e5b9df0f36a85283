import { Server, Socket } from 'node:net';
import { RoadsteadError } from '@roadstead/foundation';

/** Whether a host is this machine's loopback, by address or by the one name that always is. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  return bare === 'localhost' || bare === '::1' || /^(::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(bare);
}

type Verb = 'dial' | 'bind';

function refusal(verb: Verb, host: string): RoadsteadError {
  return new RoadsteadError(`The sandbox does not ${verb} ${host}: it stays on this machine.`, {
    code: 'NOT_LOOPBACK',
    value: host,
    hint: 'Something inside the sandbox tried to reach the network; that is a bug.',
  });
}

/**
 * From now on this process reaches and offers loopback addresses only: every TCP connection and listener goes through
 * Node's `net`, and there anything else is refused with NOT_LOOPBACK. Unix sockets are allowed. Returns how to end it.
 */
export function guardLoopback(): () => void {
  const connect = Socket.prototype.connect;
  const listen = Server.prototype.listen;
  Socket.prototype.connect = function (this: Socket, ...args: unknown[]): Socket {
    const host = hostOf(args, 'localhost');
    if (host !== undefined && !isLoopback(host)) {
      const error = refusal('dial', host);
      queueMicrotask(() => this.destroy(error));
      return this;
    }
    return Reflect.apply(connect, this, args);
  };
  Server.prototype.listen = function (this: Server, ...args: unknown[]): Server {
    const host = hostOf(args, '0.0.0.0');
    if (host !== undefined && !isLoopback(host)) throw refusal('bind', host);
    return Reflect.apply(listen, this, args);
  };
  return () => {
    Socket.prototype.connect = connect;
    Server.prototype.listen = listen;
  };
}

/**
 * The host in the arguments of `connect` or `listen`; `undefined` where there is none to judge (a path, a handle).
 * Node passes `[options, callback]` as one array between its own layers.
 */
export function hostOf(args: readonly unknown[], byDefault: string): string | undefined {
  const [first, second] = Array.isArray(args[0]) ? (args[0] as unknown[]) : args;
  if (typeof first === 'object' && first !== null) {
    const options = new Map<string, unknown>(Object.entries(first));
    if (!options.has('port') || options.get('port') === undefined) return undefined;
    const host = options.get('host');
    return typeof host === 'string' && host !== '' ? host : byDefault;
  }
  if (typeof first === 'string' && !/^\d+$/.test(first)) return undefined;
  return typeof second === 'string' ? second : byDefault;
}
