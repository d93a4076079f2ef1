// The checker of webhooks has to find each thing that can go wrong with them: a chaos run proves no more than it looks at.
import { expect, test } from "bun:test";
import type { Heard } from "../load/receiver.ts";
import { createFindings } from "./finding.ts";
import { compareWebhooks, type StoredName } from "./webhooks.ts";

const stored: readonly StoredName[] = [
  { stream: "order-a", version: 1, type: "OrderCreated" },
  { stream: "order-a", version: 2, type: "OrderStockDue" },
  { stream: "order-a", version: 3, type: "OrderShipped" },
  { stream: "payment-a", version: 1, type: "PaymentRequested" },
];
const created: Heard = { id: "msg_1", event: "order.created", thing: "a", version: 1 };
const due: Heard = { id: "msg_2", event: "order.stock_due", thing: "a", version: 2 };
const shipped: Heard = { id: "msg_3", event: "order.shipped", thing: "a", version: 3 };

function found(heard: readonly Heard[], { ordered = true, forged = [] as string[] } = {}) {
  const findings = createFindings();
  const wants = (stream: string) => stream.startsWith("order-");
  const endpoint = { name: "here", wants, ordered, heard: [...heard], forged };
  const counts = compareWebhooks(stored, endpoint, findings);
  const { examples, ...numbers } = findings;
  return {
    counts,
    examples,
    wrongs: Object.entries(numbers).flatMap(([what, count]) => (count ? [what] : [])),
  };
}

test("events that came in order, some of them again, are as they have to be", () => {
  const { wrongs, counts } = found([created, due, created, shipped, due]);
  expect(wrongs).toEqual([]);
  expect(counts).toEqual({ events: 3, repeated: 2 });
});

test("order is asked only of the endpoint that asked for it", () => {
  expect(found([due, created, shipped], { ordered: false }).wrongs).toEqual([]);
  expect(found([due, created, shipped])).toMatchObject({
    wrongs: ["outOfOrder"],
    examples: ["outOfOrder: here got order-a@1 after @2"],
  });
});

test.each([
  ["an event that never came", [created, due], "lost", "here never got order-a@3, OrderShipped"],
  [
    "one event under two ids",
    [created, due, shipped, { ...due, id: "msg_9" }],
    "twice",
    "here got order-a@2 under msg_2 and msg_9",
  ],
  [
    "an event that nobody stored",
    [created, due, shipped, { ...shipped, id: "msg_9", version: 4 }],
    "wrong",
    "here got order.shipped of order-a@4, which is nothing that it asked for",
  ],
  [
    "an event that it did not ask for",
    [created, due, shipped, { id: "msg_9", event: "payment.requested", thing: "a", version: 1 }],
    "wrong",
    "here got payment.requested of payment-a@1, which is nothing that it asked for",
  ],
  [
    "an event under another's name",
    [created, { ...due, event: "order.changed" }, shipped],
    "wrong",
    "here got order.changed of order-a@2, which is OrderStockDue",
  ],
])("%s is found", (_, heard, kind, example) => {
  expect(found(heard)).toMatchObject({ wrongs: [kind], examples: [`${kind}: ${example}`] });
});

test("what nobody signed is found", () => {
  const forged = ["msg_9: No matching signature found"];
  expect(found([created, due, shipped], { forged })).toMatchObject({
    wrongs: ["wrong"],
    examples: [`wrong: here got what nobody signed: ${forged[0]}`],
  });
});
