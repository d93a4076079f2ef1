// For tests of rebuilds and audits: a running system with a past, and traffic that watches what it reads.
import { ONE_OF_EACH, type System, startSystem } from "../chaos/system/system.ts";

export interface Shop {
  readonly system: System;
  readonly commandApi: string;
  readonly queryApi: string;
  /** Answers the status. */
  write(method: string, path: string, body: unknown): Promise<number>;
  read(path: string): Promise<Response>;
  stop(): Promise<void>;
}

/** Every process once, and so many orders of two events each in the event store, of which no row knows. */
export async function openShop(orders: number): Promise<Shop> {
  const system = await startSystem({
    processes: ONE_OF_EACH,
    environment: { MILLRACE_AUDIT_MS: "500" },
  });
  await system.ready();
  await system.sql`
    insert into events (stream, version, type, schema_version, at, metadata, data)
    select 'order-past-' || n, version, case version when 1 then 'OrderCreated' else 'OrderShipped' end, 1,
      now() - interval '1 day' + n * interval '1 ms',
      '{"actor":"past","correlationId":"past","causationId":"past"}'::json,
      case version when 1 then json_build_object('orderId', 'past-' || n, 'currency', 'USD', 'customer', 'Bob',
        'lines', json_build_array(json_build_object('name', 'pen', 'quantity', 1)), 'amount', 0,
        'written', json_build_object('customer', 'Bob', 'items', json_build_array('pen')))
      else '{}'::json end
    from generate_series(1, ${orders}::int) as n, generate_series(1, 2) as version order by n, version`;
  await system.sql`analyze events`;
  const [commandApi, queryApi] = [system.addressOf("command-api"), system.addressOf("query-api")];
  return {
    system,
    commandApi,
    queryApi,
    async write(method, path, body) {
      const answer = await system.send(method, path, body);
      await answer.arrayBuffer();
      return answer.status;
    },
    read: (path) => fetch(`${queryApi}${path}`),
    stop: () => system.stop(),
  };
}

export interface Traffic {
  /** What a reader saw that it must never see. */
  readonly wrong: readonly string[];
  readonly reads: () => number;
  /** Orders that were written, with the versions that they must have come to. */
  stop(): Promise<ReadonlyMap<string, number>>;
}

/** Writes orders and ships each second one; reads them, some of the past, the list and the counts, over and over. */
export function startTraffic(shop: Shop, pastOrders: number): Traffic {
  const wrong: string[] = [];
  const written = new Map<string, number>();
  const seen = new Map<string, number>();
  const run = crypto.randomUUID().slice(0, 8);
  let reads = 0;
  let stopping = false;

  const write = async () => {
    for (let n = 0; !stopping; n++) {
      const id = `${run}-${n}`;
      if ((await shop.write("POST", "/orders", { orderId: id, customer: "A", items: ["pen"] })) !== 201)
        continue;
      written.set(id, 1);
      if (n % 2 === 0 && (await shop.write("PATCH", `/orders/${id}`, { status: "shipped" })) === 200) {
        written.set(id, 2);
      }
    }
  };

  const look = async (id: string, minVersion?: number) => {
    const wait = minVersion === undefined ? "" : `?minVersion=${minVersion}&wait=20000`;
    const answer = await shop.read(`/orders/${id}${wait}`);
    const text = await answer.text();
    reads++;
    if (answer.status !== 200) return void wrong.push(`${id} answered ${answer.status}: ${text}`);
    const { version } = JSON.parse(text) as { version: number };
    if (version < (seen.get(id) ?? minVersion ?? 1)) wrong.push(`${id} went back to version ${version}`);
    seen.set(id, Math.max(version, seen.get(id) ?? 0));
  };

  const readPast = async () => {
    while (!stopping) await look(`past-${1 + Math.floor(Math.random() * pastOrders)}`, 2);
  };
  const readWritten = async () => {
    while (!stopping) {
      const ids = [...written.keys()];
      const id = ids[Math.floor(Math.random() * ids.length)];
      if (id === undefined) await Bun.sleep(5);
      else await look(id, written.get(id));
    }
  };
  /** A model that is half built, or none, would count or list fewer orders than there were. */
  const readAll = async () => {
    let least = 0;
    while (!stopping) {
      const [stats, list] = await Promise.all([shop.read("/orders/stats"), shop.read("/orders?limit=50")]);
      const [counted, listed] = [await stats.text(), await list.text()];
      reads += 2;
      if (stats.status !== 200) wrong.push(`the stats answered ${stats.status}: ${counted}`);
      if (list.status !== 200) wrong.push(`the list answered ${list.status}: ${listed}`);
      if (stats.status !== 200 || list.status !== 200) continue;
      const { count } = JSON.parse(counted) as { count: number };
      if (count < least) wrong.push(`of ${least} orders only ${count} are counted`);
      least = Math.max(count, least);
      const rows = JSON.parse(listed) as unknown[];
      if (rows.length < Math.min(50, pastOrders)) wrong.push(`the list has ${rows.length} orders`);
    }
  };
  const running = Promise.all([write(), readPast(), readWritten(), readAll()]);
  return {
    wrong,
    reads: () => reads,
    async stop() {
      stopping = true;
      await running;
      return written;
    },
  };
}
