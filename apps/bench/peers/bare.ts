// The same chain of the same parts with nothing around it, to tell what HTTP, a durable row, Kafka, another durable
// row and a read that waits take on this machine at least. One process, and none of Millrace's guarantees: an order
// that is accepted and not sent yet is lost with the process, and one bad record stops all that come after it.
import { createKafka } from "@millrace/kafka/client";
import { createConsumer } from "@millrace/kafka/consume";
import { createPublisher, type OutgoingRecord } from "@millrace/kafka/publish";
import { lines, textArray } from "@millrace/platform/columns";
import { createLog } from "@millrace/platform/log";
import { connectPostgres } from "@millrace/platform/postgres";

interface Order {
  readonly id: string;
  readonly document: string;
}

const WAIT_MAX_MS = 5_000;
const LOOK_EVERY_MS = 10;

const [databaseUrl = "", broker = "", topic = "", port = "0"] = process.argv.slice(2);
const log = createLog("bare", "silent");
/** Appends take one at a time; the partitions' writes and the reads share the others. */
const { sql } = connectPostgres({ url: databaseUrl, name: "bare", connectionsMax: 4 });
const kafka = createKafka({ brokers: [broker], clientId: "bare", log });
const publisher = createPublisher(kafka);
/** Reads that wait for their order. */
const waiting = new Map<string, (document: string) => void>();
let readable = 0;

await sql`create table accepted (id text primary key, document text not null)`;
await sql`create table readable (id text primary key, document text not null)`;
await publisher.connect();

const append = gathered<Order>(async (orders) => {
  await sql`
    insert into accepted
    select * from unnest(${textArray(orders.map(({ id }) => id))}::text::text[],
      string_to_array(${lines(orders.map(({ document }) => document))}, E'\n'))`;
});

const publish = gathered<OutgoingRecord>(async (records) => {
  await publisher.publish(records);
});

const consumer = createConsumer(kafka, {
  groupId: topic,
  topics: [topic],
  log,
  async handle({ records }) {
    const ids = records.map(({ key }) => key ?? "");
    const documents = records.map(({ value }) => value ?? "");
    const written = await sql`
      insert into readable
      select * from unnest(${textArray(ids)}::text::text[], string_to_array(${lines(documents)}, E'\n'))
      on conflict do nothing`;
    readable += written.count;
    for (const [index, id] of ids.entries()) waiting.get(id)?.(documents[index] as string);
    return true;
  },
});

Bun.serve({
  hostname: "127.0.0.1",
  port: Number(port),
  routes: {
    "/orders": { POST: async (request) => accept(await request.json()) },
    "/orders/:id": async ({ params: { id } }) => {
      const document = await read(id);
      return document === undefined ? new Response("not found", { status: 404 }) : new Response(document);
    },
    "/count": () => Response.json({ orders: readable }),
  },
});
consumer.start();
while (consumer.state() !== "consuming") await Bun.sleep(LOOK_EVERY_MS);
console.log("ready");

async function accept({ customer, items }: { customer?: unknown; items?: unknown }): Promise<Response> {
  if (typeof customer !== "string" || !Array.isArray(items)) {
    return Response.json({ error: "customer and items are required" }, { status: 422 });
  }
  const id = Bun.randomUUIDv7();
  const document = JSON.stringify({ id, customer, items, status: "CREATED" });
  await append({ id, document });
  publish({ topic, key: id, value: document, headers: {} }).catch((error) => console.error(error));
  return Response.json({ id, status: "CREATED" }, { status: 201 });
}

async function read(id: string): Promise<string | undefined> {
  const told = new Promise<string>((resolve) => {
    waiting.set(id, resolve);
  });
  const [row] = await sql`select document from readable where id = ${id}`;
  const document = row ? row.document : await Promise.race([told, Bun.sleep(WAIT_MAX_MS)]);
  waiting.delete(id);
  return document ?? undefined;
}

/** Whatever is asked for while one call is under way is one call after it. */
function gathered<Item>(work: (items: Item[]) => Promise<void>): (item: Item) => Promise<void> {
  let queue: Item[] = [];
  let next: Promise<void> | undefined;
  let current: Promise<unknown> = Promise.resolve();
  return (item) => {
    queue.push(item);
    next ??= current.then(async () => {
      await new Promise(setImmediate);
      const items = queue;
      queue = [];
      next = undefined;
      const done = work(items);
      current = done.catch(() => {});
      await done;
    });
    return next;
  };
}
