// Ranges of the event store, sent once more.
import { beforeAll, expect, test } from "bun:test";
import { onOwnDatabase } from "@millrace/testing/own-database";
import { NOBODY } from "@millrace/trail/testing/nobody";
import { requestReplay, retryDelivery } from "./operate.ts";
import { replayPage } from "./replay.ts";
import { event, openPostRoom, records } from "./testing/post-room.ts";

const room = await onOwnDatabase(openPostRoom);

beforeAll(async () => {
  await room.sql`
    insert into events (stream, version, type, schema_version, at, metadata, data)
    select 'thing-' || number % 10, number / 10 + 1, case number % 2 when 0 then 'ThingMade' else 'ThingPainted' end, 1,
      timestamptz '2026-01-01 00:00:00Z' + make_interval(mins => number), '{}', '{}'
    from generate_series(0, 4999) as number`;
});

const pages = async () => {
  while (await replayPage(room.sql));
};
const rows = (id: string) => room.sql<{ event: string; at: Date }[]>`
  select event, at from webhook_deliveries where endpoint = ${id} and state = 'pending'`;

// Seen to fail with the range's end left out.
test("a range from before the endpoint is sent, by its patterns, and no event beside it", async () => {
  const { id } = await room.add("/a", { events: ["thing.made"] });
  const wish = { endpoint: id, since: "2026-01-01T01:00:00Z", until: "2026-01-03T02:00:00Z", by: NOBODY };
  expect(await requestReplay(room.sql, wish)).toBe(true);
  await pages();
  // 49 hours of an event a minute, of which every second one is wanted.
  const found = await rows(id);
  expect(found).toHaveLength((49 * 60) / 2);
  expect(new Set(found.map((row) => row.event))).toEqual(new Set(["thing.made"]));
  expect(await room.sql`select from webhook_replays`).toHaveLength(0);
});

test("what was taken is sent again under its id, and what waits anyway is left as it is", async () => {
  const { id } = await room.add("/b");
  const first = event("thing-0", 1);
  await (await room.hold("thing")).handle(records([first, event("thing-1", 1)]));
  await room.sql`update webhook_deliveries set state = 'delivered', attempts = 4 where endpoint = ${id} and stream = 'thing-0'`;
  await room.sql`update webhook_deliveries set attempts = 3 where endpoint = ${id} and stream = 'thing-1'`;
  await requestReplay(room.sql, {
    endpoint: id,
    since: "2026-01-01T00:00:00Z",
    until: "2026-01-01T00:02:00Z",
    by: NOBODY,
  });
  await pages();
  const found = await room.sql`
    select stream, state, attempts from webhook_deliveries where endpoint = ${id} order by stream`;
  expect([...found]).toEqual([
    { stream: "thing-0", state: "pending", attempts: 0 },
    { stream: "thing-1", state: "pending", attempts: 3 },
  ]);
});

test("waits where the endpoint has too much to be sent already, and goes on then", async () => {
  const { id } = await room.add("/c");
  await room.sql`
    insert into webhook_deliveries (id, endpoint, event, at)
    select 'msg_full_' || number, ${id}, 'webhook.test', now() from generate_series(1, 5000) as number`;
  await requestReplay(room.sql, { endpoint: id, since: "2026-01-01T00:00:00Z", by: NOBODY });
  expect(await replayPage(room.sql)).toBe(false);
  await room.sql`delete from webhook_deliveries where endpoint = ${id}`;
  expect(await replayPage(room.sql)).toBe(true);
  expect(await retryDelivery(room.sql, { endpoint: id, id: "msg_none", by: NOBODY })).toBe("is not there");
});

test("of an endpoint that is not there is nothing", async () => {
  expect(
    await requestReplay(room.sql, { endpoint: "ep_none", since: "2026-01-01T00:00:00Z", by: NOBODY }),
  ).toBe(false);
});
