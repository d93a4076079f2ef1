// Endpoints as the people who run the shop see and change them. A secret is shown once, to the person who made it.
import type { Sql, SqlTx } from "@millrace/platform/postgres";
import { fenceOwners } from "@millrace/projector/checkpoint";
import type { Doer } from "@millrace/trail/doer";
import { type Act, inTrail } from "@millrace/trail/record";
import type { Payload } from "./body.ts";
import { hostOf } from "./destination.ts";
import { PROJECTION, WEBHOOKS_CHANNEL } from "./handler.ts";
import type { Sealer } from "./seal.ts";
import { newSecret } from "./signature.ts";

/** Most endpoints of an installation: each round of the sender looks through all of them in one statement. */
const ENDPOINTS_MAX = 64;
/** Hours for which webhooks are signed with the former secret as well, so that receivers have time to change theirs. */
const FORMER_HOURS = 24;

export interface EndpointWish {
  readonly url: string;
  readonly events: readonly string[];
  readonly payload: Payload;
  readonly ordered: boolean;
  readonly description: string | null;
}

/** Times are ISO 8601, UTC. */
export interface Endpoint extends EndpointWish {
  readonly id: string;
  readonly enabled: boolean;
  readonly disabledAt: string | null;
  /** Null where a person did it. */
  readonly disabledReason: string | null;
  readonly failingSince: string | null;
  readonly lastFailure: string | null;
  readonly slowedUntil: string | null;
  /** The former secret signs as well until then. */
  readonly formerSecretUntil: string | null;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly pending: number;
}

const shown = (sql: Sql) => {
  const time = (column: string) => sql`to_json(${sql(column)} at time zone 'utc')#>>'{}' || 'Z'`;
  return sql`
    select id, url, patterns as events, payload, ordered, description, disabled_at is null as enabled,
      ${time("disabled_at")} as "disabledAt", disabled_reason as "disabledReason",
      ${time("failing_since")} as "failingSince", last_failure as "lastFailure",
      case when slowed_until > now() then ${time("slowed_until")} end as "slowedUntil",
      case when former_until > now() then ${time("former_until")} end as "formerSecretUntil",
      ${time("created_at")} as "createdAt", created_by as "createdBy",
      (select count(*)::int from webhook_deliveries
        where endpoint = webhook_endpoints.id and state = 'pending') as pending
    from webhook_endpoints`;
};

export async function listEndpoints(sql: Sql): Promise<Endpoint[]> {
  return sql<Endpoint[]>`${shown(sql)} order by created_at, id`;
}

export async function findEndpoint(sql: Sql, id: string): Promise<Endpoint | undefined> {
  const [endpoint] = await sql<Endpoint[]>`${shown(sql)} where id = ${id}`;
  return endpoint;
}

const ENDPOINT_ID = /^ep_[0-9a-f]{32}$/;

export function newEndpointId(): string {
  return `ep_${crypto.randomUUID().replaceAll("-", "")}`;
}

export function isEndpointId(text: string): boolean {
  return ENDPOINT_ID.test(text);
}

/**
 * Hears of every event that is not in effect yet. Undefined where there are as many as there may be, or one of this id: a form
 * names the id beforehand, so that it adds one endpoint however often it is sent.
 */
export async function addEndpoint(
  sql: Sql,
  sealer: Sealer,
  {
    id = newEndpointId(),
    url,
    events,
    payload,
    ordered,
    description,
    by,
  }: EndpointWish & {
    readonly id?: string | undefined;
    readonly by: Doer;
  },
): Promise<{ readonly id: string; readonly secret: string } | undefined> {
  const secret = newSecret();
  const act = { name: "webhook.create", target: id, details: { host: shownHost(url), events } } as const;
  const isDone = await changeWhatIsHeard(
    sql,
    { act, by },
    (tx) => tx`
      insert into webhook_endpoints (id, url, patterns, payload, ordered, description, secret, created_by)
      select ${id}, ${url}, ${[...events]}::text[], ${payload}, ${ordered}, ${description}, ${sealer.seal(secret, id)}, ${by.actor}
      where (select count(*) from webhook_endpoints) < ${ENDPOINTS_MAX}
      on conflict (id) do nothing`,
  );
  return isDone ? { id, secret } : undefined;
}

