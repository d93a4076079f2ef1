// Publishes what it is told of.

import { createKafka } from "@millrace/kafka/client";
import { NO_NAMES } from "@millrace/kafka/names";
import { createPublisher } from "@millrace/kafka/publish";
import { createLog } from "@millrace/platform/log";
import { gathered } from "./gathered.ts";
import { listen } from "./notices.ts";
import { ready } from "./part.ts";
import { connect, type Row } from "./rows.ts";

const [databaseUrl = "", broker = "", topic = ""] = process.argv.slice(2);
const log = createLog("hops", "silent");
const publisher = createPublisher(
  createKafka({ names: NO_NAMES, brokers: [broker], clientId: "hops-relay", log }),
);
await publisher.connect();

const publish = gathered<readonly Row[]>(async (notices) => {
  const records = notices
    .flat()
    .map(({ id, document }) => ({ topic, key: id, value: document, headers: {} }));
  await publisher.publish(records);
});

await listen(connect(databaseUrl, 1), "accepted", (rows) => publish(rows).catch(console.error));
ready();
