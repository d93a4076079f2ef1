import { expect, test } from "bun:test";
import { createLog } from "@millrace/platform/log";
import { createKafka } from "./client.ts";
import { NO_NAMES } from "./names.ts";

test("a broker with an IPv6 address is asked at its own port", async () => {
  const asked = Promise.withResolvers<string>();
  const broker = Bun.listen({
    hostname: "::1",
    port: 0,
    socket: {
      open(socket) {
        asked.resolve("asked");
        socket.end();
      },
      data() {},
    },
  });
  const log = createLog("kafka-test", "silent");
  const admin = createKafka({
    names: NO_NAMES,
    brokers: [`[::1]:${broker.port}`],
    clientId: "test",
    log,
  }).admin();
  const connected = admin.connect().catch(() => "refused");
  expect(await Promise.race([asked.promise, connected])).toBe("asked");
  broker.stop(true);
  await connected;
});
