// What a page's address asks for: text that Postgres takes, numbers that are numbers, and the address of the next page.

export function textIn(url: URL, name: string): string {
  // Postgres takes no NUL and no half of a surrogate pair.
  return (url.searchParams.get(name) ?? "").trim().toWellFormed().replaceAll("\0", "");
}

export function numberIn(url: URL, name: string): number | undefined {
  return wholeNumber(url.searchParams.get(name));
}

/** Of an id, a version or an offset; undefined for what is none. Fifteen digits are exact in JavaScript. */
export function wholeNumber(text: string | null | undefined): number | undefined {
  return /^\d{1,15}$/.test(text ?? "") ? Number(text) : undefined;
}

/** The same page, from another place on. */
export function hrefFrom({ pathname, searchParams }: URL, name: string, value: string | number): string {
  const query = new URLSearchParams(searchParams);
  query.delete("said");
  query.set(name, String(value));
  return `${pathname}?${query}`;
}
