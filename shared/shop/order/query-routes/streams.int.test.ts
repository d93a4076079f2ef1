import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import net from "node:net";
import { STREAM_BOUNDS } from "@millrace/queries/streams/row-streams";
import { eventually } from "@millrace/testing/eventually";
import { createOrder, openTestShop, type TestApi, type TestShop } from "../../testing/test-api.ts";

let shop: TestShop;
let api: TestApi;

beforeAll(async () => {
  shop = await openTestShop();
  api = await shop.startApi();
}, 60_000);

afterAll(() => shop.stop());

interface Event {
  readonly event: string;
  readonly id: string;
  readonly data: { id: string; version: number; status?: string };
}

interface Client {
  readonly status: number;
  readonly events: Event[];
  /** Where the client would resume, as a browser would have it. */
  lastEventId(): string;
  ended(): boolean;
  close(): void;
}

/** Reads a stream as a browser does. Resolves once it is open and where it starts is known. */
async function follow(on: TestApi, path: string, headers: Record<string, string> = {}): Promise<Client> {
  const abort = new AbortController();
  const response = await fetch(`${on.url}${path}`, { headers, signal: abort.signal });
  const events: Event[] = [];
  let lastEventId = "";
  let ended = false;
  const read = async () => {
    let text = "";
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      const blocks = text.split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) {
        const fields = Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s)));
        if (fields.id !== undefined) lastEventId = fields.id;
        if (fields.data !== undefined) events.push({ ...fields, data: JSON.parse(fields.data) });
      }
    }
    ended = true;
  };
  const client = { status: response.status, events, lastEventId: () => lastEventId, ended: () => ended };
  if (response.status === 200) {
    read().catch(() => {
      ended = true;
    });
    await eventually(() => expect(lastEventId).not.toBe(""));
  }
  return { ...client, close: () => abort.abort() };
}

async function write(ids: readonly string[], partition = 0): Promise<void> {
  await Promise.all(ids.map((id) => shop.order(id, createOrder(id))));
  await shop.projectOrders(ids, partition);
}

const clients = (on: TestApi, count: number) =>
  eventually(async () => expect(await on.metric("millrace_query_stream_clients")).toBe(count));

describe("GET /orders/stream", () => {
  test("sends each order as it changes: the document, a deletion as such", async () => {
    const client = await follow(api, "/orders/stream");
    await write(["one"]);
    await eventually(() => expect(client.events).toHaveLength(1));
    const document = await (await api.get("/orders/one")).json();
    expect(client.events[0]).toMatchObject({ event: "order", data: document });
    await shop.order("one", { type: "DeleteOrder" });
    await shop.projectOrders(["one"]);
    await eventually(() => expect(client.events).toHaveLength(2));
    expect(client.events[1]).toMatchObject({ event: "deleted", data: { id: "one", version: 2 } });
    client.close();
  });

  test("resumes with every order that has changed since, as it is now, deletions included", async () => {
    await write(["kept", "dropped", "before"]);
    const first = await follow(api, "/orders/stream");
    const lastEventId = first.lastEventId();
    first.close();
    await shop.order("kept", { type: "ShipOrder" });
    await shop.projectOrders(["kept"]);
    await shop.order("kept", { type: "DeliverOrder" });
    await shop.projectOrders(["kept"]);
    await shop.order("dropped", { type: "DeleteOrder" });
    await shop.projectOrders(["dropped"]);
    await write(["elsewhere"], 5);
    for (const again of [
      await follow(api, "/orders/stream", { "last-event-id": lastEventId }),
      await follow(api, `/orders/stream?lastEventId=${encodeURIComponent(lastEventId)}`),
    ]) {
      await eventually(() => expect(again.events).toHaveLength(3));
      expect(again.events).toMatchObject([
        { event: "order", data: { id: "kept", version: 3, status: "DELIVERED" } },
        { event: "deleted", data: { id: "dropped", version: 2 } },
        { event: "order", data: { id: "elsewhere" } },
      ]);
      again.close();
    }
  });

  test("shows a parked record that was retried, though its offset is an old one", async () => {
    const client = await follow(api, "/orders/stream");
    const position = client.lastEventId();
    await write(["late-1"]);
    await shop.sql`update orders set "offset" = 0 where id = 'late-1'`;
    const again = await follow(api, "/orders/stream", { "last-event-id": position });
    await eventually(() => expect(again.events).toMatchObject([{ data: { id: "late-1" } }]));
    client.close();
    again.close();
  });

  test("a client that comes and goes under writes ends up with every order at its last version", async () => {
    const ids = Array.from({ length: 400 }, (_, index) => `busy-${index}`);
    const start = await follow(api, "/orders/stream");
    let lastEventId = start.lastEventId();
    start.close();
    let written = false;
    const writing = (async () => {
      for (let from = 0; from < ids.length; from += 20) {
        const some = ids.slice(from, from + 20);
        await Promise.all(
          [0, 1, 2].map((partition) =>
            write(
              some.filter((_, index) => index % 3 === partition),
              partition,
            ),
          ),
        );
        const ship = some.slice(0, 5);
        await Promise.all(ship.map((id) => shop.order(id, { type: "ShipOrder" })));
        for (const id of ship) await shop.projectOrders([id], ids.indexOf(id) % 3);
      }
      written = true;
    })();
    const versions = new Map<string, number>();
    const take = ({ data }: Event) => {
      // An older state never follows a newer one.
      expect(data.version).toBeGreaterThanOrEqual(versions.get(data.id) ?? 0);
      versions.set(data.id, data.version);
    };
    for (let last = false; !last; ) {
      last = written;
      const client = await follow(api, "/orders/stream", { "last-event-id": lastEventId });
      if (last) {
        await eventually(() => {
          const seen = new Set([...versions.keys(), ...client.events.map((event) => event.data.id)]);
          expect(ids.filter((id) => !seen.has(id))).toEqual([]);
        });
        await Bun.sleep(100);
      } else await Bun.sleep(Math.random() * 60);
      for (const event of client.events) take(event);
      lastEventId = client.lastEventId();
      client.close();
    }
    await writing;
    const rows = await shop.sql`select id, version from orders where id like 'busy-%'`;
    expect(new Map(rows.map((row) => [row.id, row.version]))).toEqual(
      new Map([...versions].filter(([id]) => id.startsWith("busy-"))),
    );
  }, 60_000);

  test("a position of another database, past all of this one's, is read from the start", async () => {
    await write(["foreign"]);
    const client = await follow(api, "/orders/stream", { "last-event-id": "0:999999999" });
    await eventually(() => expect(client.events.map((event) => event.data.id)).toContain("foreign"));
    client.close();
  });

  test("400 or 422: an event id that is none", async () => {
    expect((await api.get("/orders/stream", { "last-event-id": "x" })).status).toBe(400);
    const response = await api.get("/orders/stream?lastEventId=x");
    expect([response.status, (await response.json()).code]).toEqual([422, "invalid_query"]);
  });
});