export type EndpointChange = Partial<EndpointWish & { readonly enabled: boolean }>;

/** One that is enabled again goes on where it stopped, and has its five days anew. Answers false where there is none. */
export async function changeEndpoint(
  sql: Sql,
  { id, by, ...change }: EndpointChange & { readonly id: string; readonly by: Doer },
): Promise<boolean> {
  const { url = null, events = null, payload = null, ordered = null, description, enabled = null } = change;
  return changeWhatIsHeard(
    sql,
    { act: { name: "webhook.change", target: id, details: detailsOf(change) }, by },
    (tx) => tx`
      update webhook_endpoints set url = coalesce(${url}, url), payload = coalesce(${payload}, payload),
        patterns = coalesce(${events === null ? null : [...events]}::text[], patterns),
        ordered = coalesce(${ordered}, ordered),
        description = case when ${description !== undefined} then ${description ?? null} else description end,
        disabled_at = case ${enabled}::boolean when true then null when false then coalesce(disabled_at, now())
          else disabled_at end,
        disabled_reason = case ${enabled}::boolean when true then null else disabled_reason end,
        failing_since = case ${enabled}::boolean when true then null else failing_since end,
        slowed_until = case ${enabled}::boolean when true then null else slowed_until end
      where id = ${id}`,
  );
}

/** With all that was to be sent to it, and its log. */
export async function removeEndpoint(sql: Sql, { id, by }: { id: string; by: Doer }): Promise<boolean> {
  return inTrail(sql, { by, act: { name: "webhook.remove", target: id } }, async (tx) => {
    await tx`delete from webhook_replays where endpoint = ${id}`;
    const removed = await tx`delete from webhook_endpoints where id = ${id}`;
    await tx`delete from webhook_deliveries where endpoint = ${id}`;
    return removed;
  });
}

/** The former one signs as well for a day. Undefined where there is no such endpoint. */
export async function changeSecret(
  sql: Sql,
  sealer: Sealer,
  { id, by }: { id: string; by: Doer },
): Promise<string | undefined> {
  const secret = newSecret();
  const isChanged = await inTrail(
    sql,
    { by, act: { name: "webhook.secret", target: id } },
    (tx) => tx`
      update webhook_endpoints set former_secret = secret, former_until = now() + make_interval(hours => ${FORMER_HOURS}),
        secret = ${sealer.seal(secret, id)}
      where id = ${id}`,
  );
  return isChanged ? secret : undefined;
}

/** For the trail: what was changed, and of where it goes the host alone, since paths of hooks are secrets. */
function detailsOf({ url, events, enabled, ...rest }: EndpointChange) {
  return {
    ...(url === undefined ? {} : { host: shownHost(url) }),
    ...(events === undefined ? {} : { events }),
    ...(enabled === undefined ? {} : { enabled }),
    ...(Object.keys(rest).length > 0 ? { changed: Object.keys(rest) } : {}),
  };
}

function shownHost(url: string): string {
  return hostOf(new URL(url));
}

/**
 * What may add to what is heard of: in its transaction every owner of the handler's checkpoints is fenced, so that none passes
 * by an event that it did not know somebody wants. See handler.ts.
 */
async function changeWhatIsHeard(
  sql: Sql,
  recorded: { readonly act: Act; readonly by: Doer },
  change: (tx: SqlTx) => PromiseLike<{ readonly count: number }>,
): Promise<boolean> {
  return inTrail(sql, recorded, async (tx) => {
    await tx`set local lock_timeout = ${sql.unsafe(`'${LOCK_MS_MAX}ms'`)}`;
    await fenceOwners(tx, PROJECTION);
    const changed = await change(tx);
    await tx`select pg_notify(${WEBHOOKS_CHANNEL}, '')`;
    return changed;
  });
}

/** Longest wait, in ms, for projections' statements that are under way: others wait behind it. */
const LOCK_MS_MAX = 2_000;
