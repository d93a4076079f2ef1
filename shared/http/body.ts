import { problem } from "./problem.ts";
import type { Answer } from "./route.ts";

export type Body =
  | { readonly ok: true; readonly value: unknown; readonly text: string }
  | { readonly ok: false; readonly problem: Answer };

/**
 * Reads a request's body as JSON, at most `bytesMax` of it: 415, 413 or 400 where it can't be. What is too
 * large is refused on its Content-Length, or as soon as that much has arrived; never kept whole first.
 */
export async function readJson(request: Request, bytesMax: number): Promise<Body> {
  const { headers } = request;
  const contentType = headers.get("content-type");
  if (contentType !== "application/json" && !isJson(contentType)) return refused("body_not_json");
  const encoding = headers.get("content-encoding");
  if (encoding !== null && encoding.toLowerCase() !== "identity") return refused("body_not_json");

  const bytes = await readBytes(request, bytesMax, headers.get("content-length"));
  if (bytes === "too_large") return tooLarge(bytesMax);
  if (bytes === "broken_off") return refused("malformed_json", "The body ended before its Content-Length.");
  if (bytes.length === 0) return refused("malformed_json", "There is no body.");

  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return refused("malformed_json", "The body is not UTF-8.");
  }
  try {
    return { ok: true, value: JSON.parse(text), text };
  } catch {
    return refused("malformed_json");
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function refused(code: "body_not_json" | "malformed_json", detail?: string): Body {
  return { ok: false, problem: problem(code, detail === undefined ? {} : { detail }) };
}

/** The rest of the body is not waited for, so the connection can't be used again. */
function tooLarge(bytesMax: number): Body {
  const detail = `The body may be at most ${bytesMax} bytes.`;
  return { ok: false, problem: problem("body_too_large", { detail, headers: { connection: "close" } }) };
}

/** application/json or a +json type; JSON is UTF-8 and says so or says nothing. */
function isJson(contentType: string | null): boolean {
  if (contentType === null) return false;
  const [type = "", ...parameters] = contentType.toLowerCase().split(";");
  if (!/^application\/(?:[\w.!#$&^-]+\+)?json$/.test(type.trim())) return false;
  return parameters.every((parameter) => {
    const [name, value] = parameter.trim().split("=");
    return name !== "charset" || /^"?utf-?8"?$/.test(value ?? "");
  });
}

async function readBytes(
  request: Request,
  bytesMax: number,
  contentLength: string | null,
): Promise<Uint8Array | "too_large" | "broken_off"> {
  try {
    if (contentLength === null) return await readCounting(request, bytesMax);
    if (Number(contentLength) > bytesMax) return "too_large";
    return await request.bytes();
  } catch {
    return "broken_off";
  }
}

/** A chunked body names no length. */
async function readCounting(request: Request, bytesMax: number): Promise<Uint8Array | "too_large"> {
  if (!request.body) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = request.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks);
    length += value.length;
    if (length > bytesMax) {
      await reader.cancel().catch(() => {});
      return "too_large";
    }
    chunks.push(value);
  }
}
