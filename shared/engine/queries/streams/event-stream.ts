// Server-sent events (WHATWG HTML, section 9.2): how they are written, and one client's stream of them.
import type { ChangedRow, Position } from "@millrace/read-models/changes";
import { printPosition } from "./position.ts";

const encoder = new TextEncoder();

/** How long a client waits before it connects again. */
const RECONNECT_MS = 1_000;

/** Keeps proxies from closing a quiet stream, and finds out clients that are gone. */
export const HEARTBEAT = encoder.encode(": still here\n\n");

/** A row as an event, called by the row's noun. Its id is the position after it, so that a client resumes with what follows. */
export function printFrame(
  { id, version, deleted, document }: ChangedRow,
  after: Position,
  noun: string,
): Uint8Array {
  const event = deleted ? "deleted" : noun;
  const data = deleted ? JSON.stringify({ id, version }) : document;
  return encoder.encode(`event: ${event}\nid: ${printPosition(after)}\ndata: ${data}\n\n`);
}

/** Dispatches nothing, and tells the client where to resume even if it sees no event. */
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

interface EventStreamOptions {
  readonly request: Request;
  readonly queueBytesMax: number;
  /** Called once, whoever ended the stream. */
  onOver(): void;
}

/** Bytes that the server is handed at once: what it holds of a client that takes nothing is no more, and not in `unread`. */
const PART_BYTES = 16_384;

/**
 * A stream that ends when the client goes: told by the body's cancel, by the request's signal, or by nothing at
 * all, which the heartbeats find out. What is sent waits here until the server asks for more, so that it is known.
 */
export function openEventStream({ request, queueBytesMax, onOver }: EventStreamOptions): EventStream {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  let queue: Uint8Array[] = [];
  let unread = 0;
  /** Resolved when there is something to hand over, and when all has been. */
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
