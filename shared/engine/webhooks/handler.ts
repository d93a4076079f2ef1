// Events in, rows to be sent out: a projection of its own in the projector's actors, so that a row is written exactly once, with
// the checkpoint that it came from, and a read model never waits for it. Must never send anything: what happens in this
// transaction may happen again.
//
// Which endpoints there are is read when a checkpoint is claimed. What adds an endpoint, or has it hear of more, fences all of
// these checkpoints in its own transaction (see `changeWhatIsHeard`): no actor can pass an event by that it did not know an
// endpoint for. So without endpoints there is no statement for any event.
import { isNull, sql } from "drizzle-orm";
import { eventId, parseStreamName } from "@millrace/events/envelope";
import { topicOf } from "@millrace/events/topics";
import { fromRecord, isOurs, type SchemaVersionOf } from "@millrace/kafka/event-record";
import type { ReceivedRecord } from "@millrace/kafka/received-record";
import type { Tx } from "@millrace/platform/postgres";
import type { RecordHandler } from "@millrace/projector/handler";
import { requestForgotten } from "@millrace/store/relay-marks";
import { eventName, matches } from "./event-name.ts";
import { messageId } from "./signature.ts";
import { webhookEndpoints } from "./tables.ts";

/** Storage format: the name that its checkpoints stand under. */
export const PROJECTION = "webhooks";
/** Notified in every transaction that writes a row or makes one due. */
export const WEBHOOKS_CHANNEL = "millrace_webhooks";

/** What may be heard of: a category of streams. */
export interface HeardOf {
  readonly name: string;
  readonly schemaVersionOf: SchemaVersionOf;
}

interface Listening {
  readonly id: string;
  readonly patterns: readonly string[];
}

interface NewRow {
  readonly id: string;
  readonly endpoint: string;
  readonly event: string;
  readonly stream: string;
  readonly version: number;
  readonly at: string;
}

/** One a thread: what it knows of endpoints is its own. */
export function webhookHandler({ name: category, schemaVersionOf }: HeardOf): RecordHandler {
  const topic = topicOf(category);
  let listening: readonly Listening[] = [];

  const rowsOf = (record: ReceivedRecord): NewRow[] => {
    const event = fromRecord(record);
    const name = eventName(parseStreamName(event.stream).category, event.type);
    const { stream, version, at } = event;
    return listening
      .filter(({ patterns }) => matches(patterns, name))
      .map(({ id: endpoint }) => {
        const id = messageId(endpoint, eventId(stream, version));
        return { id, endpoint, event: name, stream, version, at };
      });
  };

  return {
    projection: PROJECTION,
    topic,
    schemaVersionOf,
    joins: true,
    isForeign: ({ headers }) => !isOurs(headers),
    onForgotten: (tx) => requestForgotten(tx, topic),
    mayHaveEffect: (record) => {
      if (listening.length === 0) return false;
      const name = eventName(category, record.header("ce_type") ?? "");
      return listening.some(({ patterns }) => matches(patterns, name));
    },
    /** A webhook may be a quarter of a second late; where nobody listens there is nothing to gather. */
    get gathers() {
      return listening.length > 0;
    },
    async onClaimed(db) {
      const { id, patterns, disabledAt } = webhookEndpoints;
      listening = await db.select({ id, patterns }).from(webhookEndpoints).where(isNull(disabledAt));
    },
    async apply(tx, records) {
      const rows = records.flatMap(rowsOf);
      if (rows.length > 0) await write(tx, rows);
    },
  };
}

/** An endpoint that was removed or disabled since gets none. */
async function write(tx: Tx, rows: readonly NewRow[]): Promise<void> {
  await tx.execute(sql`
    with written as (
      insert into webhook_deliveries (id, endpoint, event, stream, version, at)
      select given.id, endpoint, event, stream, version, at
      from json_to_recordset(${JSON.stringify(rows)}::text::json)
        as given(id text, endpoint text, event text, stream text, version integer, at timestamptz)
      join webhook_endpoints on webhook_endpoints.id = endpoint and disabled_at is null
      on conflict (id) do nothing
      returning 1
    )
    select pg_notify(${WEBHOOKS_CHANNEL}, '') from (select count(*) as rows from written) as counted where rows > 0`);
}
