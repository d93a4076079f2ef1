// Server-sent events (WHATWG HTML, section 9.2): how they are written, and one client's stream of them.
import type { ChangedOrder, Position } from "@millrace/read-models/orders/changes";
import { printPosition } from "./position.ts";

const encoder = new TextEncoder();

/** How long a client waits before it connects again. */
const RECONNECT_MS = 1_000;

/** Keeps proxies from closing a quiet stream, and finds out clients that are gone. */
export const HEARTBEAT = encoder.encode(": still here\n\n");

/** An order as an event. Its id is the position after it, so that a client resumes with what follows. */
export function printFrame({ id, version, deleted, document }: ChangedOrder, after: Position): Uint8Array {
  const event = deleted ? "deleted" : "order";
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

/**
 * A stream that ends when the client goes: told by the body's cancel, by the request's signal, or by nothing at
 * all, which the heartbeats find out.
 */
export function openEventStream({ request, queueBytesMax, onOver }: EventStreamOptions): EventStream {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  let wanted = Promise.withResolvers<void>();
  let over = false;
  let unreadSinceBeat = false;

  const end = () => {
    if (over) return;
    over = true;
    wanted.resolve();
    request.signal.removeEventListener("abort", end);
    onOver();
  };
  const drop = () => {
    if (over) return;
    end();
    // Without a reason: Bun takes any other for a failure of the server and prints it.
    controller?.error(undefined);
  };
  const unread = () => (over ? 0 : queueBytesMax / 2 - (controller?.desiredSize ?? 0));

  const body = new ReadableStream<Uint8Array>(
    {
      start(started) {
        controller = started;
      },
      // Called whenever the client has taken something and the queue is less than half full.
      pull() {
        unreadSinceBeat = false;
        wanted.resolve();
      },
      cancel: end,
    },
    new ByteLengthQueuingStrategy({ highWaterMark: queueBytesMax / 2 }),
  );
  request.signal.addEventListener("abort", end);
  if (request.signal.aborted) queueMicrotask(end);

  const send = (bytes: Uint8Array) => {
    if (over) return;
    // An event larger than the queue goes to a client that has taken all before it.
    if (unread() > 0 && unread() + bytes.byteLength > queueBytesMax) return drop();
    controller?.enqueue(bytes);
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
    unread,
    async drained() {
      while (unread() > 0) {
        wanted = Promise.withResolvers();
        await wanted.promise;
      }
    },
    beat() {
      if (unreadSinceBeat) return drop();
      unreadSinceBeat = (controller?.desiredSize ?? 0) <= 0;
      send(HEARTBEAT);
    },
    close() {
      if (over) return;
      end();
      controller?.close();
    },
    drop,
    isOver: () => over,
  };
}
