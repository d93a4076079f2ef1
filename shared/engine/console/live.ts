// Pages that keep themselves up: each that somebody has open is looked at anew, once for all who look at it, and what
// has changed of it is sent. A client that was away gets the page as it is: nothing has to be caught up on.

import { Failure } from "@millrace/platform/failure";
import { type EventStream, openEventStream } from "@millrace/queries/streams/event-stream";
import type { RowsChanged } from "@millrace/read-models/row-changes";
import type { RowSubscriber } from "@millrace/read-models/row-listener";
import type { Asked, Page } from "./page.ts";

export interface LivePages extends RowSubscriber {
  /** @throws Failure `streams_full` past the bound, `shutting_down`. */
  open(request: Request, page: LivePage, asked: Asked, leave?: Leave): Response;
  clients(): number;
  /** Ends every stream and takes no more. */
  stop(): void;
}

/** Whether a client may still see what it was let in to see. */
export interface Leave {
  /** @throws while that can't be said: the client stays */
  mayGoOn(): Promise<boolean>;
}

export type LivePage = Page & Required<Pick<Page, "live">>;

/** Clients of one process: each may be a page of its own, looked at once a second. */
export const LIVE_CLIENTS_MAX = 100;
/** A page is tens of kilobytes: a client that leaves so many unread is gone. */
const QUEUE_BYTES_MAX = 2_097_152;
const HEARTBEAT_MS = 15_000;
/** Between two looks at whether clients may still look: so soon a session that was ended ends its streams. */
const LEAVE_MS = 2_000;
/** However often rows change, a person sees no more than so many pages a second. */
const LOOK_LEAST_MS = 250;

interface Client {
  sent: string;
  readonly leave: Leave | undefined;
}

interface Watch {
  readonly clients: Map<EventStream, Client>;
  /** Has a look made as soon as may be. */
  wake(): void;
  stop(): void;
  concerns(changed: RowsChanged): boolean;
}

const encoder = new TextEncoder();

interface LivePagesOptions {
  /** Never throws: what can't be shown is printed as the problem that it is. */
  print(page: Page, asked: Asked): Promise<string>;
  /** Called when the first client has come, and when the last has gone: between the two, `rowsChanged` is wanted. */
  onFollowed(followed: boolean): void;
  readonly clientsMax?: number;
  readonly leaveMs?: number;
}

export function createLivePages(options: LivePagesOptions): LivePages {
  const { print, onFollowed, clientsMax = LIVE_CLIENTS_MAX, leaveMs = LEAVE_MS } = options;
  const watches = new Map<string, Watch>();
  let stopped = false;
  let beating: ReturnType<typeof setInterval> | undefined;
  let asking: ReturnType<typeof setInterval> | undefined;
  const clients = () => [...watches.values()].reduce((sum, watch) => sum + watch.clients.size, 0);

  const beat = () => {
    for (const watch of watches.values()) for (const stream of watch.clients.keys()) stream.beat();
  };

  const askAll = () => {
    for (const { clients } of watches.values()) {
      for (const [stream, { leave }] of clients) {
        leave?.mayGoOn().then(
          (mayGoOn) => mayGoOn || stream.close(),
          () => {},
        );
      }
    }
  };

  return {
    clients,
    open(request, page, asked, leave) {
      if (stopped) throw new Failure("shutting_down", "This process is stopping", true);
      if (clients() >= clientsMax) {
        throw new Failure("streams_full", `${clientsMax} clients follow pages already`, true);
      }
      // Forms are somebody's own, so a page with forms is as well.
      const name = `${asked.formToken} ${asked.url.pathname}${asked.url.search}`;
      const watch = watches.get(name) ?? startWatch(page, asked, () => print(page, asked));
      watches.set(name, watch);
      const stream = openEventStream({
        request,
        queueBytesMax: QUEUE_BYTES_MAX,
        onOver() {
          watch.clients.delete(stream);
          if (watch.clients.size > 0) return;
          watch.stop();
          watches.delete(name);
          if (watches.size > 0) return;
          clearInterval(beating);
          clearInterval(asking);
          onFollowed(false);
        },
      });
      if (clients() === 0) {
        beating = setInterval(beat, HEARTBEAT_MS);
        asking = setInterval(askAll, leaveMs);
        onFollowed(true);
      }
      stream.send(encoder.encode("retry: 1000\n\n"));
      watch.clients.set(stream, { sent: "", leave });
      watch.wake();
      return stream.response;
    },
    rowsChanged(changed) {
      for (const watch of watches.values()) if (watch.concerns(changed)) watch.wake();
    },
    missed() {
      for (const watch of watches.values()) watch.wake();
    },
    stop() {
      stopped = true;
      for (const watch of [...watches.values()])
        for (const stream of [...watch.clients.keys()]) stream.close();
    },
  };
}

function startWatch(page: LivePage, asked: Asked, print: () => Promise<string>): Watch {
  const clients: Watch["clients"] = new Map();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let lookedAt = 0;
  let looking = false;
  let lookAgain = false;
  let over = false;

  const look = async () => {
    looking = true;
    lookAgain = false;
    lookedAt = Date.now();
    const region = await print();
    for (const [stream, client] of clients) {
      if (client.sent === region) continue;
      client.sent = region;
      stream.send(encoder.encode(`event: region\ndata: ${JSON.stringify(region)}\n\n`));
    }
    looking = false;
    plan(lookAgain ? LOOK_LEAST_MS : page.live.everyMs);
  };
  const plan = (inMs: number) => {
    clearTimeout(timer);
    if (!over) timer = setTimeout(() => void look(), inMs);
  };
  return {
    clients,
    concerns: (changed) => page.live.concerns?.(changed, asked) ?? false,
    wake() {
      if (looking) lookAgain = true;
      else plan(Math.max(0, lookedAt + LOOK_LEAST_MS - Date.now()));
    },
    stop() {
      over = true;
      clearTimeout(timer);
    },
  };
}
