// A copy that follows a topic which lacks what the store has.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { asRecords, noteEvents, openTestNotes, type TestNotes } from "./testing/test-notes.ts";

let notes: TestNotes;

beforeEach(async () => {
  notes = await openTestNotes();
}, 60_000);
afterEach(() => notes.stop());

const FIRST = [...noteEvents("a", 1), ...noteEvents("b", 1), ...noteEvents("c", 1)];

/** A live model and a copy beside it that have both read the topic, the copy past what it was loaded with. */
async function standBeside() {
  await notes.store(FIRST);
  await notes.publish(FIRST);
  const live = await notes.claimLive();
  await live.handle(asRecords(FIRST));
  const loaded = await notes.rebuild({ switch: false });
  expect(loaded).toMatchObject({ events: 3, outcome: { switched: false, differences: [] } });
  const next = noteEvents("d", 1);
  await notes.store(next);
  await notes.publish(next);
  await live.handle(asRecords(next, 3));
  expect((await notes.rebuild({ switch: false })).outcome.differences).toEqual([]);
  return live;
}

const versions = () => notes.sql`select id, version from notes order by id`;

describe("a copy that follows", () => {
  // Seen to fail with gaps thrown instead of closed: b and c were parked and stayed as they were. And with the last
  // record not looked at: the copy read on in the middle of the new topic, lacked all three, and was refused.
  test("closes from the store what a topic that was created anew and has grown past it lacks", async () => {
    const live = await standBeside();
    const lost = [...noteEvents("b", 2, 2), ...noteEvents("c", 2, 2)];
    const later = [...noteEvents("a", 2, 2), ...noteEvents("b", 3, 3), ...noteEvents("c", 3, 3)];
    await notes.store([...lost, ...later]);
    await notes.recreateTopic();
    const anew = [...later, ...FIRST];
    await notes.publish(anew);
    await live.startOver(0);
    await live.handle(asRecords(anew));
    const { outcome, resumed } = await notes.rebuild();
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
    expect(await notes.sql`select from dead_letters`).toHaveLength(0);
  }, 60_000);

  // Seen to fail without takeFromStore: the copy lacked a's second event, and was refused however often.
  test("takes from the store what Kafka has forgotten before the copy could read it", async () => {
    const live = await standBeside();
    const forgotten = noteEvents("a", 2, 2);
    await notes.store(forgotten);
    await notes.publish(forgotten);
    await live.handle(asRecords(forgotten, 4));
    const later = noteEvents("e", 1);
    await notes.store(later);
    await notes.publish(later);
    await live.handle(asRecords(later, 5));
    const admin = notes.kafka.admin();
    await admin.connect();
    // It has to have heard of the topic.
    await admin.fetchTopicOffsets(notes.topic);
    await admin.deleteTopicRecords({ topic: notes.topic, partitions: [{ partition: 0, offset: "5" }] });
    await admin.disconnect();
    const { outcome } = await notes.rebuild();
    expect(outcome).toEqual({ switched: true, differences: [], sums: [] });
    expect(await versions()).toHaveLength(5);
    expect(await notes.sql`select version from notes where id = 'a'`).toMatchObject([{ version: 2 }]);
  }, 60_000);
});
