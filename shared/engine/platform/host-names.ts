// Names and origins as browsers write them.

/** As browsers write it in Host: lower case, punycode, no dot at its end. */
export function hostName(word: string): string | undefined {
  const [, dot = "", name = ""] = /^(\.?)([^/?#@\\\s*]+?)\.?$/.exec(word) ?? [];
  const url = URL.parse(`http://${name}`);
  return url?.hostname && url.port === "" && !/:\d+$/.test(name) ? dot + url.hostname : undefined;
}

/** As browsers write it in Origin. Those of apps, tauri://localhost, are taken as they stand. */
export function pageOrigin(word: string): string | undefined {
  const [, origin = ""] = /^([a-z][a-z0-9+.-]*:\/\/[^/?#@\\\s*]+)\/?$/i.exec(word) ?? [];
  const url = URL.parse(origin);
  return url === null || url.origin !== "null" ? url?.origin : origin.toLowerCase();
}
