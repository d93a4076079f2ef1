// The table of deliveries as senders work on it. Each is leased while it is sent: a sender that dies delays what it had by the
// rest of the lease, and loses none.
import type { Sql } from "@millrace/platform/postgres";
import type { Payload } from "./body.ts";

/** An endpoint that something is due for. */
export interface DueEndpoint {
  readonly id: string;
  readonly url: string;
  readonly payload: Payload;
  readonly ordered: boolean;
  readonly secret: Uint8Array;
  /** Null once the former secret no longer signs. */
  readonly formerSecret: Uint8Array | null;
  readonly failing: boolean;
}

export interface Delivery {
  readonly id: string;
  readonly event: string;
  readonly stream: string | null;
  readonly version: number | null;
  readonly at: string;
  /** Tries so far, this one included. */
  readonly attempts: number;
  /** When the lease ends, as Postgres' text. It tells this claim from a later one. */
  readonly leasedUntil: string;
}

export async function dueEndpoints(sql: Sql): Promise<DueEndpoint[]> {
  return sql<DueEndpoint[]>`
    select id, url, payload, ordered, secret, failing_since is not null as failing,
      case when former_until > now() then former_secret end as "formerSecret"
    from webhook_endpoints as endpoints
    where disabled_at is null and (slowed_until is null or slowed_until <= now())
      and exists (select from webhook_deliveries where endpoint = endpoints.id and state = 'pending'
        and due_at <= now() and (leased_until is null or leased_until <= now()))
    order by id`;
}

/** Time, in ms, until the next delivery is due that no sender has leased; undefined where there is none. */
export async function nextDueInMs(sql: Sql): Promise<number | undefined> {
  const [row] = await sql<{ in_ms: number | null }[]>`
    select extract(epoch from min(greatest(due_at, slowed_until, leased_until)) - now())::float8 * 1000 as in_ms
    from webhook_endpoints as endpoints, lateral (
      select due_at, leased_until from webhook_deliveries
      where endpoint = endpoints.id and state = 'pending' order by due_at limit 1
    ) as first
    where disabled_at is null`;
  return row?.in_ms ?? undefined;
}

/**
 * Leases up to `most` of an endpoint's due deliveries, the longest overdue first. Several senders never get the same one. Where
 * the endpoint wants order, only the first of each stream that is not settled.
 */
export async function claimDeliveries(
  sql: Sql,
  {
    endpoint,
    most,
    leaseMs,
  }: { endpoint: Pick<DueEndpoint, "id" | "ordered">; most: number; leaseMs: number },
): Promise<Delivery[]> {
  const first = sql`and not exists (
    select from webhook_deliveries as earlier where earlier.endpoint = due.endpoint and earlier.stream = due.stream
      and earlier.version < due.version and earlier.state = 'pending')`;
  return sql<Delivery[]>`
    update webhook_deliveries
    set leased_until = clock_timestamp() + make_interval(secs => ${leaseMs / 1_000}), attempts = attempts + 1
    where id = any(array(
      select id from webhook_deliveries as due
      where endpoint = ${endpoint.id} and state = 'pending' and due_at <= now()
        and (leased_until is null or leased_until <= now()) ${endpoint.ordered ? first : sql``}
      order by due_at limit ${most} for update skip locked))
    returning id, event, stream, version, to_json(at at time zone 'utc')#>>'{}' || 'Z' as at, attempts,
      leased_until as "leasedUntil"`;
}

/** How a try ended. */
export interface Settled {
  readonly id: string;
  readonly leasedUntil: string;
  readonly state: "pending" | "delivered" | "failed";
  /** Ms until the next try, where it is pending. */
  readonly pauseMs: number;
  /** False for a delivery that was not tried after all. */
  readonly counts: boolean;
  readonly status: number | null;
  readonly failure: string | null;
  readonly answer: string | null;
  readonly tookMs: number | null;
}

/** Settles what this sender still has leased. A delivery that another sender has leased meanwhile is left to that one. */
export async function settleDeliveries(sql: Sql, settled: readonly Settled[]): Promise<void> {
  await sql`
    update webhook_deliveries as kept
    set state = given.state, due_at = now() + make_interval(secs => given."pauseMs" / 1000.0), leased_until = null,
      attempts = case when given.counts then attempts else attempts - 1 end,
      status = given.status, failure = given.failure, answer = given.answer, took_ms = given."tookMs", tried_at = now()
    from json_to_recordset(${JSON.stringify(settled)}::text::json) as given(id text, "leasedUntil" timestamptz, state text,
      "pauseMs" float8, counts boolean, status integer, failure text, answer text, "tookMs" integer)
    where kept.id = given.id and kept.leased_until = given."leasedUntil"`;
}

/** What a few tries say of their endpoint. */
export interface Verdict {
  readonly endpoint: string;
  readonly taken: boolean;
  /** The last failure, in words. */
  readonly failure: string | null;
  /** Time, in ms, for which the endpoint asks to be sent nothing. */
  readonly slowMs: number | null;
  /** Why the endpoint is disabled; null where it is not. */
  readonly disable: string | null;
}

/** Longest time, days, of nothing but failures before nothing more is sent: a weekend and a Monday to notice. */
export const FAILING_DAYS_MAX = 5;

const FAILED_TOO_LONG = `nothing it was sent in ${FAILING_DAYS_MAX} days was taken`;

/** Notes how endpoints do. Answers those that this has disabled, each with the reason. */
export async function judgeEndpoints(
  sql: Sql,
  verdicts: readonly Verdict[],
): Promise<{ id: string; reason: string }[]> {
  return sql<{ id: string; reason: string }[]>`
    update webhook_endpoints as kept
    set failing_since = case when given.taken then null else coalesce(failing_since, now()) end,
      last_failure = coalesce(given.failure, last_failure),
      slowed_until = case when given."slowMs" is null then slowed_until
        else now() + make_interval(secs => given."slowMs" / 1000.0) end,
      disabled_reason = coalesce(given.disable, case when failing_since < now() - make_interval(days => ${FAILING_DAYS_MAX})
        and not given.taken then ${FAILED_TOO_LONG} end),
      disabled_at = case when given.disable is not null or (not given.taken
        and failing_since < now() - make_interval(days => ${FAILING_DAYS_MAX})) then now() end
    from json_to_recordset(${JSON.stringify(verdicts)}::text::json)
      as given(endpoint text, taken boolean, failure text, "slowMs" float8, disable text)
    where kept.id = given.endpoint and disabled_at is null
      and (not given.taken or failing_since is not null or given.failure is not null or given.disable is not null)
    returning kept.id, kept.disabled_reason as reason`.then((rows) =>
    rows.filter(({ reason }) => reason !== null),
  );
}
