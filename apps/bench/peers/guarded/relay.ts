// Publishes what the outbox holds, and forgets it once Kafka has it.
import { LANES } from "@millrace/contract/lanes";
import {
  OUTBOX_CHANNEL,
  type OutboxEntry,
  parseTold,
  readOutbox,
  removeFromOutbox,
} from "@millrace/event-store/outbox";
import { LANE_LOCK, RESTING_LOCK } from "@millrace/event-store/outbox-lanes";
import { BUSY_RECORDS, ENTRIES_MAX, PACE, REMOVED_LATER_MAX } from "@millrace/event-store/outbox-rounds";
import { createKafka } from "@millrace/kafka/client";
import { toRecord } from "@millrace/kafka/event-record";
import { createPublisher } from "@millrace/kafka/publish";
import { createLog } from "@millrace/platform/log";
import { restAfter } from "@millrace/platform/pace";
import { connect } from "../parts/rows.ts";

const lanes = [...Array(LANES).keys()];

/** Resolves once it is told of whatever is appended from then on. */
export async function relay(databaseUrl: string, broker: string, topic: string): Promise<void> {
  const log = createLog("guarded", "silent");
  const publisher = createPublisher(createKafka({ brokers: [broker], clientId: "guarded-relay", log }));
  await publisher.connect();
  const sql = connect(databaseUrl, 1);
  const listening = connect(databaseUrl, 1);
  let notices: (OutboxEntry | undefined)[] = [];
  let wake = () => {};
  await listening.listen(OUTBOX_CHANNEL, (payload) => {
    notices.push(parseTold(payload));
    wake();
  });
  const noticed = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
      if (notices.length > 0) resolve();
    });

  /** Of what is published, what the outbox may still hold. */
  let left: readonly number[] = [];
  const round = async (given: readonly OutboxEntry[], look: boolean): Promise<number> => {
    const before = left;
    const except = [...before, ...given.map(({ id }) => id)];
    const looked = look
      ? readOutbox(sql, { lanes, except, entriesMax: ENTRIES_MAX })
      : Promise.resolve<OutboxEntry[]>([]);
    const removing = before.length >= REMOVED_LATER_MAX ? removeFromOutbox(sql, before) : undefined;
    const entries = [...given, ...(await looked)];
    const events = entries.flatMap((entry) => entry.events);
    if (events.length > 0) await publisher.publish(events.map((event) => ({ ...toRecord(event), topic })));
    await removing;
    left = [...(removing ? [] : before), ...entries.map(({ id }) => id)];
    return events.length;
  };

  const run = async () => {
    let resting = false;
    for (let moved = 0; ; ) {
      if (moved === 0 && resting) await noticed();
      // While somebody shares this, appends tell.
      if (moved === 0 && !resting) await sql`select pg_advisory_lock_shared(${LANE_LOCK}, ${RESTING_LOCK})`;
      if (moved >= BUSY_RECORDS && resting)
        await sql`select pg_advisory_unlock_shared(${LANE_LOCK}, ${RESTING_LOCK})`;
      const look = !resting || moved >= BUSY_RECORDS || notices.includes(undefined);
      resting = moved === 0 || (resting && moved < BUSY_RECORDS);
      const given = notices.flatMap((entry) => (entry && !left.includes(entry.id) ? entry : []));
      notices = [];
      moved = await round(given, look);
      await restAfter(moved, PACE);
    }
  };
  run().catch(console.error);
}
