// The plain design on Express: one kafkajs send per request, a view in memory that a consumer fills. Honest:
// it waits for the broker's acknowledgement, and answers what Millrace's flow A answers. Not durable: the
// view is lost with the process, and is filled from the topic's start when it comes back. Its kafkajs is 2.2.3, as published:
// ours, 2.2.4, is patched to be quicker, which a plain design would not have (producer and codec are alike in both).
import express from "express";
import { Kafka, logLevel } from "kafkajs";

const [broker = "", topic = "", port = "0"] = process.argv.slice(2);
const kafka = new Kafka({ brokers: [broker], clientId: "express-peer", logLevel: logLevel.ERROR });
const producer = kafka.producer();
const consumer = kafka.consumer({ groupId: topic, maxWaitTimeInMs: 100 });
const orders = new Map<string, unknown>();

const app = express();
app.use(express.json());
app.post("/orders", async (request, response) => {
  const { customer, items } = request.body as { customer?: unknown; items?: unknown };
  if (typeof customer !== "string" || !Array.isArray(items)) {
    response.status(422).json({ error: "customer and items are required" });
    return;
  }
  const order = { id: crypto.randomUUID(), customer, items, status: "CREATED" };
  await producer.send({ topic, acks: -1, messages: [{ key: order.id, value: JSON.stringify(order) }] });
  response.status(201).json({ id: order.id, status: order.status });
});
app.get("/orders/:id", (request, response) => {
  const order = orders.get(request.params.id);
  if (order) response.json(order);
  else response.status(404).json({ error: "not found" });
});
app.get("/count", (_, response) => {
  response.json({ orders: orders.size });
});

await producer.connect();
await consumer.connect();
await consumer.subscribe({ topic, fromBeginning: true });
await consumer.run({
  eachMessage: async ({ message }) => {
    const order = JSON.parse(String(message.value)) as { id: string };
    orders.set(order.id, order);
  },
});
app.listen(Number(port), "127.0.0.1", () => console.log("ready"));
