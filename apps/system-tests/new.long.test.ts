// `bun run new` in a copy of this checkout, as a team would use it: all that it promises of what it writes, asked over HTTP,
// Kafka, ops and the console.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createKafka } from "@millrace/kafka/client";
import { NO_NAMES } from "@millrace/kafka/names";
import { createPublisher } from "@millrace/kafka/publish";
import { createLog } from "@millrace/platform/log";
import { eventually } from "@millrace/testing/eventually";
import { blocksOf, commandsOf, readPage } from "./guide/blocks.ts";
import { makeTeamCopy, type TeamCopy } from "./team-copy.ts";

/** What "Make it yours" gives, word for word, and what it says beside. */
const SHOWN = blocksOf(await readPage("shared/guide/make-it-yours.md"))
  .filter(({ language }) => language === "sh")
  .flatMap(({ text }) => commandsOf(text))
  .map((command) => command.split(/\s+/));
const MADE = [
  ...SHOWN,
  ["bun", "run", "new", "read-model", "dealings", "--of", "shipment,user"],
  ["bun", "run", "new", "aggregate", "visit", "--fields", "open:boolean,at:time"],
];
const SHIPMENT = { carrier: "DHL", weight: 3, price: 19.99 };
/** The client knows what was made: tsc would say so if not. */
const USES_SHIPMENTS = `import { expect, test } from "bun:test";
import { type Client, createClient } from "./client.ts";

async function ship(client: Client): Promise<void> {
  const made = await client.of("shipments").create(${JSON.stringify(SHIPMENT)});
  if (made.ok) made.value.price satisfies number;
  await client.send({ type: "dispatchShipment", payload: { id: "1" } });
  for await (const carrier of client.of("carriers").list()) carrier.id satisfies string;
}

test("shipments are a collection", () => {
  expect(ship).toBeInstanceOf(Function);
  expect(createClient({ commands: "", queries: "" }).of("shipments").create).toBeInstanceOf(Function);
});
`;
const WITHIN_MS = 600_000;

let copy: TeamCopy;

beforeAll(async () => {
  copy = await makeTeamCopy("new");
}, WITHIN_MS);
afterAll(() => copy?.remove());

describe("bun run new", () => {
  test(
    "writes files that pass the gate and their own tests at once, and a second time refuses",
    () => {
      expect(SHOWN.map(([, , , what]) => what)).toEqual(["aggregate", "command", "read-model", "process"]);
      const { run } = copy;
      for (const command of MADE) run(command);
      expect(run(SHOWN[0] as string[], 2)).toContain("is there already");
      writeFileSync(join(copy.root, "shared/client/shipments.test.ts"), USES_SHIPMENTS);
      run(["bunx", "biome", "format", "--write", "shared/client/shipments.test.ts"]);
      run(["bun", "run", "check"]);
      const own = ["shared/shop/shipment", "shared/shop/labels", "shared/shop/shop.test.ts"];
      const rules = ["apps/system-tests/architecture.test.ts", "apps/system-tests/leaks.test.ts"];
      const documents = [
        "shared/shop/command-api/asyncapi.test.ts",
        "shared/shop/command-api/openapi.test.ts",
        "shared/shop/command-api/command-names.test.ts",
      ];
      expect(run(["bun", "test", ...own, ...rules, ...documents])).toMatch(/\n *0 fail\n/);
    },
    WITHIN_MS,
  );

  test(
    "what it wrote works by HTTP, by Kafka, in ops and in the console",
    async () => {
      const { run } = copy;
      await copy.startDev();
      try {
        await byHttp();
        await byKafka();
        await byName();
        run(["bun", "run", "ops", "projections", "rebuild", "shipments"]);
        run(["bun", "run", "ops", "projections", "rebuild", "dealings"]);
        expect(run(["bun", "run", "ops", "audit", "--all"])).not.toContain("lost");
        await inTheConsole();
        await inTheDocuments();
      } finally {
        await copy.stopDev();
      }
    },
    WITHIN_MS,
  );
});

const writes = () => copy.environment.COMMAND_API_URL as string;
const reads = () => copy.environment.QUERY_API_URL as string;

async function ask(method: string, url: string, body?: unknown): Promise<{ status: number; body: unknown }> {
  const response = await fetch(url, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? null : JSON.parse(text) };
}

