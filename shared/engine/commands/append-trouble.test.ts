import { expect, test } from "bun:test";
import { Failure } from "@millrace/platform/failure";
import type { Appender } from "@millrace/store/appender";
import { withLately } from "./append-trouble.ts";

type Append = Parameters<Appender["append"]>[0];

test("a refused append counts against readiness, for a moment", async () => {
  let nowMs = 0;
  let failure = new Failure("append_queue_full", "as many wait as may", true);
  const failing = { append: () => Promise.reject(failure) } as unknown as Appender;
  const appender = withLately(failing, () => nowMs);
  await expect(appender.append({} as Append)).rejects.toThrow("as many wait");
  expect(appender.lately()).toBeUndefined();
  failure = new Failure("postgres_unavailable", "appending: disk full", true);
  await expect(appender.append({} as Append)).rejects.toThrow("disk full");
  expect(appender.lately()).toStartWith("postgres: appending: disk full. ");
  nowMs = 5_000;
  expect(appender.lately()).toBeUndefined();
});
