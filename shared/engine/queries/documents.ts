// Documents as answers: the JSON text that a projection printed, sent unchanged.
import { etagOf, isNotModified } from "@millrace/http/etag";
import { type Answer, Printed } from "@millrace/http/route";
import { printCursor } from "@millrace/read-models/cursor";
import type { Page } from "@millrace/read-models/page";

/** One document, or 304 where If-None-Match names its version. */
export function documentAnswer(request: Request, version: number, document: string): Answer {
  const etag = etagOf(version);
  if (isNotModified(request.headers.get("if-none-match"), version)) {
    return { status: 304, headers: { etag }, body: null };
  }
  return { status: 200, headers: { etag }, body: new Printed(document) };
}

/** A page as a JSON array. */
export function pageAnswer(request: Request, { documents, next }: Page): Answer {
  const headers = next ? linkToNext(request, { cursor: printCursor(next) }) : {};
  return { status: 200, headers, body: new Printed(`[${documents.join(",")}]`) };
}

/** The Link (RFC 8288) to the next page: the same query with another start. */
export function linkToNext(request: Request, start: Readonly<Record<string, string>>): { link: string } {
  const url = new URL(request.url);
  for (const [name, value] of Object.entries(start)) url.searchParams.set(name, value);
  return { link: `<${url.pathname}${url.search}>; rel="next"` };
}
