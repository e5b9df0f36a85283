/** A proxy's address, or what is wrong with it in words that hold no password. */
export type ProxyUrl = { readonly url: URL } | { readonly problem: string; readonly hint: string };

const form = 'Write it as http://proxy.example:3128, or http://user:password@proxy.example:3128.';

const escapes = 'In user and password write % as %25, @ as %40, : as %3A, / as %2F, ? as %3F and # as %23.';

/** Reads a proxy's address as it stands in an environment; without a scheme it is http, as other tools have it. */
export function readProxyUrl(text: string): ProxyUrl {
  const whole = /^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (!URL.canParse(whole)) return { problem: `${withoutUser(text)} is no address of a proxy`, hint: form };
  const url = new URL(whole);
  if (`${url.pathname}${url.search}${url.hash}`.includes('@'))
    return { problem: `${withoutUser(text)} has a /, ? or # in its user or password`, hint: escapes };
  if (/^socks/.test(url.protocol)) {
    const hint = 'Name a proxy that takes CONNECT; whoever runs the SOCKS proxy often has one beside it.';
    return { problem: `${shownProxy(url)} is a SOCKS proxy; only http:// and https:// proxies are spoken to`, hint };
  }
  if (!/^https?:$/.test(url.protocol))
    return { problem: `${shownProxy(url)} is neither an http:// nor an https:// proxy`, hint: form };
  if (!isDecodable(url.username) || !isDecodable(url.password))
    return { problem: `the user or password for ${shownProxy(url)} has a % that stands for nothing`, hint: escapes };
  return { url };
}

/** The proxy without user and password: what messages may hold. */
export function shownProxy({ protocol, host }: URL): string {
  return `${protocol}//${host}`;
}

function withoutUser(text: string): string {
  return text.replace(/^([a-z][a-z\d+.-]*:\/\/)?.*@/is, '$1…@');
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
