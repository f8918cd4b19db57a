/** The rule on where a page may lead its visitor in the end. Free of Node: the pages hold to it in the browser too. */

/** Whether an address is http or https, on a host of the domain or below it. */
export function isRedirectUrl(value: string, redirectDomain: string): boolean {
  const url = parse(value);
  if (url === undefined || !/^https?:$/.test(url.protocol)) return false;
  return url.hostname === redirectDomain || url.hostname.endsWith(`.${redirectDomain}`);
}

/** `URL.parse` is younger than browsers that the pages are for. */
function parse(value: string): URL | undefined {
  try {
    return new URL(value);
  } catch {
    return undefined;
  }
}
