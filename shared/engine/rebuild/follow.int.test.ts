// A copy that follows a topic which lacks what the store has.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { asRecords, openTestOrders, orderEvents, type TestOrders } from "./testing/test-orders.ts";

let orders: TestOrders;

beforeEach(async () => {
  orders = await openTestOrders();
}, 60_000);
afterEach(() => orders.stop());

const FIRST = [...orderEvents("a", 1), ...orderEvents("b", 1), ...orderEvents("c", 1)];

/** A live model and a copy beside it that have both read the topic, the copy past what it was loaded with. */
async function standBeside() {
  await orders.store(FIRST);
  await orders.publish(FIRST);
  const live = await orders.claimLive();
  await live.handle(asRecords(FIRST));
  const loaded = await orders.rebuild({ switch: false });
  expect(loaded).toMatchObject({ events: 3, outcome: { switched: false, differences: [] } });
  const next = orderEvents("d", 1);
  await orders.store(next);
  await orders.publish(next);
  await live.handle(asRecords(next, 3));
  expect((await orders.rebuild({ switch: false })).outcome.differences).toEqual([]);
  return live;
}

const versions = () => orders.sql`select id, version from orders order by id`;

describe("a copy that follows", () => {
  // Seen to fail with gaps thrown instead of closed: b and c were parked and stayed as they were. And with the last
  // record not looked at: the copy read on in the middle of the new topic, lacked all three, and was refused.
  test("closes from the store what a topic that was created anew and has grown past it lacks", async () => {
    const live = await standBeside();
    const lost = [...orderEvents("b", 2, 2), ...orderEvents("c", 2, 2)];
    const later = [...orderEvents("a", 2, 2), ...orderEvents("b", 3, 3), ...orderEvents("c", 3, 3)];
    await orders.store([...lost, ...later]);
    await orders.recreateTopic();
    const anew = [...later, ...FIRST];
    await orders.publish(anew);
    await live.startOver(0);
    await live.handle(asRecords(anew));
    const { outcome, resumed } = await orders.rebuild();
    expect({ outcome, resumed }).toEqual({
      outcome: { switched: true, differences: [], sums: [] },
      resumed: true,
    });
    expect([...(await versions())]).toEqual([
      { id: "a", version: 2 },
      { id: "b", version: 3 },
      { id: "c", version: 3 },
      { id: "d", version: 1 },
    ]);
    expect(await orders.sql`select from dead_letters`).toHaveLength(0);
  }, 60_000);

  // Seen to fail without takeFromStore: the copy lacked a's second event, and was refused however often.
  test("takes from the store what Kafka has forgotten before the copy could read it", async () => {
    const live = await standBeside();
    const forgotten = orderEvents("a", 2, 2);
    await orders.store(forgotten);
    await orders.publish(forgotten);
    await live.handle(asRecords(forgotten, 4));
    const later = orderEvents("e", 1);
    await orders.store(later);
    await orders.publish(later);
    await live.handle(asRecords(later, 5));
    const admin = orders.kafka.admin();
    await admin.connect();
    // It has to have heard of the topic.
    await admin.fetchTopicOffsets(orders.topic);
    await admin.deleteTopicRecords({ topic: orders.topic, partitions: [{ partition: 0, offset: "5" }] });
    await admin.disconnect();
    const { outcome } = await orders.rebuild();
    expect(outcome).toEqual({ switched: true, differences: [], sums: [] });
    expect(await versions()).toHaveLength(5);
    expect(await orders.sql`select version from orders where id = 'a'`).toMatchObject([{ version: 2 }]);
  }, 60_000);
});
