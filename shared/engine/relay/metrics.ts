// What the relay shows of itself and of the outbox. Read at each scrape, but for the sizes of its publishes.

import type { Publisher } from "@millrace/kafka/publish";
import { LATENCY_BUCKETS_SECONDS } from "@millrace/platform/latency-buckets";
import { type Metrics, shareReads } from "@millrace/platform/metrics";
import type { Sql } from "@millrace/platform/postgres";
import { summarizeHeld } from "@millrace/store/held-streams";
import { outboxDepth } from "@millrace/store/outbox";
import type { Relay } from "./relay.ts";

export function measureRelay(
  metrics: Metrics,
  { sql, relay }: { sql: Sql; relay: Pick<Relay, "status"> },
): void {
  const depth = shareReads(() => outboxDepth(sql));
  const held = shareReads(() => summarizeHeld(sql));
  metrics.gauge(
    "millrace_outbox_records",
    "Records that Kafka has yet to acknowledge, of every lane.",
    async () => (await depth()).records,
  );
  metrics.gauge(
    "millrace_outbox_oldest_age_seconds",
    "Age of the oldest entry in the outbox; 0 where it is empty.",
    async () => (await depth()).oldestMs / 1_000,
  );
  metrics.gauge(
    "millrace_relay_held_streams",
    "Streams that are set aside since Kafka refuses an event of theirs, of every lane.",
    async () => (await held()).streams,
  );
  metrics.gauge(
    "millrace_relay_held_oldest_age_seconds",
    "Time for which the first of them has been set aside; 0 where none is.",
    async () => (await held()).oldestMs / 1_000,
  );
  metrics.gauge(
    "millrace_relay_lanes_held",
    "Lanes of the outbox that this relay works on.",
    () => relay.status().lanes.length,
  );
  const total = (name: string, help: string, read: () => number) =>
    metrics.readings({ type: "counter", name, help, labels: [] }, () => [{ labels: {}, value: read() }]);
  total(
    "millrace_relay_records_published_total",
    "Records that Kafka has acknowledged; those sent again count again.",
    () => relay.status().published,
  );
  total(
    "millrace_relay_failures_total",
    "Rounds that failed, at Postgres or at Kafka, and were tried again.",
    () => relay.status().failures,
  );
}

/** The publisher, with the size of each publish and the time until Kafka had acknowledged it. */
export function measuredPublisher(publisher: Publisher, metrics: Metrics): Publisher {
  const sizes = metrics.histogram("millrace_relay_publish_records", "Records in one publish.", {
    labels: [],
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 5_000],
  });
  const durations = metrics.histogram(
    "millrace_relay_publish_duration_seconds",
    "Time until Kafka had acknowledged one publish.",
    { labels: [], buckets: LATENCY_BUCKETS_SECONDS },
  );
  return {
    ...publisher,
    async send(records) {
      const startedAt = performance.now();
      const sent = await publisher.send(records);
      sizes.observe(records.length);
      durations.observe((performance.now() - startedAt) / 1_000);
      return sent;
    },
  };
}