describe("GET /orders/:id/stream", () => {
  test("sends the changes of that order alone", async () => {
    await write(["mine", "other"]);
    const client = await follow(api, "/orders/mine/stream");
    await shop.order("other", { type: "ShipOrder" });
    await shop.projectOrders(["other"]);
    await shop.order("mine", { type: "ShipOrder" });
    await shop.projectOrders(["mine"]);
    await eventually(() => expect(client.events).toMatchObject([{ data: { id: "mine", version: 2 } }]));
    const resumed = await follow(api, "/orders/mine/stream", { "last-event-id": "0:1" });
    await eventually(() => expect(resumed.events).toMatchObject([{ data: { id: "mine", version: 2 } }]));
    client.close();
    resumed.close();
  });

  test("404: no such order", async () => {
    expect((await api.get("/orders/no-such-order/stream")).status).toBe(404);
  });
});

describe("places", () => {
  const bounds = { ...STREAM_BOUNDS, clientsMax: 2, queueBytesMax: 65_536, heartbeatMs: 50 };

  test("503 streams_full past the bound; a client whose socket is destroyed frees its place", async () => {
    const small = await shop.startApi({ streamBounds: bounds });
    const sockets = [await rawClient(small), await rawClient(small)];
    await clients(small, 2);
    const refused = await small.get("/orders/stream");
    expect([refused.status, (await refused.json()).code]).toEqual([503, "streams_full"]);
    expect(refused.headers.get("retry-after")).toBe("1");
    for (const socket of sockets) socket.destroy();
    await clients(small, 0);
    const client = await follow(small, "/orders/stream");
    expect(client.status).toBe(200);
    client.close();
    await clients(small, 0);
  });

  test("HEAD takes no place", async () => {
    const small = await shop.startApi({ streamBounds: bounds });
    for (let times = 0; times < 5; times++) {
      expect((await fetch(`${small.url}/orders/stream`, { method: "HEAD" })).status).toBe(200);
    }
    await clients(small, 0);
  });

  test("a client that does not read is dropped, and holds up nobody", async () => {
    const small = await shop.startApi({
      streamBounds: { ...bounds, queueBytesMax: 262_144, heartbeatMs: 1_000 },
    });
    const slow = await rawClient(small);
    slow.pause();
    const fast = await follow(small, "/orders/stream");
    await clients(small, 2);
    const ids = Array.from({ length: 120 }, (_, index) => `slow-${index}`);
    const big = { type: "ChangeOrder", written: { items: "x".repeat(100_000) } } as const;
    for (let from = 0; from < ids.length; from += 4) {
      const some = ids.slice(from, from + 4);
      await Promise.all(some.map((id) => shop.order(id, createOrder(id), big)));
      for (const id of some) await shop.projectOrders([id]);
    }
    await clients(small, 1);
    await eventually(() => expect(fast.events.map((event) => event.data.id)).toContain("slow-119"));
    expect(fast.ended()).toBe(false);
    slow.destroy();
    fast.close();
  }, 60_000);

  test("a quiet stream is kept alive by comments", async () => {
    const small = await shop.startApi({ streamBounds: bounds });
    let text = "";
    const socket = await rawClient(small);
    socket.on("data", (data) => {
      text += data;
    });
    await eventually(() => expect(text.match(/: still here\n\n/g)?.length).toBeGreaterThan(2));
    socket.destroy();
  });

  test("streams end cleanly when the process drains, and none begins after", async () => {
    const ending = await shop.startApi();
    const client = await follow(ending, "/orders/stream");
    const startedAt = performance.now();
    await ending.stop();
    await eventually(() => expect(client.ended()).toBe(true));
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });
});

/** A socket that asks for the stream, and does nothing more of itself. */
async function rawClient(on: TestApi): Promise<net.Socket> {
  const socket = net.connect(on.port, "127.0.0.1");
  socket.on("error", () => {});
  await new Promise((resolve) => socket.once("connect", resolve));
  socket.write("GET /orders/stream HTTP/1.1\r\nHost: localhost\r\n\r\n");
  return socket;
}
