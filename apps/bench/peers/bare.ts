// The same chain of the same parts with nothing around it, to tell what HTTP, a durable row, Kafka, another durable
// row and a read that waits take on this machine at least. One process, and none of Millrace's guarantees: an order
// that is accepted and not sent yet is lost with the process, and one bad record stops all that come after it.
import { createKafka } from "@millrace/kafka/client";
import { createPublisher, type OutgoingRecord } from "@millrace/kafka/publish";
import { createLog } from "@millrace/platform/log";
import { follow } from "./parts/follow.ts";
import { gathered } from "./parts/gathered.ts";
import { connect, createTables, findReadable, type Row, writeAccepted, writeReadable } from "./parts/rows.ts";
import { createReads, readRoutes, rowOf, taking } from "./parts/serve.ts";

const [databaseUrl = "", broker = "", topic = "", port = "0"] = process.argv.slice(2);
const log = createLog("bare", "silent");
/** Appends take one at a time; the partitions' writes and the reads share the others. */
const sql = connect(databaseUrl, 4);
const publisher = createPublisher(createKafka({ brokers: [broker], clientId: "bare", log }));
const reads = createReads((ids) => findReadable(sql, ids));
let readable = 0;

await createTables(sql);
await publisher.connect();

const append = gathered<Row>((rows) => writeAccepted(sql, rows));
const publish = gathered<OutgoingRecord>(async (records) => {
  await publisher.publish(records);
});

await follow({ broker, topic, name: "bare" }, async ({ records }) => {
  const rows = records.map(({ key, value }): Row => ({ id: key ?? "", document: value ?? "" }));
  const written = await writeReadable(sql, rows);
  readable += written;
  reads.tell(rows);
});
Bun.serve({
  hostname: "127.0.0.1",
  port: Number(port),
  routes: {
    "/orders": {
      POST: taking(async (order) => {
        const row = rowOf(order);
        await append(row);
        publish({ topic, key: row.id, value: row.document, headers: {} }).catch(console.error);
      }),
    },
    ...readRoutes(reads, () => readable),
  },
});
console.log("ready");
