// The end of a process: SIGTERM drains within a named time, a broken assumption ends it at once.
import type { Log } from "./log.ts";

export interface Lifetime {
  readonly log: Log;
  /** Longest that `stop` may take, milliseconds. */
  readonly drainMs: number;
  /** Finishes or hands over what is in flight. */
  stop(): Promise<void>;
}

/** Installs the signal handlers. Exits 0 after a drain, 1 when the drain overran or something broke. */
export function runUntilStopped(lifetime: Lifetime): void {
  let stopping = false;
  const stop = (signal: string) => {
    if (stopping) return;
    stopping = true;
    lifetime.log.info({ signal, drainMs: lifetime.drainMs }, "draining");
    const overrun = setTimeout(() => {
      lifetime.log.error({ drainMs: lifetime.drainMs }, "drain overran its time");
      process.exit(1);
    }, lifetime.drainMs);
    lifetime.stop().then(
      () => {
        clearTimeout(overrun);
        lifetime.log.info("drained");
        process.exit(0);
      },
      (error) => {
        lifetime.log.error({ err: error }, "drain failed");
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", () => stop("SIGTERM"));
  process.on("SIGINT", () => stop("SIGINT"));
  for (const broken of ["uncaughtException", "unhandledRejection"]) {
    process.on(broken, (error) => {
      lifetime.log.fatal({ err: error }, broken);
      process.exit(1);
    });
  }
}
