// Sends events, each with its own fate. What Kafka refuses has its stream set aside, with the stream's later events
// behind it, and holds up nothing else. Must never send an event while one before it in its stream waits.
import type { StoredEvent } from "@millrace/events/envelope";
import { toRecord } from "@millrace/kafka/event-record";
import { describeRefusal } from "@millrace/kafka/produce";
import type { Publisher } from "@millrace/kafka/publish";
import { isOfARecord } from "@millrace/kafka/refusals";
import { describe } from "@millrace/platform/failure";
import type { Hold } from "@millrace/store/held-streams";
import { laneOf } from "@millrace/store/lanes";
import { chunks, type Item } from "./chunks.ts";
import type { Placed } from "./marks.ts";

export interface Delivered {
  /** What Kafka has. */
  readonly stored: ReadonlySet<StoredEvent>;
  readonly places: readonly Placed[];
  /** What is to be set aside. */
  readonly holds: ReadonlyMap<string, Hold>;
  /** Why it ended before every event had its fate; undefined where it did not. */
  readonly failure: unknown;
}

export interface DeliverOptions {
  readonly publisher: Pick<Publisher, "send">;
  /** Records in one publish. */
  readonly recordsMax: number;
  /** Streams that are set aside already: events of theirs stand behind. */
  readonly held?: ReadonlySet<string>;
}

type Why = Pick<Hold, "topic" | "partition" | "cause">;

export async function deliver(events: readonly StoredEvent[], options: DeliverOptions): Promise<Delivered> {
  const stored = new Set<StoredEvent>();
  const places: Placed[] = [];
  const holds = new Map<string, Hold>();

  const setAside = ({ stream, version }: StoredEvent, why: Why) => {
    const known = holds.get(stream);
    const hold = known ?? { ...why, stream, lane: laneOf(stream), version };
    holds.set(stream, { ...hold, last: version });
  };

  /** None where it can't be sent: its name says of no topic, or it stands behind one that can't. */
  const toItem = (event: StoredEvent): Item[] => {
    try {
      const record = toRecord(event);
      if (!options.held?.has(event.stream)) return [{ event, record }];
      setAside(event, { topic: record.topic, partition: -1, cause: "an event before it is set aside" });
    } catch (error) {
      setAside(event, { topic: "none", partition: -1, cause: describe(error) });
    }
    return [];
  };

  const send = async (items: readonly Item[]): Promise<void> => {
    const free: Item[] = [];
    for (const item of items) {
      const hold = holds.get(item.event.stream);
      if (hold) setAside(item.event, hold);
      else free.push(item);
    }
    const sent = await options.publisher.send(free.map(({ record }) => record));
    const itemsOf = (indexes: readonly number[]) => indexes.map((index) => free[index] as Item);
    for (const group of sent) {
      if (!("offset" in group)) continue;
      for (const { event } of itemsOf(group.records)) stored.add(event);
      const { topic, partition, offset, records } = group;
      places.push({
        topic,
        partition: partition as number,
        first: offset,
        offset: offset + records.length - 1,
      });
    }
    for (const group of sent) {
      if ("offset" in group) continue;
      const refused = itemsOf(group.records);
      if (isOfARecord(group.refusal) && refused.length > 1) {
        // One of them, or all together: in halves, the one is found and the others go on.
        const half = refused.length >> 1;
        await send(refused.slice(0, half));
        await send(refused.slice(half));
      } else {
        const { topic, partition = -1 } = group;
        for (const { event } of refused) setAside(event, { topic, partition, cause: describeRefusal(group) });
      }
    }
  };

  try {
    for (const chunk of chunks(events.flatMap(toItem), options.recordsMax)) await send(chunk);
  } catch (failure) {
    return { stored, places, holds, failure };
  }
  return { stored, places, holds, failure: undefined };
}
