// The command line against a whole running system, one command after the other.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeAddresses } from "@millrace/platform/addresses";
import { eventually } from "@millrace/testing/eventually";
import { ONE_OF_EACH, type System, startSystem } from "../chaos/system/system.ts";
import { blocksOf, commandsOf, readPage } from "../guide/blocks.ts";
import { opsEnvironment, runOps } from "./run-ops.ts";

/** Without it no webhook can be added. */
const KEYS = { MILLRACE_WEBHOOK_KEYS: randomBytes(32).toString("base64") };

let system: System;
let environment: Record<string, string | undefined>;

const ops = (...words: string[]) => runOps(environment, ...words);

async function send(method: string, path: string, body: unknown, headers?: Record<string, string>) {
  expect((await system.send(method, path, body, headers)).ok).toBe(true);
}

beforeAll(async () => {
  system = await startSystem({
    processes: ONE_OF_EACH,
    environment: { MILLRACE_AUDIT_MS: "500", ...KEYS },
  });
  await system.ready();
  environment = { ...opsEnvironment(system), ...KEYS };
  const trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const who = { "x-actor": "alice", "x-request-id": "request-1", traceparent: trace };
  await send("POST", "/orders", { orderId: "one", customer: "Alice", items: ["pen"], amount: 5 }, who);
  await fetch(`${system.addressOf("query-api")}/orders/one?minVersion=2&wait=20000`);
  await send("PATCH", "/orders/one", { status: "shipped" }, { "x-actor": "bob" });
  await fetch(`${system.addressOf("query-api")}/orders/one?minVersion=3&wait=20000`);
}, 180_000);

afterAll(() => system?.stop(), 60_000);

describe("topics", () => {
  test("lists and describes what Kafka holds", async () => {
    const listed = await ops("topics", "list", "--json");
    expect(listed.code).toBe(0);
    expect(listed.json).toContainEqual({ topic: "order-events", partitions: 4, replication: 1, records: 3 });
    const described = await ops("topics", "describe", "order-events", "--json");
    expect(described.json.partitions).toHaveLength(4);
    expect((await ops("topics", "describe", "order-events")).out).toContain("in sync");
    expect((await ops("topics", "describe", "nothing")).code).toBe(1);
  });

  test("creates, fills, reads and deletes one, and destroys nothing unless told to", async () => {
    expect((await ops("topics", "create", "drill", "--partitions", "2")).code).toBe(0);
    expect((await ops("topics", "create", "drill")).code).toBe(1);
    for (const value of ["first", "second"]) {
      await ops("topics", "produce", "drill", `{"is":"${value}"}`, "--key", value, "--header", "a=1");
    }
    const all = await ops("topics", "tail", "drill", "--from", "start", "--no-follow", "--json");
    expect(all.json).toHaveLength(2);
    const one = await ops(
      "topics",
      "tail",
      "drill",
      "--from",
      "start",
      "--key",
      "second",
      "--no-follow",
      "--json",
    );
    expect(one.json).toMatchObject({ key: "second", headers: { a: "1" }, value: { is: "second" } });
    const none = await ops("topics", "tail", "drill", "--from", "start", "--key", "third", "--no-follow");
    expect(none.code).toBe(1);
    const refused = await ops("topics", "delete", "drill");
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.err).toContain("--yes");
    expect((await ops("topics", "delete", "drill", "--yes")).code).toBe(0);
    expect((await ops("topics", "describe", "drill")).code).toBe(1);
  }, 120_000);

  test("follows a topic, and ends at its limit", async () => {
    const tailing = ops("topics", "tail", "order-events", "--from", "0", "--limit", "3", "--json");
    expect((await tailing).json.map((record: { key: string }) => record.key)).toEqual(["one", "one", "one"]);
  }, 60_000);
});

describe("lag, partitions and relay", () => {
  test("say that nothing is behind, who owns each partition, and who holds each lane", async () => {
    await eventually(async () => expect((await ops("lag", "--behind")).code).toBe(0), { withinMs: 30_000 });
    const lag = await ops("lag", "--json");
    expect(lag.json.filter((row: { name: string }) => row.name === "orders")).toHaveLength(4);
    expect((await ops("lag")).out).toContain("projection orders");
    const { json: partitions } = await ops("partitions", "--json");
    const owners = new Set(
      partitions
        .filter((row: { projection: string }) => row.projection === "orders")
        .map((row: { owner: string }) => row.owner),
    );
    expect(owners.size).toBe(1);
    expect((await ops("partitions")).out).toContain("epoch");
    const relay = await ops("relay", "--json");
    expect(relay.json).toMatchObject({
      records: 0,
      lanes: [{ lane: 0 }, { lane: 1 }, { lane: 2 }, { lane: 3 }],
    });
    expect(relay.json.lanes.every((lane: { session: number | null }) => lane.session !== null)).toBe(true);
    expect((await ops("relay")).out).toContain("0 records wait");
  }, 90_000);
});

