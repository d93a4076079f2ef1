// The same chain of the same parts with nothing around it, to tell what HTTP, a durable row, Kafka, another durable
// row and a read that waits take on this machine at least. One process, and none of Millrace's guarantees: an order
// that is accepted and not sent yet is lost with the process, and one bad record stops all that come after it.
import { createKafka } from "@millrace/kafka/client";
import { createConsumer } from "@millrace/kafka/consume";
import { createPublisher, type OutgoingRecord } from "@millrace/kafka/publish";
import { createLog } from "@millrace/platform/log";
import { gathered } from "./parts/gathered.ts";
import { connect, createTables, type Row, writeAccepted, writeReadable } from "./parts/rows.ts";
import { createReads, taking } from "./parts/serve.ts";

const LOOK_EVERY_MS = 10;

const [databaseUrl = "", broker = "", topic = "", port = "0"] = process.argv.slice(2);
const log = createLog("bare", "silent");
/** Appends take one at a time; the partitions' writes and the reads share the others. */
const sql = connect(databaseUrl, 4);
const kafka = createKafka({ brokers: [broker], clientId: "bare", log });
const publisher = createPublisher(kafka);
const reads = createReads(sql);
let readable = 0;

await createTables(sql);
await publisher.connect();

const append = gathered<Row>((rows) => writeAccepted(sql, rows));
const publish = gathered<OutgoingRecord>(async (records) => {
  await publisher.publish(records);
});

const consumer = createConsumer(kafka, {
  groupId: topic,
  topics: [topic],
  log,
  async handle({ records }) {
    const rows = records.map(({ key, value }) => ({ id: key ?? "", document: value ?? "" }));
    const written = await writeReadable(sql, rows);
    readable += written;
    reads.tell(rows);
    return true;
  },
});

Bun.serve({
  hostname: "127.0.0.1",
  port: Number(port),
  routes: {
    "/orders": {
      POST: taking(async (row) => {
        await append(row);
        publish({ topic, key: row.id, value: row.document, headers: {} }).catch(console.error);
      }),
    },
    "/orders/:id": ({ params: { id } }) => reads.answer(id),
    "/count": () => Response.json({ orders: readable }),
  },
});
consumer.start();
while (consumer.state() !== "consuming") await Bun.sleep(LOOK_EVERY_MS);
console.log("ready");
