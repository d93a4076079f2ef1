// Fills a stack's event store, and the orders that its read model would hold, by COPY: some hundred times as
// fast as orders that are posted. Replaces what is there. Kafka has none of it, as after a retention's end.

import type { Writable } from "node:stream";
import { topicOf } from "@millrace/events/topics";
import { topicOffsets } from "@millrace/kafka/admin";
import { createKafka } from "@millrace/kafka/client";
import { partitionOf } from "@millrace/kafka/partition-of";
import { createLog } from "@millrace/platform/log";
import { shop } from "@millrace/shop/shop";
import type { Bench } from "../question.ts";
import { copyLine, eventLine, rowLine } from "./copy-lines.ts";
import { makeLife } from "./lives.ts";

/** Over which the orders were created, up to now. */
const DAYS = 30;
const DAY_MS = 24 * 60 * 60 * 1000;
/** Lines are sent in pieces of about so many characters. */
const PIECE = 1 << 18;
const SAY_EVERY_EVENTS = 1_000_000;

/** Different ones who order, unless the question has a number of its own. */
const CUSTOMERS = 10_000;

export async function fillStore(
  { stack, sql, say }: Bench,
  events: number,
  customers = CUSTOMERS,
): Promise<void> {
  const startedAt = performance.now();
  const kafka = createKafka({
    names: shop.kafkaNames,
    brokers: [stack.broker],
    clientId: "bench",
    log: createLog("bench", "silent"),
  });
  const partitions = (await topicOffsets(kafka, topicOf("order"))).length;
  // Rows before events: an audit of a stream finds its row.
  await sql.begin(async (tx) => {
    await tx`truncate events`;
    const store = await tx`
      copy events (stream, version, type, schema_version, at, metadata, data) from stdin`.writable();
    const counts = await sql.begin(async (rows) => {
      await rows`truncate orders, order_stats`;
      const model = await rows`
        copy orders (id, version, status, payment, customer, amount, currency, created_at, updated_at, deleted,
          document, partition, "offset") from stdin`.writable();
      const counted = await writeLives({ events, customers, partitions, store, model, say });
      await ended(model);
      await rows`insert into order_stats ${rows(counted)}`;
      return counted;
    });
    await ended(store);
    return counts;
  });
  await sql`vacuum (freeze, analyze) events, orders, order_stats`;
  await sql`checkpoint`;
  const seconds = (performance.now() - startedAt) / 1000;
  say(`filled with ${events.toLocaleString("en")} events in ${seconds.toFixed(0)} s`);
}

interface Count {
  readonly partition: number;
  readonly status: string;
  readonly payment: string;
  orders: number;
  amount: number;
}

async function writeLives(options: {
  readonly events: number;
  readonly customers: number;
  readonly partitions: number;
  readonly store: Writable;
  readonly model: Writable;
  say(line: string): void;
}): Promise<Count[]> {
  const { events, customers, partitions, say } = options;
  const store = pieces(options.store);
  const model = pieces(options.model);
  const counts = new Map<string, Count>();
  const beginning = Date.now() - DAYS * DAY_MS;
  let written = 0;
  for (let ordinal = 0; written < events; ordinal++) {
    const life = makeLife({
      ordinal,
      at: Math.floor(beginning + (written / events) * DAYS * DAY_MS),
      eventsMax: events - written,
      customers,
      partitionOf: (key) => partitionOf(key, partitions),
    });
    for (const event of life.events) await store.write(eventLine(event));
    await model.write(rowLine(life.row));
    count(counts, life.row);
    const before = written;
    written += life.events.length;
    if (Math.floor(written / SAY_EVERY_EVENTS) > Math.floor(before / SAY_EVERY_EVENTS)) {
      say(`  ${written.toLocaleString("en")} of ${events.toLocaleString("en")} events`);
    }
  }
  await store.flush();
  await model.flush();
  return [...counts.values()];
}

function count(counts: Map<string, Count>, { partition, value }: ReturnType<typeof makeLife>["row"]): void {
  const { status, payment, content } = value.order;
  const key = copyLine([partition, status, payment]);
  const cell = counts.get(key) ?? { partition, status, payment, orders: 0, amount: 0 };
  counts.set(key, cell);
  cell.orders++;
  cell.amount += content.amount;
}

/** Gathers lines, and waits while the server has enough to do. */
function pieces(stream: Writable) {
  let gathered = "";
  const flush = async () => {
    const piece = gathered;
    gathered = "";
    if (!stream.write(piece)) await new Promise<void>((resolve) => stream.once("drain", resolve));
  };
  return {
    flush,
    write(line: string): Promise<void> | undefined {
      gathered += line;
      return gathered.length < PIECE ? undefined : flush();
    },
  };
}

function ended(stream: Writable): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.once("error", reject);
    stream.end(resolve);
  });
}
