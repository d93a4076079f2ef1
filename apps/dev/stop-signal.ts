// How `bun run dev` is told to stop: Ctrl-C, SIGTERM, a closed terminal, or the end of the `bun run` around it.

export interface StopSignal {
  readonly asked: Promise<void>;
  /** Asked once more, while stopping: no patience left. */
  readonly askedAgain: Promise<void>;
  wasAsked(): boolean;
}

/** A Ctrl-C reaches us twice, from the terminal and handed on by `bun run`: that is one wish. */
const SAME_WISH_MS = 500;
const LOOK_EVERY_MS = 250;

/** Listens from now on. */
export function untilStopped(): StopSignal {
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  let askedAt: number | undefined;
  const ask = () => {
    const now = performance.now();
    if (askedAt === undefined) {
      askedAt = now;
      first.resolve();
    } else if (now - askedAt > SAME_WISH_MS) second.resolve();
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, ask);
  if (process.env.npm_lifecycle_event) whenParentEnds(ask);
  return { asked: first.promise, askedAgain: second.promise, wasAsked: () => askedAt !== undefined };
}

/** Calls `then` when `bun run` around us has ended: its caller knows no other process, and we would run on unseen. */
function whenParentEnds(then: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    then();
  }, LOOK_EVERY_MS);
  timer.unref();
}
