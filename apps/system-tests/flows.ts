// Walks flows A to J as a user does, over HTTP and Kafka, against a system that is already running.
// Prints a line a check and `N passed, N failed`; exits 1 when any failed.

import { createTopic } from "@millrace/kafka/admin";
import { createKafka } from "@millrace/kafka/client";
import { createConsumer } from "@millrace/kafka/consume";
import { createPublisher } from "@millrace/kafka/publish";
import { kafkaSecurity } from "@millrace/kafka/security";
import { deleteTopic } from "@millrace/kafka/topics";
import { readConfig } from "@millrace/platform/config";
import { createLog } from "@millrace/platform/log";
import { shop } from "@millrace/shop/shop";
import { type Answer, apiKey, check, get, send, visible, walked } from "./walk.ts";

const config = readConfig();
const log = createLog("flows", "silent");
const kafka = createKafka({
  names: shop.kafkaNames,
  brokers: config.KAFKA_BROKERS,
  security: kafkaSecurity(config),
  clientId: "flows",
  log,
});

const run = crypto.randomUUID().slice(0, 8);
const id = (answer: Answer) => String((answer.body as { id: unknown }).id);

await check("A: an order of items is created and listed in its own words", async (expect) => {
  const order = { customer: "Alice", items: ["pen", "notebook"] };
  const created = await send("POST", "/orders", order);
  expect(created.status).is(201);
  expect(created.body).is({ id: id(created), status: "CREATED" });
  await visible(async (reads) => {
    const list = (await get("/orders")).body as { id: string }[];
    reads(list.find((each) => each.id === id(created))).has({ id: id(created), ...order, status: "CREATED" });
  });
});

await check("B: an order of products is read back as sent and counted", async (expect) => {
  const before = ((await get("/orders/stats")).body as { count: number }).count;
  const order = {
    userId: "user123",
    products: [{ id: "prod-1", name: "Product 1", price: 19.99, quantity: 2 }],
    totalAmount: 39.98,
  };
  const created = await send("POST", "/orders", order);
  expect(created.status).is(201);
  await visible(async (reads) => {
    reads((await get(`/orders/${id(created)}`)).body).has(order);
    reads(((await get("/orders/stats")).body as { count: number }).count > before).is(true);
  });
});

await check("C and D: an order is shipped, then deleted, and is gone from list and stats", async (expect) => {
  const created = await send("POST", "/orders", { customer: "Bob", items: ["cup"] });
  const path = `/orders/${id(created)}`;
  expect((await send("PATCH", path, { status: "shipped" })).status).is(200);
  await visible(async (reads) => reads((await get(path)).body).has({ status: "SHIPPED" }));
  const before = ((await get("/orders/stats")).body as { count: number }).count;
  expect((await send("DELETE", path)).status).is(204);
  await visible(async (reads) => {
    reads((await get(path)).status).is(404);
    const list = (await get("/orders?limit=1000")).body as { id: string }[];
    reads(list.some((each) => each.id === id(created))).is(false);
    reads(((await get("/orders/stats")).body as { count: number }).count).is(before - 1);
  });
});

await check("E: an order of a single product keeps its own id", async (expect) => {
  const order = { orderId: `123-${run}`, product: "Laptop", quantity: 1 };
  const created = await send("POST", "/create-order", order);
  expect(created.status).is(201);
  expect(created.body).has({ id: order.orderId });
  await visible(async (reads) => {
    const list = (await get("/orders")).body as { orderId?: string }[];
    reads(list.find((each) => each.orderId === order.orderId)).has(order);
  });
});

await check("F: a command by name creates a user", async (expect) => {
  const user = { id: Number.parseInt(run, 16), name: "Alice" };
  expect((await send("POST", "/commands", { type: "createUser", payload: user })).status).is(201);
  await visible(async (reads) => {
    const list = (await get("/users")).body as { id: unknown }[];
    reads(list.find((each) => each.id === user.id)).has(user);
  });
});

