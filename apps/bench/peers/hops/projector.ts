// Hands each partition's records to the thread that owns it.
import { createKafka } from "@millrace/kafka/client";
import { createConsumer } from "@millrace/kafka/consume";
import { createLog } from "@millrace/platform/log";
import { ready } from "../parts/part.ts";

const LOOK_EVERY_MS = 10;

const [databaseUrl = "", broker = "", topic = ""] = process.argv.slice(2);
const log = createLog("hops", "silent");
const threads = new Map<number, Worker>();

const consumer = createConsumer(createKafka({ brokers: [broker], clientId: "hops-projector", log }), {
  groupId: topic,
  topics: [topic],
  log,
  async handle({ partition, records }) {
    threadOf(partition).postMessage(records.map(({ key, value }) => ({ id: key, document: value })));
    return true;
  },
});

function threadOf(partition: number): Worker {
  const running = threads.get(partition);
  if (running) return running;
  const thread = new Worker(new URL("./partition.ts", import.meta.url), { argv: [databaseUrl] });
  threads.set(partition, thread);
  return thread;
}

consumer.start();
while (consumer.state() !== "consuming") await Bun.sleep(LOOK_EVERY_MS);
ready();
