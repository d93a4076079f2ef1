// What people do with deliveries: look at the log, send a test, try one again, have a range sent once more.
import type { Sql } from "@millrace/platform/postgres";
import { lastPosition } from "@millrace/store/position";
import type { Doer } from "@millrace/trail/doer";
import { inTrail } from "@millrace/trail/record";
import { TEST_EVENT } from "./event-name.ts";
import { WEBHOOKS_CHANNEL } from "./handler.ts";

export const DELIVERY_STATES = ["pending", "delivered", "failed"] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** Times are ISO 8601, UTC. */
export interface LoggedDelivery {
  /** `webhook-id` */
  readonly id: string;
  readonly event: string;
  readonly stream: string | null;
  readonly version: number | null;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly createdAt: string;
  /** Of the next try; null where there is none. */
  readonly dueAt: string | null;
  readonly triedAt: string | null;
  readonly status: number | null;
  readonly failure: string | null;
  readonly answer: string | null;
  readonly tookMs: number | null;
}

export interface LogFilter {
  readonly endpoint: string;
  readonly state?: DeliveryState | undefined;
  readonly limit: number;
}

/** The newest first. */
export async function listDeliveries(
  sql: Sql,
  { endpoint, state, limit }: LogFilter,
): Promise<LoggedDelivery[]> {
  const time = (column: string) => sql`to_json(${sql(column)} at time zone 'utc')#>>'{}' || 'Z'`;
  return sql<LoggedDelivery[]>`
    select id, event, stream, version, state, attempts, ${time("created_at")} as "createdAt",
      case state when 'pending' then ${time("due_at")} end as "dueAt", ${time("tried_at")} as "triedAt",
      status, failure, answer, took_ms as "tookMs"
    from webhook_deliveries
    where endpoint = ${endpoint} ${state === undefined ? sql`` : sql`and state = ${state}`}
    order by created_at desc, id limit ${limit}`;
}

/** Sends what no event has led to. Answers its id; undefined where there is no such endpoint. */
export async function sendTest(sql: Sql, endpoint: string): Promise<string | undefined> {
  const id = `msg_${crypto.randomUUID().replaceAll("-", "")}`;
  const { count } = await sql`
    with written as (
      insert into webhook_deliveries (id, endpoint, event, at)
      select ${id}, id, ${TEST_EVENT}, date_trunc('milliseconds', now()) from webhook_endpoints where id = ${endpoint}
      returning 1
    )
    select pg_notify(${WEBHOOKS_CHANNEL}, '') from written`;
  return count > 0 ? id : undefined;
}

export type Retried = "will be sent" | "is being sent" | "is not there";

/** Tries one again now, with all its tries before it; one that was taken too. A try under way is left to its end. */
export async function retryDelivery(
  sql: Sql,
  { endpoint, id, by }: { endpoint: string; id: string; by: Doer },
): Promise<Retried> {
  const act = { name: "webhook.retry", target: endpoint, details: { delivery: id } } as const;
  const isDue = await inTrail(
    sql,
    { act, by },
    (tx) => tx`
    with due as (
      update webhook_deliveries set state = 'pending', due_at = now(), attempts = 0
      where id = ${id} and endpoint = ${endpoint} and (leased_until is null or leased_until <= now())
      returning 1
    )
    select pg_notify(${WEBHOOKS_CHANNEL}, '') from due`,
  );
  if (isDue) return "will be sent";
  const [known] = await sql`select from webhook_deliveries where id = ${id} and endpoint = ${endpoint}`;
  return known ? "is being sent" : "is not there";
}

export interface ReplayWish {
  readonly endpoint: string;
  /** ISO 8601: from then on, up to `until` or now. */
  readonly since: string;
  readonly until?: string | undefined;
  readonly by: Doer;
}

/**
 * Has the events of that time sent once more that the endpoint's patterns choose, those that were taken too: under the same
 * ids, so that a receiver that knows one passes it over. They come from the event store, so they may be older than the
 * endpoint and its log. A wish takes the place of one that is not done yet. False where there is no such endpoint.
 */
export async function requestReplay(sql: Sql, { endpoint, since, until, by }: ReplayWish): Promise<boolean> {
  const last = await lastPosition(sql);
  const act = { name: "webhook.replay", target: endpoint, details: { since, until } } as const;
  return inTrail(
    sql,
    { act, by },
    (tx) => tx`
    with wished as (
      insert into webhook_replays (endpoint, since, until, last_position, requested_by)
      select id, ${since}, least(${until ?? null}::timestamptz, now()), ${last}, ${by.actor}
      from webhook_endpoints where id = ${endpoint}
      on conflict (endpoint) do update set since = excluded.since, until = excluded.until, position = 0,
        last_position = excluded.last_position, requested_at = now(), requested_by = excluded.requested_by
      returning 1
    )
    select pg_notify(${WEBHOOKS_CHANNEL}, '') from wished`,
  );
}
