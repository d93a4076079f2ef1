// A Kafka whose every answer a test decides: which records it refuses, or that it is away.

import { partitionOf } from "@millrace/kafka/partition-of";
import type { Refusal, Sent } from "@millrace/kafka/produce";
import type { OutgoingRecord, PublishedAt, Publisher } from "@millrace/kafka/publish";

export interface TestKafka {
  readonly publisher: Publisher;
  /** `stream@version` of what it was sent, and of what it has. */
  readonly sent: string[];
  readonly stored: string[];
  /** Where its partitions end. */
  ends(): PublishedAt[];
  /** A code of Kafka's for a group that holds such a record. */
  refuse: (record: OutgoingRecord, partition: number) => string | undefined;
  /** Called before each answer. */
  before: () => Promise<void> | void;
  /** The next offset of every partition of the topic. */
  setEnd(topic: string, offset: number): void;
}

const PARTITIONS = 2;

export function createTestKafka(): TestKafka {
  const ends = new Map<string, number>();
  const kafka: TestKafka = {
    sent: [],
    stored: [],
    refuse: () => undefined,
    before: () => {},
    ends: () =>
      [...ends].map(([place, offset]) => {
        const [topic = "", partition] = place.split("/");
        return { topic, partition: Number(partition), offset };
      }),
    setEnd(topic, offset) {
      for (let partition = 0; partition < PARTITIONS; partition++) ends.set(`${topic}/${partition}`, offset);
    },
    publisher: {
      async connect() {},
      async disconnect() {},
      publish: () => Promise.reject(new Error("the relay sends")),
      async send(records) {
        kafka.sent.push(...records.map(nameOf));
        await kafka.before();
        const groups = Map.groupBy(records.keys(), (index) => placeOf(records[index] as OutgoingRecord));
        return [...groups].map(([place, indexes]): Sent => {
          const [topic = "", name] = place.split("/");
          const partition = Number(name);
          const group = { topic, partition, records: indexes };
          const of = indexes.map((index) => records[index] as OutgoingRecord);
          const code = of.map((record) => kafka.refuse(record, partition)).find((each) => each !== undefined);
          if (code) return { ...group, refusal: refusalOf(code) };
          const offset = ends.get(place) ?? 0;
          ends.set(place, offset + of.length);
          kafka.stored.push(...of.map(nameOf));
          return { ...group, offset };
        });
      },
    },
  };
  return kafka;
}

export function nameOf({ headers }: OutgoingRecord): string {
  return `${headers.ce_subject}@${headers.ce_streamversion}`;
}

export function partitionOfStream(stream: string): number {
  return partitionOf(stream.slice(stream.indexOf("-") + 1), PARTITIONS);
}

function placeOf({ topic, key }: OutgoingRecord): string {
  return `${topic}/${partitionOf(key ?? "", PARTITIONS)}`;
}

function refusalOf(code: string): Refusal {
  return { code, error: new Error("refused by the test") };
}