describe("events and why", () => {
  test("events shows a stream, whole for programs", async () => {
    const { json } = await ops("events", "order-one", "--json");
    expect(json.map((event: { type: string }) => event.type)).toEqual([
      "OrderCreated",
      "OrderPaymentRecorded",
      "OrderShipped",
    ]);
    expect((await ops("events", "order-one")).out).toContain("OrderShipped");
    expect((await ops("events", "order-nowhere")).code).toBe(1);
  });

  test("why tells each step from request to row, with the place of every record", async () => {
    const { json, code } = await ops("why", "one", "--json");
    expect(code).toBe(0);
    expect(json.steps).toMatchObject([
      {
        event: "OrderCreated",
        command: "CreateOrder",
        actor: "alice",
        cause: "request-1",
        traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
        record: { topic: "order-events" },
      },
      { event: "OrderPaymentRecorded", actor: "payments", request: "request-1" },
      {
        event: "OrderShipped",
        actor: "bob",
        changes: [{ path: "/status", before: "CREATED", after: "SHIPPED" }],
      },
    ]);
    const places = json.steps.map((step: { record: { offset: number } }) => step.record.offset);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(json.row).toMatchObject({ version: 3, behind: 0, offset: places.at(-1) });
    expect((await ops("why", "one")).out).toContain('/status  "CREATED" → "SHIPPED"');
    expect((await ops("why", "nowhere")).code).toBe(1);
  }, 60_000);
});

describe("dead letters", () => {
  test("shows what is parked, retries it in vain, and discards it only when told to", async () => {
    const poison = ["--key", "poison", "--header", "ce_source=millrace/event-store"];
    await ops("topics", "produce", "payment-events", "not an event", ...poison);
    const [letter] = await eventually(
      async () => {
        const { json, code } = await ops("dead-letters", "list", "--json");
        expect(code).toBe(1);
        expect(json).toHaveLength(1);
        return json;
      },
      { withinMs: 30_000, everyMs: 500 },
    );
    expect(letter).toMatchObject({ projection: "payments", key: "poison", kind: "failed" });
    const id = String(letter.id);
    expect((await ops("dead-letters", "show", id)).out).toContain("not an event");
    const retried = await ops("dead-letters", "retry", id, "--json");
    expect(retried).toMatchObject({ code: 1, json: { parked: true } });
    expect((await ops("dead-letters", "discard", id)).code).toBe(2);
    expect((await ops("dead-letters", "discard", id, "--yes")).code).toBe(0);
    expect((await ops("dead-letters", "list")).out).toContain("Nothing is parked.");
    expect((await ops("dead-letters", "retry", id)).code).toBe(1);
  }, 120_000);
});

describe("dead letters of the intake", () => {
  test("a command that can't be read is shown with its cause, retried in vain, and discarded", async () => {
    await ops("topics", "produce", "orders-commands", "not a command", "--key", "rubbish");
    const letter = await eventually(
      async () => {
        const { json } = await ops("dead-letters", "list", "--projection", "command-intake", "--json");
        expect(json).toHaveLength(1);
        return json[0];
      },
      { withinMs: 30_000, everyMs: 500 },
    );
    expect(letter).toMatchObject({ topic: "orders-commands", key: "rubbish", cause: "Must be JSON" });
    const id = String(letter.id);
    const retried = await ops("dead-letters", "retry", id, "--json");
    expect(retried).toMatchObject({ code: 1, json: { parked: true, cause: "Must be JSON" } });
    expect((await ops("dead-letters", "discard", id, "--yes")).code).toBe(0);
    expect((await ops("dead-letters", "list")).out).toContain("Nothing is parked.");
  }, 60_000);
});

describe("processes", () => {
  test("pause leaves the whole process alone, says so everywhere though all is ready, and resume goes on", async () => {
    const why = "the bank is away";
    expect((await ops("processes", "pause", "payments", "--reason", why)).code).toBe(0);
    expect((await ops("processes", "pause", "payments")).code).toBe(1);
    expect((await ops("processes", "pause", "nothing")).code).toBe(2);
    await send("POST", "/orders", { orderId: "later", customer: "Alice", amount: 5 });
    await eventually(async () => {
      const { json, code } = await ops("processes", "list", "--process", "payments", "--json");
      expect({ json, code }).toMatchObject({
        code: 0,
        json: { paused: [{ process: "payments", reason: why }], tasks: [{ key: "later", state: "held" }] },
      });
    });
    expect((await ops("processes", "list")).out).toContain(`: ${why}. None of its tasks is taken up.`);
    const probes = system.addressOf("processes");
    const ready = await fetch(`${probes}/readyz`);
    expect([ready.status, await ready.json()]).toMatchObject([
      200,
      { processes: { payments: { pausedSince: expect.any(String), pauseReason: why } } },
    ]);
    const metrics = await (await fetch(`${probes}/metrics`)).text();
    expect(metrics).toMatch(/^millrace_process_paused\{[^}]*name="payments"[^}]*\} 1$/m);
    expect((await ops("processes", "resume", "payments")).code).toBe(0);
    const paid = await fetch(`${system.addressOf("query-api")}/orders/later?minVersion=2&wait=20000`);
    expect(await paid.json()).toMatchObject({ payment: "COMPLETED" });
  }, 90_000);
});

