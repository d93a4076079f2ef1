// Documents as answers: text that its projection printed, passed on as it is.
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

/** A page as a JSON array; the next one's address as RFC 8288 has it, with the same filters. */
export function pageAnswer(request: Request, { documents, next }: Page): Answer {
  const headers: Record<string, string> = {};
  if (next) {
    const url = new URL(request.url);
    url.searchParams.set("cursor", printCursor(next));
    headers.link = `<${url.pathname}${url.search}>; rel="next"`;
  }
  return { status: 200, headers, body: new Printed(`[${documents.join(",")}]`) };
}