await check("G: an amount is paid, on payment-events, in /payments and on the order", async (expect) => {
  const seen: string[] = [];
  const consumer = createConsumer(kafka, {
    groupId: `flows-${run}`,
    topics: ["order-events", "payment-events"],
    log,
    async handle({ records }) {
      for (const { key, headers } of records) seen.push(`${headers.ce_type} ${key}`);
      return true;
    },
  });
  consumer.start();
  const created = await send("POST", "/orders", { amount: 500 });
  expect(created.status).is(201);
  await visible(async (reads) => {
    reads((await get(`/orders/${id(created)}`)).body).has({ amount: 500, payment: "COMPLETED" });
    const payments = (await get("/payments")).body as { id: string }[];
    reads(payments.find((each) => each.id === id(created))).has({ status: "COMPLETED", amount: 500 });
  });
  await visible(async (reads) => {
    reads(seen.includes(`OrderCreated ${id(created)}`)).is(true);
    reads(seen.includes(`PaymentCompleted ${id(created)}`)).is(true);
  }, 10_000);
  await consumer.stop();
});

await check("H: a command from Kafka is carried out and answered", async () => {
  const orderId = `77-${run}`;
  const replies: { correlation: string | undefined; value: unknown }[] = [];
  const replyTo = `flows-replies-${run}`;
  await createTopic(kafka, replyTo, 1);
  const consumer = createConsumer(kafka, {
    groupId: `flows-replies-${run}`,
    topics: [replyTo],
    log,
    async handle({ records }) {
      for (const { headers, value } of records) {
        replies.push({ correlation: headers["correlation-id"], value: JSON.parse(value ?? "null") });
      }
      return true;
    },
  });
  consumer.start();
  const publisher = createPublisher(kafka);
  await publisher.connect();
  await publisher.publish([
    {
      topic: "orders-commands",
      key: null,
      value: JSON.stringify({ type: "CREATE_ORDER", data: { orderId, product: "Mouse", quantity: 3 } }),
      headers: { "reply-to": replyTo, "correlation-id": run },
    },
  ]);
  await visible(async (reads) => {
    reads((await get(`/orders/${orderId}`)).body).has({ orderId, product: "Mouse", quantity: 3 });
  });
  await visible(async (reads) => reads(replies[0]?.correlation).is(run), 10_000);
  await visible(async (reads) => reads(replies[0]?.value).has({ status: "accepted", id: orderId }));
  await publisher.disconnect();
  await consumer.stop();
  await deleteTopic(kafka, replyTo);
});

await check("I: a write that prefers to be async is taken, then accepted or rejected", async (expect) => {
  const prefer = { Prefer: "respond-async" };
  const taken = await send("POST", "/orders", { customer: "Cy", items: ["ink"] }, prefer);
  expect(taken.status).is(202);
  const location = taken.headers.get("location") ?? "";
  expect(/^\/commands\/[^/]+$/.test(location)).is(true);
  let orderId = "";
  await visible(async (reads) => {
    const command = (await send("GET", location)).body as { status: string; result?: { id: string } };
    reads(command.status).is("accepted");
    orderId = command.result?.id ?? "";
  });
  await visible(async (reads) => reads((await get(`/orders/${orderId}`)).body).has({ customer: "Cy" }));
  const doomed = await send("PATCH", `/orders/nobody-${run}`, { status: "shipped" }, prefer);
  expect(doomed.status).is(202);
  await visible(async (reads) => {
    const command = (await send("GET", doomed.headers.get("location") ?? "")).body;
    reads(command).has({ status: "rejected" });
    reads((command as { problem?: unknown }).problem).has({ code: "order_not_found" });
  });
});

await check("J: a write sent to the query API is redirected to the command API", async (expect) => {
  const created = await send("POST", "/orders", { customer: "Di", items: ["map"] });
  const path = `/orders/${id(created)}`;
  const wrong = await get(path, { method: "PATCH", redirect: "manual", body: "{}" });
  expect(wrong.status).is(307);
  expect(wrong.headers.get("location")).is(`${config.COMMAND_API_URL}${path}`);
  const shipped = { status: "shipped" };
  // Clients take no key along to another port, curl with -L neither: they bring it themselves.
  const followed = apiKey
    ? await send("PATCH", path, shipped)
    : await get(path, {
        method: "PATCH",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(shipped),
      });
  expect(followed.status).is(200);
  expect((await get(path, { method: "DELETE", redirect: "manual" })).status).is(307);
});

walked();