async function byHttp(): Promise<void> {
  const made = await ask("POST", `${writes()}/shipments`, { id: "s1", ...SHIPMENT });
  expect(made).toMatchObject({ status: 201, body: { id: "s1", ...SHIPMENT, currency: "USD", version: 1 } });
  const changed = await ask("PATCH", `${writes()}/shipments/s1`, { price: 5 });
  expect(changed).toMatchObject({ status: 200, body: { price: 5, version: 2 } });
  const one = await ask("GET", `${reads()}/shipments/s1?minVersion=2&wait=20000`);
  expect(one).toMatchObject({ status: 200, body: { ...SHIPMENT, price: 5, version: 2 } });
  const list = await ask("GET", `${reads()}/shipments`);
  expect(list.body).toMatchObject([{ id: "s1" }]);
  for (const wrong of [{ price: 1.001 }, { weight: 1.5 }, { colour: "red" }, {}]) {
    expect((await ask("PATCH", `${writes()}/shipments/s1`, wrong)).status).toBe(422);
  }
  expect(await ask("PATCH", `${writes()}/shipments/nobody`, { price: 1 })).toMatchObject({
    ...{ status: 404, body: { code: "shipment_not_found" } },
  });
  const visit = { open: false, at: "2026-01-31T12:00:00+01:00" };
  expect(await ask("POST", `${writes()}/visits`, visit)).toMatchObject({
    ...{ status: 201, body: { open: false, at: "2026-01-31T11:00:00.000Z" } },
  });
  expect((await ask("DELETE", `${writes()}/shipments/s1`)).status).toBe(204);
  await eventually(async () => expect((await ask("GET", `${reads()}/shipments/s1`)).status).toBe(404));
}

async function byName(): Promise<void> {
  const commands = [
    { type: "createShipment", payload: { id: "s2", ...SHIPMENT } },
    { type: "dispatchShipment", payload: { id: "s2" } },
  ];
  for (const command of commands) {
    expect((await ask("POST", `${writes()}/commands`, command)).status).toBeLessThan(300);
  }
  const past = await eventually(async () => {
    const history = await ask("GET", `${reads()}/shipments/s2/history`);
    expect(history.body).toHaveLength(2);
    return history.body;
  });
  expect(past).toMatchObject([{ type: "ShipmentCreated", data: SHIPMENT }, { type: "ShipmentDispatched" }]);
  await eventually(async () => {
    expect((await ask("GET", `${reads()}/carriers/s2`)).body).toMatchObject({ id: "s2", version: 2 });
    expect((await ask("GET", `${reads()}/dealings/s2`)).body).toMatchObject({
      id: "s2",
      shipments: 1,
      users: 0,
    });
  });
}

async function byKafka(): Promise<void> {
  const kafka = createKafka({
    ...{
      names: NO_NAMES,
      brokers: (copy.environment.KAFKA_BROKERS as string).split(","),
      clientId: "new-test",
    },
    log: createLog("new-test", "silent"),
  });
  const publisher = createPublisher(kafka);
  await publisher.connect();
  const value = JSON.stringify({ type: "createShipment", data: { id: "k1", ...SHIPMENT } });
  await publisher.publish([{ topic: `${copy.prefix}orders-commands`, key: "k1", value, headers: {} }]);
  await publisher.disconnect();
  await eventually(async () => expect((await ask("GET", `${reads()}/shipments/k1`)).status).toBe(200));
}

async function inTheConsole(): Promise<void> {
  const page = await (await fetch(`http://localhost:${copy.port.CONSOLE}/shipments`)).text();
  expect(page).toContain("<h1>Shipments</h1>");
  expect(page).toContain("DHL");
  expect(await (await fetch(`http://localhost:${copy.port.CONSOLE}/`)).text()).toContain('href="/shipments"');
}

async function inTheDocuments(): Promise<void> {
  const [written, read] = await Promise.all([
    ask("GET", `${writes()}/openapi.json`),
    ask("GET", `${reads()}/openapi.json`),
  ]);
  expect(Object.keys((written.body as { paths: object }).paths)).toContain("/shipments/{id}");
  expect(JSON.stringify(written.body)).toContain("dispatchShipment");
  const { channels } = (await ask("GET", `${writes()}/asyncapi.json`)).body as {
    channels: Record<string, { address: string; messages: object }>;
  };
  expect(channels["shipment-events"]?.address).toBe(`${copy.prefix}shipment-events`);
  expect(Object.keys(channels["shipment-events"]?.messages ?? {})).toContain("ShipmentCreated.v1");
  expect(Object.keys(channels["orders-commands"]?.messages ?? {})).toContain("dispatchShipment");
  for (const path of ["/shipments", "/shipments/{id}", "/carriers", "/dealings/{id}"]) {
    expect(Object.keys((read.body as { paths: object }).paths)).toContain(path);
  }
}