describe("a task that is stuck", () => {
  test("is seen by the command line, on /readyz and in the metrics, until a person has it tried again", async () => {
    await system.sql`
      insert into process_tasks (process, key, stuck_reason, stuck_at) values ('payments', 'odd', 'no such card', now())`;
    const listed = await ops("processes", "list", "--state", "stuck", "--json");
    expect(listed).toMatchObject({ code: 1, json: { tasks: [{ key: "odd", stuckReason: "no such card" }] } });
    const probes = system.addressOf("processes");
    const readyz = async () => {
      const answer = await fetch(`${probes}/readyz`);
      return { status: answer.status, stuck: (await answer.json()).processes.payments.stuck };
    };
    const metrics = async () => (await fetch(`${probes}/metrics`)).text();
    // Both are read at most once a second.
    await eventually(async () => expect(await readyz()).toEqual({ status: 200, stuck: 1 }));
    const stuck = /^millrace_process_tasks_stuck\{[^}]*name="payments"[^}]*\} 1$/m;
    await eventually(async () => expect(await metrics()).toMatch(stuck));
    expect((await ops("processes", "retry", "payments", "odd")).code).toBe(0);
    await eventually(async () => expect(await readyz()).toEqual({ status: 200, stuck: 0 }));
    expect((await ops("processes", "list", "--state", "stuck")).code).toBe(0);
  }, 60_000);
});

describe("trail", () => {
  test("says who did what, and whether it is as it was written since a head that was noted", async () => {
    const { json: key } = await ops("keys", "create", "--role", "clerk", "--name", "ann", "--json");
    const { json: noted, code } = await ops("trail", "--verify", "--json");
    expect({ code, noted }).toMatchObject({ code: 0, noted: { whole: true } });
    await ops("keys", "revoke", key.id);
    const { json } = await ops("trail", "--limit", "2", "--json");
    expect(json).toMatchObject([
      { act: "key.revoke", target: key.id, authn: "database-login", actor: expect.stringMatching(/^ops:./) },
      { act: "key.create", target: key.id, details: { role: "clerk", subject: "ann" } },
    ]);
    expect((await ops("trail", "--verify", "--head", noted.head)).code).toBe(0);
    const other = `${noted.entries}:${"0".repeat(64)}`;
    expect((await ops("trail", "--verify", "--head", other)).code).toBe(1);
    expect((await ops("trail", "--head", "17")).code).toBe(2);
    expect((await ops("trail")).out).toContain(key.id);
  }, 60_000);
});

describe("Operate it", () => {
  test("every command that it names does what it says on a running system", async () => {
    await send("POST", "/orders", { orderId: "A-1", customer: "Alice", items: ["pen"] });
    await fetch(`${system.addressOf("query-api")}/orders/A-1?minVersion=1&wait=20000`);
    await eventually(async () => expect((await ops("lag", "--behind")).code).toBe(0), { withinMs: 30_000 });
    const commands = blocksOf(await readPage("shared/guide/operate.md"))
      .flatMap(({ language, text }) => (language === "sh" ? commandsOf(text) : []))
      .filter((command) => command.startsWith("bun run ops "));
    expect(commands.length).toBeGreaterThan(10);
    for (const command of commands) {
      const { code, err } = await ops(...command.split(" ").slice(3));
      expect({ command, code, err: code === 0 ? "" : err }).toEqual({ command, code: 0, err: "" });
    }
  }, 180_000);
});

describe("usage", () => {
  test("ends with 2 where a command is not understood, and teaches by examples", async () => {
    expect((await ops("nonsense")).code).toBe(2);
    expect((await ops("topics", "create", "x", "--partitions", "many")).code).toBe(2);
    expect((await ops("projections", "rebuild", "nothing")).code).toBe(2);
    const help = await ops("--help");
    expect(help).toMatchObject({ code: 0 });
    expect(help.out).toContain("bun run ops why A-1");
  });

  test("finds what bun run dev has left, without being told", async () => {
    const directory = mkdtempSync(join(tmpdir(), "millrace-ops-"));
    writeAddresses(directory, { DATABASE_URL: system.urlOf("ops"), KAFKA_BROKERS: system.kafka.broker });
    const { DATABASE_URL: _, KAFKA_BROKERS: __, ...rest } = environment;
    const { code, json } = await runOps(
      { ...rest, MILLRACE_DIRECTORY: directory },
      "events",
      "order-one",
      "--json",
    );
    expect({ code, events: json.length }).toEqual({ code: 0, events: 3 });
    rmSync(directory, { recursive: true });
  });
});
