import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { connectPostgres, type Database, type Sql } from "@millrace/platform/postgres";
import type { ProjectedEvent } from "@millrace/read-models/read-model";
import { testStack } from "@millrace/testing/stack";
import { userCodec } from "../codec.ts";
import type { UserEvent } from "../decide.ts";
import { usersModel } from "./model.ts";

let sql: Sql;
let db: Database;
let drop: () => Promise<void>;

beforeAll(async () => {
  const database = await (await testStack()).freshDatabase();
  ({ sql, db } = connectPostgres({ url: database.url, name: "test", connectionsMax: 2 }));
  drop = database.drop;
}, 60_000);

afterAll(async () => {
  await sql.end();
  await drop();
});

afterEach(async () => {
  await sql`truncate users`;
});

const apply = (events: readonly ProjectedEvent[]) => db.transaction((tx) => usersModel.apply(tx, events));

function lifeOf(id: string, events: readonly UserEvent[]): ProjectedEvent[] {
  return events.map((event, offset) => {
    const { type, schemaVersion, data } = userCodec.encode(event);
    return {
      event: {
        stream: `user-${id}`,
        version: offset + 1,
        type,
        schemaVersion,
        at: new Date(Date.UTC(2026, 0, 1, 0, 0, offset)).toISOString(),
        metadata: { actor: "test", correlationId: "correlation", causationId: "causation" },
        data: JSON.stringify(data),
      },
      partition: 0,
      offset,
    };
  });
}

const life: readonly UserEvent[] = [
  { type: "UserCreated", data: { id: 1, name: "Alice" } },
  { type: "UserChanged", data: { name: "Alice", email: "alice@example.com" } },
  { type: "UserChanged", data: { name: "Alicia" } },
  { type: "UserDeleted", data: {} },
];

async function row() {
  const [found] = await sql`select version, deleted, document from users`;
  return { ...found, document: JSON.parse(found?.document) };
}

test("a user's id reads back as it was written, a number or a string", async () => {
  await apply(lifeOf("1", life.slice(0, 1)));
  await apply(lifeOf("a", [{ type: "UserCreated", data: { id: "a", name: "Bob" } }]));
  const documents = await sql`select document from users order by id`;
  expect(documents.map((found) => JSON.parse(found.document))).toMatchObject([
    { id: 1, name: "Alice" },
    { id: "a", name: "Bob" },
  ]);
});

test("a user is the same however its events are cut into batches and delivered again", async () => {
  const events = lifeOf("1", life);
  const whole = { id: 1, name: "Alicia", version: 4, createdAt: "2026-01-01T00:00:00.000Z" };
  for (let first = 1; first < events.length; first++) {
    for (let again = 0; again <= first; again++) {
      await apply(events.slice(0, first));
      await apply(events.slice(first - again));
      expect(await row()).toMatchObject({ version: 4, deleted: true, document: whole });
      expect((await row()).document.email).toBeUndefined();
      await sql`truncate users`;
    }
  }
});
