// Documents as answers: text that its projection printed, passed on as it is.
import { etagOf, isNotModified } from "@millrace/http/etag";
import { printCursor } from "@millrace/read-models/cursor";
import type { Page } from "@millrace/read-models/page";

const JSON_TYPE = "application/json";

/** One document, or 304 where If-None-Match names its version. */
export function documentAnswer(request: Request, version: number, document: string): Response {
  const etag = etagOf(version);
  if (isNotModified(request.headers.get("if-none-match"), version)) {
    return new Response(null, { status: 304, headers: { etag } });
  }
  return new Response(document, { headers: { "content-type": JSON_TYPE, etag } });
}

/** A page as a JSON array; the next one's address as RFC 8288 has it, with the same filters. */
export function pageAnswer(request: Request, { documents, next }: Page): Response {
  const headers: Record<string, string> = { "content-type": JSON_TYPE };
  if (next) {
    const url = new URL(request.url);
    url.searchParams.set("cursor", printCursor(next));
    headers.link = `<${url.pathname}${url.search}>; rel="next"`;
  }
  return new Response(`[${documents.join(",")}]`, { headers });
}
