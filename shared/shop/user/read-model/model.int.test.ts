import { afterEach, expect, test } from "bun:test";
import { ownRows } from "../../testing/model-rows.ts";
import { inPartition, storedAs } from "../../testing/stored-as.ts";
import { userCodec } from "../codec.ts";
import type { UserEvent } from "../decide.ts";
import { usersModel } from "./model.ts";

const { sql, apply } = await ownRows(usersModel);

afterEach(async () => {
  await sql`truncate users`;
});

const lifeOf = (id: string, events: readonly UserEvent[]) =>
  inPartition(0, storedAs(userCodec, `user-${id}`, events));

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
