/** A request's target, taken apart. */
export interface RequestUrl {
  readonly pathname: string;
  /** Of the path, decoded. */
  readonly parts: readonly string[];
  readonly searchParams: URLSearchParams;
}

/** `undefined` for a target that is no path: `//`, or one with a broken escape. */
export function urlOf(target: string | undefined): RequestUrl | undefined {
  try {
    const { pathname, searchParams } = new URL(target ?? '/', 'https://localhost');
    return { pathname, searchParams, parts: pathname.split('/').map(decodeURIComponent) };
  } catch {
    return undefined;
  }
}
