// The plain design of event sourcing in TypeScript: Emmett on Postgres, an inline projection that stores each
// order's document in the transaction of its events, Express before it, with Emmett's and node-postgres' own
// settings. Honest: durable like Millrace, a stream an order, and the answer of Millrace's flow A.
import { projections, STREAM_DOES_NOT_EXIST } from "@event-driven-io/emmett";
import { getPostgreSQLEventStore, pongoSingleStreamProjection } from "@event-driven-io/emmett-postgresql";
import { pongoClient } from "@event-driven-io/pongo";
import express from "express";

type Order = {
  readonly id: string;
  readonly customer: string;
  readonly items: readonly unknown[];
  readonly status: string;
};
interface OrderCreated {
  readonly type: "OrderCreated";
  readonly data: Omit<Order, "status">;
}

const [databaseUrl = "", port = "0"] = process.argv.slice(2);
const COLLECTION = "orders";

const ordersProjection = pongoSingleStreamProjection<Order, OrderCreated>({
  collectionName: COLLECTION,
  canHandle: ["OrderCreated"],
  getDocumentId: ({ data }) => data.id,
  evolve: (_: Order | null, { data }: { data: Omit<Order, "status"> }) => ({ ...data, status: "CREATED" }),
});
const store = getPostgreSQLEventStore(databaseUrl, { projections: projections.inline([ordersProjection]) });
await store.schema.migrate();
const orders = pongoClient(databaseUrl).db().collection<Order>(COLLECTION);
await orders.createCollection();

const app = express();
app.use(express.json());
app.post("/orders", async (request, response) => {
  const { customer, items } = request.body as { customer?: unknown; items?: unknown };
  if (typeof customer !== "string" || !Array.isArray(items)) {
    response.status(422).json({ error: "customer and items are required" });
    return;
  }
  const id = crypto.randomUUID();
  const created: OrderCreated = { type: "OrderCreated", data: { id, customer, items } };
  await store.appendToStream(`order-${id}`, [created], { expectedStreamVersion: STREAM_DOES_NOT_EXIST });
  response.status(201).json({ id, status: "CREATED" });
});
app.get("/orders/:id", async (request, response) => {
  const order = await orders.findOne({ _id: request.params.id });
  if (!order) {
    response.status(404).json({ error: "not found" });
    return;
  }
  const { _id: id, customer, items, status } = order;
  response.json({ id, customer, items, status });
});
app.get("/count", async (_, response) => {
  response.json({ orders: Number(await orders.countDocuments()) });
});
app.listen(Number(port), "127.0.0.1", () => console.log("ready"));
