// Server-sent events (WHATWG HTML, section 9.2): their form, and one client's stream of them.
import type { ChangedRow, Position } from "@millrace/read-models/changes";
import { printPosition } from "./position.ts";

const encoder = new TextEncoder();

/** Milliseconds that a client waits before it connects again. */
const RECONNECT_MS = 1_000;

/** Sent so that proxies don't close a quiet stream, and to find out that a client is gone. */
export const HEARTBEAT = encoder.encode(": still here\n\n");

/** A row as an event, named after the noun of its model. The event's id is the position after it, from which a client resumes. */
export function printFrame(
  { id, version, deleted, document }: ChangedRow,
  after: Position,
  noun: string,
): Uint8Array {
  const event = deleted ? "deleted" : noun;
  const data = deleted ? JSON.stringify({ id, version }) : document;
  return encoder.encode(`event: ${event}\nid: ${printPosition(after)}\ndata: ${data}\n\n`);
}

/** No event, but the position from which the client resumes if it never sees one. */
export function printOpening(position: Position): Uint8Array {
  return encoder.encode(`retry: ${RECONNECT_MS}\nid: ${printPosition(position)}\n\n`);
}

export interface EventStream {
  readonly response: Response;
  /** Queues the bytes. A client that leaves more than `queueBytesMax` unread is dropped. */
  send(bytes: Uint8Array): void;
  /** Bytes that the client has yet to take. */
  unread(): number;
  /** Resolves when the client has taken all, or the stream is over. */
  drained(): Promise<void>;
  /** Sends a heartbeat, or drops a client that has read nothing since the last one. */
  beat(): void;
  /** Ends the stream after what is queued. */
  close(): void;
  /** Ends the stream at once. */
  drop(): void;
  isOver(): boolean;
}

/** Ends the stream once its client may not have it any more; while that can't be said the client stays. */
export function closeUnless(mayGoOn: () => Promise<boolean>, stream: EventStream): void {
  mayGoOn().then(
    (may) => may || stream.close(),
    () => {},
  );
}

interface EventStreamOptions {
  readonly request: Request;
  readonly queueBytesMax: number;
  /** Called once, whichever side ends the stream. */
  onOver(): void;
}

/** Most bytes that Bun's server is handed at once: of a client that takes nothing it holds so many, which `unread` lacks. */
const PART_BYTES = 16_384;

/**
 * A stream that ends when its client is gone: the body is cancelled, the request's signal aborts, or heartbeats are not taken.
 * Bytes wait here until Bun's server asks for more, so that it is known how much a client has not taken.
 */
export function openEventStream({ request, queueBytesMax, onOver }: EventStreamOptions): EventStream {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  let queue: Uint8Array[] = [];
  let unread = 0;
  /** `filled` resolves when there is something to hand over, `drained` when all has been. */
  let filled = Promise.withResolvers<void>();
  let drained = Promise.withResolvers<void>();
  let over = false;
  let untakenSinceBeat = false;

  const end = () => {
    if (over) return;
    over = true;
    queue = [];
    unread = 0;
    filled.resolve();
    drained.resolve();
    request.signal.removeEventListener("abort", end);
    onOver();
  };
  const drop = () => {
    if (over) return;
    end();
    // Without a reason: Bun takes any other for a failure of the server and prints it.
    controller?.error(undefined);
  };
  const handOver = () => {
    for (let bytes = 0; bytes < PART_BYTES && queue[0]; ) {
      const part = queue[0].subarray(0, PART_BYTES - bytes);
      if (part.byteLength < queue[0].byteLength) queue[0] = queue[0].subarray(part.byteLength);
      else queue.shift();
      bytes += part.byteLength;
      unread -= part.byteLength;
      controller?.enqueue(part);
    }
    if (unread === 0) drained.resolve();
  };

  const body = new ReadableStream<Uint8Array>(
    {
      start(started) {
        controller = started;
      },
      async pull() {
        untakenSinceBeat = false;
        if (queue.length === 0) {
          filled = Promise.withResolvers();
          await filled.promise;
        }
        handOver();
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );
  request.signal.addEventListener("abort", end);
  if (request.signal.aborted) queueMicrotask(end);

  const send = (bytes: Uint8Array) => {
    if (over) return;
    // An event larger than the queue goes to a client that has taken all before it.
    if (unread > 0 && unread + bytes.byteLength > queueBytesMax) return drop();
    queue.push(bytes);
    unread += bytes.byteLength;
    filled.resolve();
  };
  return {
    response: new Response(body, {
      headers: {
        "content-type": "text/event-stream",
        "cache-control": "no-store",
        // Nginx would gather events before it passes them on.
        "x-accel-buffering": "no",
      },
    }),
    send,
    unread: () => unread,
    async drained() {
      if (unread === 0) return;
      drained = Promise.withResolvers();
      await drained.promise;
    },
    beat() {
      if (untakenSinceBeat) return drop();
      untakenSinceBeat = unread > 0;
      send(HEARTBEAT);
    },
    close() {
      if (over) return;
      for (const bytes of queue) controller?.enqueue(bytes);
      end();
      controller?.close();
    },
    drop,
    isOver: () => over,
  };
}
