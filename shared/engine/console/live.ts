// Pages that keep themselves up: each page that a browser has open is made anew, once for all browsers, and sent where it
// differs. A client that was away gets the page as it is: nothing has to be caught up on.

import { Failure } from "@millrace/platform/failure";
import { closeUnless, type EventStream, openEventStream } from "@millrace/queries/streams/event-stream";
import type { RowsChanged } from "@millrace/read-models/row-changes";
import type { RowSubscriber } from "@millrace/read-models/row-listener";
import type { Asked, Page } from "./page.ts";

export interface LivePages extends RowSubscriber {
  /**
   * `mayGoOn`: whether the client may still see what it was let in to see; while it throws the client stays.
   * @throws Failure `streams_full` past the bound, `shutting_down`
   */
  open(request: Request, page: LivePage, asked: Asked, mayGoOn?: MayGoOn): Response;
  clients(): number;
  /** Ends every stream and takes no more. */
  stop(): void;
}

type MayGoOn = () => Promise<boolean>;

export type LivePage = Page & Required<Pick<Page, "live">>;

/** Clients of one process at once: each may have another page open, which is made anew once a second. */
export const LIVE_CLIENTS_MAX = 100;
/** Bytes that a client may leave unread before it is dropped: a page has tens of kilobytes. */
const QUEUE_BYTES_MAX = 2_097_152;
const HEARTBEAT_MS = 15_000;
/** Time, in ms, between two questions whether clients may still look: so soon the end of a session ends its streams. */
const LEAVE_MS = 2_000;
/** Least time, in ms, between two looks at one page, however often rows change: a person sees no more. */
const LOOK_LEAST_MS = 250;

interface Client {
  sent: string;
  readonly mayGoOn: MayGoOn | undefined;
}

interface Watch {
  readonly clients: Map<EventStream, Client>;
  /** Makes the page anew as soon as it may be. */
  wake(): void;
  stop(): void;
  concerns(changed: RowsChanged): boolean;
}

const encoder = new TextEncoder();

interface LivePagesOptions {
  /** Never throws: a problem is printed in the page's place. */
  print(page: Page, asked: Asked): Promise<string>;
  /** Called when the first client has come, and when the last has gone. Between the two `rowsChanged` has to be called. */
  onFollowed(followed: boolean): void;
  readonly clientsMax?: number;
}

export function createLivePages(options: LivePagesOptions): LivePages {
  const { print, onFollowed, clientsMax = LIVE_CLIENTS_MAX } = options;
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
      for (const [stream, { mayGoOn }] of clients) if (mayGoOn) closeUnless(mayGoOn, stream);
    }
  };

  return {
    clients,
    open(request, page, asked, mayGoOn) {
      if (stopped) throw new Failure("shutting_down", "This process is stopping", true);
      if (clients() >= clientsMax) {
        throw new Failure("streams_full", `${clientsMax} clients follow pages already`, true);
      }
      // The token of forms is of one session, so a page with forms is shared by none.
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
        asking = setInterval(askAll, LEAVE_MS);
        onFollowed(true);
      }
      stream.send(encoder.encode("retry: 1000\n\n"));
      watch.clients.set(stream, { sent: "", mayGoOn });
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
