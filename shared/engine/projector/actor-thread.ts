// The thread that an actor runs in: started, listened to, and replaced after a backoff whenever it dies.
import { backoffMs } from "@millrace/platform/backoff";
import type { FromActor, ToActor } from "./protocol.ts";

export interface ActorThread {
  /** To the thread that runs now, with the buffers that are its own from then on; dropped where there is none. */
  say(message: ToActor, buffers?: ArrayBuffer[]): void;
  /** Ends the thread and starts another after a backoff. */
  replace(cause: string): void;
  /** Ends the thread for good. */
  end(): void;
  /** Changes with each thread, and for good at the end: what was begun for one thread is not for the next. */
  life(): number;
  /** False between a death and the next start. */
  isAlive(): boolean;
  restarts(): number;
}

export interface ActorThreadOptions {
  readonly worker: URL;
  readonly name: string;
  onMessage(message: FromActor): void;
  /** Called before the next thread is started. */
  onDeath(cause: string, restMs: number): void;
}

/** Times, in ms, between a thread's death and the next one's start. */
const BACKOFF = { firstMs: 100, mostMs: 10_000 };
/** Time, in ms, after which a thread that dies was a healthy one: its backoff starts anew. */
const HEALTHY_MS = 30_000;

export function startActorThread(options: ActorThreadOptions): ActorThread {
  let worker: Worker | undefined;
  let ended = false;
  let life = 0;
  let restarts = 0;
  let deaths = 0;
  let startedAt = 0;

  const start = () => {
    if (ended) return;
    startedAt = Date.now();
    const created = new Worker(options.worker, { name: options.name });
    worker = created;
    created.onmessage = ({ data }: MessageEvent<FromActor>) => {
      if (worker === created) options.onMessage(data);
    };
    created.onerror = (event) => {
      event.preventDefault();
      if (worker === created) replace(event.message);
    };
    created.addEventListener("close", () => {
      if (worker === created) replace("its thread ended");
    });
  };

  const stop = () => {
    life++;
    worker?.terminate();
    worker = undefined;
  };

  const replace = (cause: string) => {
    if (ended || !worker) return;
    stop();
    restarts++;
    deaths = Date.now() - startedAt > HEALTHY_MS ? 1 : deaths + 1;
    const restMs = backoffMs(deaths, BACKOFF);
    options.onDeath(cause, restMs);
    setTimeout(start, restMs);
  };

  start();
  return {
    say: (message, buffers = []) => worker?.postMessage(message, buffers),
    replace,
    end() {
      ended = true;
      stop();
    },
    life: () => life,
    isAlive: () => worker !== undefined,
    restarts: () => restarts,
  };
}
