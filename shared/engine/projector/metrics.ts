// What a process with partitions shows of them. Read at each scrape from what the supervisor knows anyway.
import { measureConsumer } from "@millrace/kafka/measure-consumer";
import type { Metrics, Reading } from "@millrace/platform/metrics";
import type { Sql } from "@millrace/platform/postgres";
import { ACTOR_STATES } from "./protocol.ts";
import type { PartitionStatus } from "./status.ts";
import type { Supervisor } from "./supervisor.ts";

export interface MeasuredPartitions {
  readonly supervisor: Pick<Supervisor, "status">;
  /** The bound of each mailbox. */
  readonly mailboxRecordsMax: number;
  /** Where the parking lot is. */
  readonly sql: Sql;
}

const PARTITION = ["topic", "partition"] as const;
type Place = (typeof PARTITION)[number];

export function measurePartitions(metrics: Metrics, options: MeasuredPartitions): void {
  const partitions = () => options.supervisor.status().partitions;
  const each = (
    type: "gauge" | "counter",
    name: string,
    help: string,
    value: (status: PartitionStatus) => number,
  ) =>
    metrics.readings({ type, name, help, labels: PARTITION }, () =>
      partitions().map((status) => reading(status, value(status))),
    );

  measureConsumer(metrics, () => options.supervisor.status().unreadable);
  each(
    "gauge",
    "millrace_partition_lag_records",
    "Records in the partition, as of the last fetch, that have not taken effect.",
    ({ highWatermark, offset }) => Math.max(0, highWatermark - offset),
  );
  each(
    "gauge",
    "millrace_partition_lag_seconds",
    "Age of the oldest record that was delivered and has not taken effect; 0 without one.",
    ({ oldestMs }) => oldestMs / 1_000,
  );
  each(
    "gauge",
    "millrace_partition_mailbox_records",
    "Records delivered that have not taken effect.",
    ({ mailbox }) => mailbox,
  );
  each(
    "gauge",
    "millrace_partition_mailbox_records_max",
    "The bound of millrace_partition_mailbox_records, past which no more are fetched.",
    () => options.mailboxRecordsMax,
  );
  each(
    "counter",
    "millrace_partition_actor_restarts_total",
    "Actors that died and were replaced, since the partition was assigned.",
    ({ restarts }) => restarts,
  );
  each(
    "counter",
    "millrace_partition_records_parked_total",
    "Records that failed past their tries, since the partition was assigned.",
    ({ parked }) => parked,
  );
  each(
    "counter",
    "millrace_partition_foreign_records_total",
    "Records that nobody of ours wrote and that were passed over, since the partition was assigned.",
    ({ foreign }) => foreign,
  );
  each(
    "gauge",
    "millrace_partition_waiting_keys",
    "Keys whose records wait for newer code, while the partition's other keys go on.",
    ({ waitingKeys }) => waitingKeys,
  );
  metrics.readings(
    {
      type: "gauge",
      name: "millrace_partition_actor_state",
      help: "1 for the state that the partition's actor is in, 0 for the others.",
      labels: [...PARTITION, "state"],
    },
    () => partitions().flatMap(statesOf),
  );
  metrics.readings(
    {
      type: "gauge",
      name: "millrace_parked_records",
      help: "Records in the parking lot, of every process: failed ones, and those that wait behind them.",
      labels: ["projection", ...PARTITION, "kind"],
    },
    () => parkedRecords(options.sql),
  );
}

function reading({ topic, partition }: PartitionStatus, value: number): Reading<Place> {
  return { labels: { topic, partition }, value };
}

function statesOf({ topic, partition, state }: PartitionStatus): Reading<Place | "state">[] {
  return ACTOR_STATES.map((each) => ({
    labels: { topic, partition, state: each },
    value: each === state ? 1 : 0,
  }));
}

/** The parking lot is small, or something is so wrong that a slow scrape is the least of it. */
async function parkedRecords(sql: Sql): Promise<Reading<"projection" | Place | "kind">[]> {
  const rows = await sql<
    { projection: string; topic: string; partition: number; kind: string; records: number }[]
  >`
    select projection, topic, partition, kind, count(*)::int as records
    from dead_letters group by projection, topic, partition, kind`;
  return rows.map(({ records, ...labels }) => ({ labels, value: records }));
}
