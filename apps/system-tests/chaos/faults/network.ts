// Bad networks between one kind of process and Postgres or Kafka.
import type { NetworkProxy } from "../system/proxy.ts";
import { KINDS } from "../system/system.ts";
import type { Fault } from "./fault.ts";

type Harm = "cut" | "stall" | "half-open" | "delay";

const HARMS: readonly Harm[] = ["cut", "stall", "half-open", "delay"];
/** Longer than a request timeout of kafkajs or Postgres' connect timeout, in some draws. */
const FROM_MS = 500;
const TO_MS = 15_000;

export const networks: readonly Fault[] = HARMS.flatMap((harm) =>
  (["postgres", "kafka"] as const).map((server) => ({
    name: `${harm}-${server}`,
    weight: 2,
    async run({ system, random }) {
      const kind = random.pick(server === "kafka" ? KINDS.filter((each) => each !== "query-api") : KINDS);
      const proxy = system.networks[kind][server];
      const connections = proxy.connections();
      const lastedMs = random.between(FROM_MS, TO_MS);
      harmBy(proxy, harm, random.between(5, 200));
      await Bun.sleep(lastedMs);
      proxy.open();
      return `${connections} connections of ${kind} to ${server}, ${lastedMs} ms`;
    },
  })),
);

function harmBy(proxy: NetworkProxy, harm: Harm, delayMs: number): void {
  switch (harm) {
    case "cut":
      proxy.cut();
      break;
    case "stall":
      proxy.stall();
      break;
    case "half-open":
      proxy.halfOpen();
      break;
    case "delay":
      proxy.delay(delayMs);
  }
}
