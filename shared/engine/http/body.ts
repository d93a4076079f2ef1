// Bodies of requests, each read within a number of bytes and a time, all together within a budget. Must never keep more of a
// body than there is room for.
import { beyond, problem } from "./problem.ts";
import type { Answer, Call } from "./route.ts";

/** A request, and the sender whose share its body counts against. */
export type Sent = Pick<Call, "request" | "principal" | "shares">;

export interface BodyBounds {
  /** Most bytes of one body. */
  readonly bytesMax: number;
  /** Most bytes of all bodies that are being read or worked on. */
  readonly inFlightBytesMax: number;
  /** Longest time, in ms, that a body may take to arrive. */
  readonly arrivesWithinMs?: number;
}

export interface Bodies {
  /**
   * Reads the request's body as JSON and works on its value. Answers 415, 413, 408 or 400 where the body can't be read, 503
   * where the process has no room for it, 429 where its sender's share is used up. A body that is too large is refused by its
   * Content-Length, or as soon as that much has arrived.
   */
  withJson(sent: Sent, work: (value: unknown) => Answer | Promise<Answer>): Promise<Answer>;
  /** The same for bytes of any kind, whatever Content-Type says. `bytesMax` can only lower the bound of all bodies. */
  withBytes(
    sent: Sent,
    bytesMax: number,
    work: (bytes: Uint8Array) => Answer | Promise<Answer>,
  ): Promise<Answer>;
  /** Bytes of all bodies that are being read or worked on. */
  inFlight(): number;
}

/** Longest time, in ms, that a body may take to arrive: the largest needs 33 kB a second, and a stalled one soon gives way. */
const ARRIVES_WITHIN_MS = 8_000;

/** Largest body, in bytes, that counts as usual. */
const USUAL_BYTES = 16_384;

/** Share of the budget that larger bodies may take, so that usual ones find room however many large ones stall. */
const LARGER_SHARE = 0.75;

interface Refused {
  readonly refusal: Answer;
}

/** The part of the budget that one body holds. */
interface Room {
  /** Takes room for so many bytes in all; answers the refusal where they are too many. */
  hold(bytes: number): Refused | undefined;
}

export function createBodies(bounds: BodyBounds): Bodies {
  const { bytesMax, inFlightBytesMax, arrivesWithinMs = ARRIVES_WITHIN_MS } = bounds;
  let inFlight = 0;
  const withBytes: Bodies["withBytes"] = async ({ request, principal, shares }, ownBytesMax, work) => {
    const most = Math.min(ownBytesMax, bytesMax);
    const share = shares?.body(principal);
    let held = 0;
    let isOpen = true;
    const room: Room = {
      hold(bytes) {
        if (!isOpen) return TOO_LATE;
        if (bytes > most) return tooLarge(most);
        const budget = bytes > USUAL_BYTES ? LARGER_SHARE * inFlightBytesMax : inFlightBytesMax;
        if (inFlight - held + bytes > budget) return NO_ROOM;
        const excess = share?.hold(bytes);
        if (excess) return { refusal: beyond(excess) };
        inFlight += bytes - held;
        held = bytes;
        return undefined;
      },
    };
    try {
      const body = await within(arrivesWithinMs, readBytes(request, room));
      return "refusal" in body ? body.refusal : await work(body);
    } finally {
      isOpen = false;
      inFlight -= held;
      share?.end();
    }
  };
  return {
    inFlight: () => inFlight,
    withBytes,
    async withJson(sent, work) {
      const refused = refusedType(sent.request.headers);
      if (refused) return refused.refusal;
      return withBytes(sent, bytesMax, (bytes) => {
        const read = parse(bytes);
        return "refusal" in read ? read.refusal : work(read.value);
      });
    },
  };
}

/** The rest of the body is never read, so the connection can't be used again. */
const CLOSE = { connection: "close" };
const TOO_LATE: Refused = { refusal: problem("body_timeout", { headers: CLOSE }) };
/** The rest of the body is read and dropped: closing the connection while its client still sends may lose the answer. */
const NO_ROOM: Refused = { refusal: problem("overloaded") };

function tooLarge(bytesMax: number): Refused {
  const detail = `The body may have at most ${bytesMax} bytes. Nothing was changed; send less.`;
  return { refusal: problem("body_too_large", { detail, headers: CLOSE }) };
}

function malformed(detail?: string): Refused {
  return { refusal: problem("malformed_json", detail === undefined ? {} : { detail }) };
}

/** `reading` never fails. */
function within(ms: number, reading: Promise<Uint8Array | Refused>): Promise<Uint8Array | Refused> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(TOO_LATE), ms);
    void reading.then((read) => {
      clearTimeout(timer);
      resolve(read);
    });
  });
}

async function readBytes(request: Request, room: Room): Promise<Uint8Array | Refused> {
  const contentLength = request.headers.get("content-length");
  try {
    if (contentLength === null) return await readCounting(request, room);
    return room.hold(Number(contentLength)) ?? (await request.bytes());
  } catch {
    return malformed("The body ended before its Content-Length.");
  }
}

/** A chunked body names no length, so that of a refused one the rest is not read: it may have no end. */
async function readCounting(request: Request, room: Room): Promise<Uint8Array | Refused> {
  if (!request.body) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = request.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks);
    length += value.length;
    const refused = room.hold(length);
    if (refused) {
      await reader.cancel().catch(() => {});
      return { refusal: { ...refused.refusal, headers: { ...refused.refusal.headers, ...CLOSE } } };
    }
    chunks.push(value);
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function parse(bytes: Uint8Array): { readonly value: unknown } | Refused {
  if (bytes.length === 0) return malformed("There is no body.");
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return malformed("The body is not UTF-8.");
  }
  try {
    return { value: JSON.parse(text) };
  } catch {
    return malformed();
  }
}

function refusedType(headers: Headers): Refused | undefined {
  const contentType = headers.get("content-type");
  const encoding = headers.get("content-encoding");
  const isTaken = contentType === "application/json" || isJson(contentType);
  if (isTaken && (encoding === null || encoding.toLowerCase() === "identity")) return undefined;
  return { refusal: problem("body_not_json") };
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
