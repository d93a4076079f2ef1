// For tests of the console: a running system with something of everything in it, looked at through a browser.
import { createPublisher } from "@millrace/kafka/publish";
import { eventually } from "@millrace/testing/eventually";
import { ONE_OF_EACH, type System, startSystem } from "../chaos/system/system.ts";

export interface Site {
  readonly system: System;
  /** Of the console. */
  readonly url: string;
  write(method: string, path: string, body: unknown, headers?: Record<string, string>): Promise<number>;
  /** Resolves once the order's row has come to that version. */
  visible(id: string, version: number): Promise<void>;
  /** Sends what nobody can read, and resolves to the number under which it is parked. */
  poison(key: string): Promise<number>;
  stop(): Promise<void>;
}

const TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

export async function openSite(environment: Record<string, string> = {}): Promise<Site> {
  const system = await startSystem({
    processes: { ...ONE_OF_EACH, console: 1 },
    environment: { MILLRACE_AUDIT_MS: "500", ...environment },
  });
  await system.ready();
  const site: Site = {
    system,
    url: system.addressOf("console"),
    async write(method, path, body, headers) {
      const answer = await system.send(method, path, body, headers);
      await answer.arrayBuffer();
      return answer.status;
    },
    async visible(id, version) {
      await fetch(`${system.addressOf("query-api")}/orders/${id}?minVersion=${version}&wait=20000`);
    },
    async poison(key) {
      const publisher = createPublisher(system.client);
      for (const value of ["not an event", "nor this one"]) {
        await publisher.publish([
          { topic: "user-events", key, value, headers: { ce_source: "millrace/event-store" } },
        ]);
      }
      await publisher.disconnect();
      return eventually(
        async () => {
          const rows = await system.sql<{ id: number }[]>`
            select id::int from dead_letters where key = ${key} order by id`;
          if (rows.length < 2) throw new Error(`${rows.length} records of ${key} are parked`);
          return rows[0]?.id ?? 0;
        },
        { withinMs: 30_000, everyMs: 100 },
      );
    },
    stop: () => system.stop(),
  };
  await fill(site);
  return site;
}

/** Orders in several states and dialects, users, and one order whose story is known. */
async function fill({ write, visible }: Site): Promise<void> {
  const who = { "x-actor": "alice", "x-request-id": "request-1", traceparent: TRACE };
  await write("POST", "/orders", { orderId: "A-1", customer: "Alice", items: ["pen"], amount: 39.98 }, who);
  await visible("A-1", 2);
  await write("PATCH", "/orders/A-1", { status: "shipped" }, { "x-actor": "bob" });
  for (const [id, amount] of [
    ["declined", 1313.01],
    ["paid", 250],
    ["free", 0],
  ] as const) {
    await write("POST", "/orders", {
      orderId: id,
      userId: "user123",
      totalAmount: amount,
      products: [{ id: "prod-1", name: "Product 1", price: amount, quantity: 1 }],
    });
  }
  for (const customer of ["Bob", "Carol", "Dora", "Alice", "Eve", "Mallory"]) {
    await write("POST", "/orders", { customer, items: ["pen", "notebook"] });
  }
  await write("POST", "/orders", { orderId: "called-off", customer: "Frank", items: ["ink"] });
  await write("PATCH", "/orders/called-off", { status: "cancelled" });
  await write("POST", "/commands", { type: "createUser", payload: { id: 1, name: "Alice" } });
  await visible("A-1", 3);
  await visible("called-off", 2);
}
