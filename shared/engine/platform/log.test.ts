import { expect, test } from "bun:test";
import pino from "pino";
import { loggedError } from "./failure.ts";
import { createLog } from "./log.ts";

test("a log has no words for an error but those that hold nothing that people sent", () => {
  const { [pino.symbols.serializersSym]: serializers } = createLog("test", "silent") as unknown as {
    [pino.symbols.serializersSym]: { err: unknown };
  };
  expect(serializers.err).toBe(loggedError);
});
