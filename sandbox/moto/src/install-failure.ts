import { RoadsteadError } from '@roadstead/foundation';
import { storageError } from '@roadstead/sandbox-control-plane/machine';

/** Why the Python environment could not be made, from what the step (`venv` or `pip`) printed. */
export function installFailure(step: string, output: string, cacheDirectory: string): unknown {
  const lines = output.trim().split('\n');
  const value = `${step}: ${lines.slice(-3).join(' | ')}`;
  const stored = cacheFailure(new Error(output), cacheDirectory);
  if (stored instanceof RoadsteadError) return stored;
  const unreachable = lines.find((line) => unreachableIndex.test(line));
  if (unreachable !== undefined) {
    return new RoadsteadError(
      'The Python environment of the sandbox could not be made: pip reaches no package index.',
      {
        code: 'PACKAGE_INDEX_UNREACHABLE',
        value: unreachable.trim().slice(0, 300),
        hint: 'Check the network, PIP_INDEX_URL and the proxies (`pip config list`), then try again.',
        retry: 'backoff',
      },
    );
  }
  return new RoadsteadError('The Python environment of the sandbox could not be made.', {
    code: 'MOTO_INSTALL_FAILED',
    value,
    hint: 'It installs pinned packages with pip; the last lines above are its own.',
    retry: 'backoff',
  });
}

const unreachableIndex =
  /NewConnectionError|NameResolutionError|ConnectTimeout|ReadTimeout|ProxyError|SSLError|Max retries exceeded|Connection refused|Network is unreachable|name resolution|Could not fetch URL/;

/** What storage says, in the words of this cache. */
export function cacheFailure(error: unknown, cacheDirectory: string): unknown {
  return storageError(error, {
    directory: cacheDirectory,
    needs: 'The Python environment of the sandbox needs 0.5 GB there.',
  });
}
