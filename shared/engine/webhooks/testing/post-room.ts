// For tests: endpoints and senders on a real Postgres, and a receiver on this machine. What Kafka would do is done by hand.
import { randomBytes } from "node:crypto";
import type { StoredEvent } from "@millrace/events/envelope";
import { toRecord } from "@millrace/kafka/event-record";
import type { ReceivedRecord } from "@millrace/kafka/received-record";
import { createLog } from "@millrace/platform/log";
import { BY_INDEX, connectPostgres, PLANNED_ONCE } from "@millrace/platform/postgres";
import { claimCheckpoint } from "@millrace/projector/checkpoint";
import { createTask } from "@millrace/projector/task";
import { NOBODY } from "@millrace/trail/testing/nobody";
import { addEndpoint, type EndpointWish } from "../endpoints.ts";
import { PROJECTION, webhookHandler } from "../handler.ts";
import { createSealer } from "../seal.ts";
import { type SenderOptions, startSender } from "../sender.ts";

export interface Got {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

export function openPostRoom(databaseUrl: string, key = randomBytes(32).toString("base64")) {
  const { sql, db } = connectPostgres({
    url: databaseUrl,
    name: "webhooks-test",
    connectionsMax: 8,
    // As the program that sends has them.
    settings: { ...PLANNED_ONCE, ...BY_INDEX },
  });
  const log = createLog("webhooks-test", "silent");
  const sealer = createSealer([key]);
  if (!sealer) throw new Error("A post room needs a key");
  const got: Got[] = [];
  let answer: (got: Got) => Response | Promise<Response> = () => new Response("ok");
  const receiver = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const { pathname } = new URL(request.url);
      const came = {
        path: pathname,
        headers: request.headers.toJSON() as Record<string, string>,
        body: await request.text(),
      };
      got.push(came);
      return answer(came);
    },
  });
  const senders: ReturnType<typeof startSender>[] = [];
  let partition = 0;

  return {
    sql,
    db,
    key,
    sealer,
    got,
    port: receiver.port,
    url: (path: string) => `http://localhost:${receiver.port}${path}`,
    on: (path: string) => got.filter((each) => each.path === path),
    answers(by: typeof answer) {
      answer = by;
    },
    async add(path: string, wish: Partial<EndpointWish> = {}) {
      const added = await addEndpoint(sql, sealer, {
        url: `http://localhost:${receiver.port}${path}`,
        events: ["*"],
        payload: "thin",
        ordered: false,
        description: null,
        ...wish,
        by: NOBODY,
      });
      if (!added) throw new Error("There are too many endpoints");
      return added;
    },
    send(options: Partial<SenderOptions> = {}) {
      const sender = startSender({
        sql,
        log,
        sealer,
        internal: ["localhost"],
        resolve: async () => ["127.0.0.1"],
        pollMs: 100,
        ...options,
      });
      senders.push(sender);
      return sender;
    },
    /** An actor's hold on a partition of a category's topic. */
    async hold(category: string, at = partition++) {
      const handler = webhookHandler({ name: category, schemaVersionOf: () => 1 });
      const place = { projection: PROJECTION, topic: handler.topic, partition: at };
      const checkpoint = await claimCheckpoint(db, place, "owner");
      await handler.onClaimed?.(db);
      const options = { db, handler, parked: new Set<string>(), attemptsMax: 2, post() {} };
      return { ...createTask({ ...options, checkpoint }), place, handler };
    },
    async close() {
      await Promise.all(senders.map((sender) => sender.stop()));
      await receiver.stop(true);
      await sql.end({ timeout: 1 });
    },
  };
}

export function event(stream: string, version: number, type = "ThingMade"): StoredEvent {
  const metadata = { actor: "test", correlationId: "c", causationId: "c" };
  return {
    stream,
    version,
    type,
    schemaVersion: 1,
    at: "2026-01-02T03:04:05.678Z",
    metadata,
    data: '{"price":1.50}',
  };
}

export function records(events: readonly StoredEvent[], from = 0): ReceivedRecord[] {
  return events.map((each, index) => {
    const { key, value, headers } = toRecord(each);
    return { partition: 0, offset: from + index, key, value, headers, timestamp: "0" };
  });
}
