// A walk through the console of a running system, after the flows: each page is there and shows what they have left.
// Where access is required, OPERATOR_KEY is what the console is asked with.
import { readConfig } from "@millrace/platform/config";
import { check, send, visible, walked } from "../walk.ts";

const CONSOLE_URL = `http://127.0.0.1:${readConfig().CONSOLE_PORT}`;
// biome-ignore lint/style/noProcessEnv: the walk's own setting, which no process of Millrace reads
const { OPERATOR_KEY } = process.env;
const headers = {
  accept: "text/html",
  ...(OPERATOR_KEY ? { authorization: `Bearer ${OPERATOR_KEY}` } : {}),
};
/** A page that asks Kafka takes a few connections of its own; the machine may be busy. */
const SHOWN_WITHIN_MS = 10_000;

async function shows(path: string, ...texts: readonly string[]): Promise<void> {
  await check(`console ${path}`, () =>
    visible(async (expect) => {
      const answer = await fetch(`${CONSOLE_URL}${path}`, { headers });
      const page = await answer.text();
      expect(answer.status).is(200);
      for (const text of texts) if (!page.includes(text)) throw new Error(`it does not show ${text}`);
    }, SHOWN_WITHIN_MS),
  );
}

const orderId = `walked-${Date.now()}`;
await check("an order to look at", async (expect) => {
  const { status } = await send("POST", "/orders", {
    orderId,
    customer: "Walker",
    items: ["pen"],
    amount: 5,
  });
  expect(status).is(201);
});

await shows(
  `/orders/${orderId}`,
  "OrderCreated",
  "OrderPaymentRecorded",
  "PaymentCompleted 2",
  "level with its events",
  "order-events",
);
await shows("/", "projector", "processes", "ready", "wait, records: now ");
await shows("/orders", orderId);
await shows(`/streams/order-${orderId}`, "OrderCreated");
await shows(`/streams/payment-${orderId}`, "PaymentCompleted");
await shows("/streams", "The newest events");
await shows(`/topics/order-events/messages?key=${orderId}`, "OrderCreated");
await shows("/topics", "payment-events");
await shows("/topics/order-events", "In sync");
await shows("/lag", "payment-tasks");
await shows("/partitions", "idle");
await shows("/flow", "Relay", "Partitions of order-events", "Process payments");
await shows("/partitions/order-events/0", "Records handled");
await shows("/relay", "level");
await shows("/projections", "payments");
await shows("/payments", orderId);
for (const path of ["/processes", "/webhooks", "/users", "/customers", "/dead-letters", "/audit"])
  await shows(path, "<h1>");

await check("console refuses a name that somebody has pointed at it", async (expect) => {
  const { status } = await fetch(CONSOLE_URL, { headers: { host: "rebound.example" } });
  expect(status).is(403);
});

walked();
