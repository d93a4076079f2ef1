// For tests: an event store, a topic of one partition and an owner of the live rows, each to be filled by hand, so
// that Kafka can lack what the store has.

import type { StoredEvent } from "@millrace/events/envelope";
import { createTopic } from "@millrace/kafka/admin";
import { createKafka, type KafkaClient } from "@millrace/kafka/client";
import { toRecord } from "@millrace/kafka/event-record";
import { NO_NAMES } from "@millrace/kafka/names";
import { createPublisher } from "@millrace/kafka/publish";
import type { ReceivedRecord } from "@millrace/kafka/received-record";
import { createLog } from "@millrace/platform/log";
import { connectPostgres, type Database, type Sql } from "@millrace/platform/postgres";
import { claimCheckpoint } from "@millrace/projector/checkpoint";
import { projectionHandler } from "@millrace/projector/projection-handler";
import { createTask, type Task } from "@millrace/projector/task";
import type { ReadModel, SourceStreams } from "@millrace/read-models/read-model";
import { createNotesTable } from "@millrace/registry/testing/notes-table";
import { tinyShop } from "@millrace/registry/testing/tiny-shop/shop";
import { testStack } from "@millrace/testing/stack";
import { NOBODY } from "@millrace/trail/testing/nobody";
import { type RebuildOptions, type RebuildResult, rebuild } from "../rebuild.ts";

export interface TestNotes {
  readonly databaseUrl: string;
  readonly sql: Sql;
  readonly db: Database;
  readonly kafka: KafkaClient;
  readonly model: ReadModel;
  readonly topic: string;
  store(events: readonly StoredEvent[]): Promise<void>;
  /** To the topic, in that order. */
  publish(events: readonly StoredEvent[]): Promise<void>;
  /** Deletes the topic, with what it held, and creates it anew. */
  recreateTopic(): Promise<void>;
  /** A worker that has claimed the live rows; another one's claim fences it. */
  claimLive(apply?: Parameters<typeof createTask>[0]["handler"]["apply"]): Promise<Task>;
  rebuild(options?: Partial<RebuildOptions>): Promise<RebuildResult>;
  stop(): Promise<void>;
}

const log = createLog("replay-test", "silent");
const loader = new URL("./loader.ts", import.meta.url);

export async function openTestNotes(): Promise<TestNotes> {
  const stack = await testStack();
  const database = await stack.freshDatabase();
  const { sql, db } = connectPostgres({ url: database.url, name: "replay-test", connectionsMax: 4 });
  await createNotesTable(sql);
  const kafka = createKafka({ names: NO_NAMES, brokers: stack.brokers, clientId: "replay-test", log });
  const topic = stack.uniqueName("note-events");
  await createTopic(kafka, topic, 1);
  const publisher = createPublisher(kafka);
  const [notes] = tinyShop.readModels as [ReadModel];
  const source = { ...(notes.sources[0] as SourceStreams), topic };
  const model: ReadModel = { ...notes, sources: [source] };
  const handler = projectionHandler(model, { name: model.name, source, log });
  return {
    databaseUrl: database.url,
    sql,
    db,
    kafka,
    model,
    topic,
    async store(events) {
      for (const { stream, version, type, schemaVersion, at, metadata, data } of events) {
        await sql`insert into events (stream, version, type, schema_version, at, metadata, data)
          values (${stream}, ${version}, ${type}, ${schemaVersion}, ${at}, ${JSON.stringify(metadata)}::text::json,
            ${data}::text::json)`;
      }
    },
    async publish(events) {
      for (const event of events) await publisher.publish([{ ...toRecord(event), topic }]);
    },
    async recreateTopic() {
      const admin = kafka.admin();
      await admin.connect();
      await admin.deleteTopics({ topics: [topic] });
      await admin.disconnect();
      await createTopic(kafka, topic, 1);
    },
    async claimLive(apply = handler.apply) {
      const key = { projection: model.name, topic, partition: 0 };
      const checkpoint = await claimCheckpoint(db, key, "a worker");
      const parked = new Set<string>();
      return createTask({
        db,
        handler: { ...handler, apply },
        checkpoint,
        parked,
        attemptsMax: 1,
        post() {},
      });
    },
    rebuild: (options = {}) =>
      rebuild({
        ...{ sql, databaseUrl: database.url, loader, kafka, model, log, by: NOBODY },
        ...{ switch: true, acceptDifferences: false, onProgress() {} },
        ...options,
      }),
    async stop() {
      await publisher.disconnect();
      await sql.end({ timeout: 1 });
      await database.drop();
    },
  };
}

/** Versions `from` and on of a note that is created, done, reworded and deleted, each an event. */
export function noteEvents(id: string, versions: number, from = 1): StoredEvent[] {
  return LIFE.slice(0, versions)
    .map(([type, data], index) => ({
      stream: `note-${id}`,
      version: index + 1,
      type,
      schemaVersion: 1,
      at: new Date(Date.UTC(2026, 0, 1, 0, 0, index)).toISOString(),
      metadata: { actor: "test", correlationId: "correlation", causationId: "causation" },
      data: JSON.stringify(data),
    }))
    .slice(from - 1);
}

const LIFE: readonly (readonly [type: string, data: object])[] = [
  ["NoteCreated", { text: "milk" }],
  ["NoteChanged", { done: true }],
  ["NoteChanged", { text: "no milk" }],
  ["NoteDeleted", {}],
];

/** As a consumer would hand them over. */
export function asRecords(events: readonly StoredEvent[], firstOffset = 0): ReceivedRecord[] {
  return events.map((event, index) => {
    const { key, value, headers } = toRecord(event);
    return {
      partition: 0,
      offset: firstOffset + index,
      key,
      value: value ?? null,
      headers: headers as Record<string, string>,
      timestamp: "0",
    };
  });
}
