// The end of a process: SIGTERM drains within a named time, a broken assumption ends it at once.
import type { Log } from "./log.ts";

export interface Lifetime {
  readonly log: Log;
  /** Longest that `stop` may take, milliseconds. */
  readonly drainMs: number;
  /** Finishes or hands over what is in flight. */
  stop(): Promise<void>;
}

const lifetimes: Lifetime[] = [];

/**
 * Installs the signal handlers. Exits 0 after a drain, 1 when the drain overran or something broke. Where several apps
 * share the process it lives until all of them have drained, and what breaks is logged in the name of the first.
 */
export function runUntilStopped(lifetime: Lifetime): void {
  lifetimes.push(lifetime);
  if (lifetimes.length > 1) return;
  let stopping = false;
  const stop = async (signal: string) => {
    if (stopping) return;
    stopping = true;
    const drained = await Promise.all(lifetimes.map((each) => drain(each, signal)));
    process.exit(drained.every(Boolean) ? 0 : 1);
  };
  process.on("SIGTERM", () => void stop("SIGTERM"));
  process.on("SIGINT", () => void stop("SIGINT"));
  for (const broken of ["uncaughtException", "unhandledRejection"]) {
    process.on(broken, (error) => {
      lifetime.log.fatal({ err: error }, broken);
      process.exit(1);
    });
  }
}

/** Answers whether it went well. */
async function drain(lifetime: Lifetime, signal: string): Promise<boolean> {
  const { log, drainMs } = lifetime;
  log.info({ signal, drainMs }, "draining");
  let overrun: Timer | undefined;
  const late = new Promise<false>((resolve) => {
    overrun = setTimeout(() => {
      log.error({ drainMs }, "drain overran its time");
      resolve(false);
    }, drainMs);
  });
  const done = lifetime.stop().then(
    () => {
      log.info("drained");
      return true;
    },
    (error) => {
      log.error({ err: error }, "drain failed");
      return false;
    },
  );
  const well = await Promise.race([done, late]);
  clearTimeout(overrun);
  return well;
}
