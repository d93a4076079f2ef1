/** The path to go to, if it is on this site as browsers read it: they drop tabs and take \\ for /. */
export function ownPath(path: string | null): string {
  const url = URL.parse(path ?? "/", OWN);
  // Of /..//evil.example the dots are dropped, and what is left would lead there.
  return url?.origin === OWN && !url.pathname.startsWith("//") ? url.pathname + url.search : "/";
}

/** Stands for this site, whatever its name is: no path of another site leads here. */
const OWN = "http://console.invalid";
