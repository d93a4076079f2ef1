// What Millrace asks of its driver beyond what the driver's own tests prove: see decisions/patched-driver.md.
// Each was seen to fail with the driver as it is published.
import { afterAll, beforeAll, describe, expect, spyOn, test } from "bun:test";
import net from "node:net";
import { testStack } from "@millrace/testing/stack";
import { connectPostgres, isPostgresAway } from "./postgres.ts";

let url: string;
let drop: () => Promise<void>;

beforeAll(async () => {
  ({ url, drop } = await (await testStack()).freshDatabase());
});
afterAll(() => drop());

const connect = () => connectPostgres({ url, name: "driver-test", connectionsMax: 1 }).sql;

describe("postgres driver", () => {
  test("a connection that dies in a transaction is replaced by one that works", async () => {
    const sql = connect();
    const broken = sql.begin(async (tx) => {
      await tx`select pg_terminate_backend(pg_backend_pid())`.catch(() => {});
      await tx`select 1`.catch(() => {});
      await tx`select 2`;
    });
    expect(isPostgresAway(await broken.catch((error) => error))).toBe(true);
    const [row] = await sql`select 3 as answer`;
    expect(row?.answer).toBe(3);
    await sql.end({ timeout: 1 });
  });

  test("what is sent on a transaction after its end is refused, not carried out on its own", async () => {
    const sql = connect();
    await sql`create table late (id integer)`;
    let late: Promise<unknown> = Promise.resolve();
    const failed = sql.begin((tx) => {
      late = tx`select 1`.then(() => Bun.sleep(20)).then(() => tx`insert into late values (1)`);
      late.catch(() => {});
      return Promise.reject(new Error("called off"));
    });
    await expect(failed).rejects.toThrow("called off");
    await expect(late).rejects.toThrow("CONNECTION_CLOSED");
    expect(await sql`select * from late`).toHaveLength(0);
    await sql.end({ timeout: 1 });
  });

  test("a connection that owes an answer for too long is given up, and the next one works", async () => {
    const { sql } = connectPostgres({ url, name: "driver-test", connectionsMax: 1, answerWithinMs: 400 });
    await sql`select 1`;
    const error = await sql`select pg_sleep(20)`.catch((thrown: unknown) => thrown);
    expect(isPostgresAway(error)).toBe(true);
    const [row] = await sql`select 3 as answer`;
    expect(row?.answer).toBe(3);
    await sql.end({ timeout: 1 });
  });

  // Nobody waits for half an hour in a test: what counts is whether its end is planned.
  test("a session is not given up for its age, and keeps its advisory locks", async () => {
    const planned = spyOn(globalThis, "setTimeout");
    const sql = connect();
    await sql`select pg_advisory_lock(1)`;
    const delays = planned.mock.calls.map(([, ms]) => ms ?? 0);
    planned.mockRestore();
    await sql.end({ timeout: 1 });
    expect(delays.filter((ms) => ms > 600_000)).toEqual([]);
  });

  test("a session that is frozen in its transaction does not hold up its successor", async () => {
    const [frozen, successor] = [
      connectPostgres({
        url,
        name: "driver-test",
        connectionsMax: 1,
        settings: { idle_in_transaction_session_timeout: "300" },
      }).sql,
      connect(),
    ];
    await successor`create table held (id integer)`;
    await successor`insert into held values (1)`;
    const thaw = Promise.withResolvers<void>();
    const holds = Promise.withResolvers<void>();
    const late = frozen.begin(async (tx) => {
      await tx`update held set id = 2`;
      holds.resolve();
      await thaw.promise;
      await tx`update held set id = 3`;
    });
    late.catch(() => {});
    await holds.promise;
    await successor`update held set id = 4`;
    thaw.resolve();
    expect(isPostgresAway(await late.catch((error: unknown) => error))).toBe(true);
    expect((await successor`select id from held`)[0]?.id).toBe(4);
    await Promise.all([frozen.end({ timeout: 1 }), successor.end({ timeout: 1 })]);
  });

  test("a server that accepts and hangs up is reported, not tried in silence for ever", async () => {
    const closing = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: { open: (socket) => void socket.end(), data() {} },
    });
    const at = new URL(url);
    at.port = String(closing.port);
    const { sql } = connectPostgres({ url: at.href, name: "driver-test", connectionsMax: 1 });
    const error = await sql`select 1`.catch((thrown: unknown) => thrown);
    expect(isPostgresAway(error)).toBe(true);
    await sql.end({ timeout: 1 });
    closing.stop(true);
  });

  // The driver asks for the types of arrays before a new connection's first statement, and told nobody of how that ended:
  // an unhandled rejection, which ends a process. Sessions that Postgres ends by hundreds meet it within a second.
  test("a session that ends while its connection is being made is reported, and ends no process", async () => {
    const server = new URL(url);
    const cutting = net.createServer((client) => {
      const upstream = net.connect(Number(server.port), server.hostname);
      client
        .on("error", () => {})
        .on("data", (asked) => {
          if (asked.includes("typarray")) client.destroy();
          else upstream.write(asked);
        });
      upstream.on("error", () => {}).on("data", (answer) => client.write(answer));
      client.on("close", () => upstream.destroy());
    });
    await new Promise<void>((resolve) => cutting.listen(0, "127.0.0.1", resolve));
    const through = new URL(url);
    through.host = `127.0.0.1:${(cutting.address() as net.AddressInfo).port}`;
    const { sql } = connectPostgres({ url: through.href, name: "driver-test", connectionsMax: 1 });
    const error = await sql`select 1`.catch((thrown: unknown) => thrown);
    expect(isPostgresAway(error)).toBe(true);
    await sql.end({ timeout: 1 });
    cutting.close();
  });

  test("a connection that has met a read-only server is left, and the next one writes", async () => {
    const sql = connect();
    await sql`create table written (id integer)`;
    const session = async () => (await sql`select pg_backend_pid() as pid`)[0]?.pid;
    const former = await session();
    await sql`set default_transaction_read_only = on`;
    await expect(sql`insert into written values (1)`).rejects.toMatchObject({ code: "25006" });
    await sql`insert into written values (2)`;
    expect(await session()).not.toBe(former);
    await sql`set default_transaction_read_only = on`;
    const inTransaction = sql.begin((tx) => tx`insert into written values (3)`);
    expect(isPostgresAway(await inTransaction.catch((thrown: unknown) => thrown))).toBe(true);
    await sql.begin((tx) => tx`insert into written values (4)`);
    expect((await sql`select id from written order by id`).map(({ id }) => id)).toEqual([2, 4]);
    await sql.end({ timeout: 1 });
  });

  test("of several servers the next is tried, and that all are away is said", async () => {
    const at = new URL(url);
    const closed = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    const away = closed.port;
    closed.stop(true);
    const among = (hosts: string) =>
      connectPostgres({
        url: `postgres://${at.username}:${at.password}@${hosts}${at.pathname}`,
        name: "driver-test",
        connectionsMax: 1,
      }).sql;
    const [some, none] = [
      among(`127.0.0.1:${away},${at.host}`),
      among(`127.0.0.1:${away},127.0.0.1:${away}`),
    ];
    expect((await some`select 3 as answer`)[0]?.answer).toBe(3);
    expect(isPostgresAway(await none`select 1`.catch((thrown: unknown) => thrown))).toBe(true);
    await Promise.all([some.end({ timeout: 1 }), none.end({ timeout: 1 })]);
  });
});
