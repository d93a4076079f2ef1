/** Where somebody wanted to go, if that is on this site as a browser reads it: it drops tabs and takes \\ for /. */
export function ownPath(path: string | null): string {
  const url = URL.parse(path ?? "/", OWN);
  // Of /..//evil.example the dots are dropped, and what is left would lead there.
  return url?.origin === OWN && !url.pathname.startsWith("//") ? url.pathname + url.search : "/";
}

/** Stands for this site, whatever it is called: no path leads here from another one. */
const OWN = "http://console.invalid";
