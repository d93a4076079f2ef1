// Ranges of events that are sent once more, page by page from the event store. Several programs share them: a page is the one
// that has locked the wish, and it moves with its rows.
import { eventId, parseStreamName } from "@millrace/events/envelope";
import { describe } from "@millrace/platform/failure";
import type { Log } from "@millrace/platform/log";
import type { Sql } from "@millrace/platform/postgres";
import { inRounds, type Rounds } from "@millrace/platform/rounds";
import { headsBetween } from "@millrace/store/events-at";
import { eventName, matches } from "./event-name.ts";
import { WEBHOOKS_CHANNEL } from "./handler.ts";
import { messageId } from "./signature.ts";

/** Positions in one page of the event store: some ms of the database's time. */
const PAGE = 2_000;
/** Pending deliveries of an endpoint above which its replay waits, so that today's events don't queue behind months of old ones. */
const PENDING_MAX = 5_000;
/** Time, in ms, between looks for requested replays, and for room to go on with one. */
const EVERY_MS = 1_000;

interface Wish {
  readonly endpoint: string;
  readonly since: string;
  readonly until: string;
  readonly position: string;
  readonly last: string;
  readonly patterns: readonly string[];
}

export function startReplays({ sql, log }: { sql: Sql; log: Log }): Rounds {
  return inRounds(
    async (isStopping) => {
      while (!isStopping() && (await replayPage(sql)));
    },
    {
      everyMs: EVERY_MS,
      onFailure: (error) => log.warn({ cause: describe(error) }, "webhooks can't be replayed, trying again"),
    },
  );
}

/** The next page of any wish that has room. Answers whether there was one. */
export async function replayPage(sql: Sql): Promise<boolean> {
  return sql.begin(async (tx) => {
    const [wish] = await tx<Wish[]>`
      select endpoint, since, until, position, last_position as last, patterns
      from webhook_replays join webhook_endpoints on id = endpoint and disabled_at is null
      where (select count(*) from (select from webhook_deliveries as waiting
        where waiting.endpoint = webhook_replays.endpoint and state = 'pending' limit ${PENDING_MAX}) as few) < ${PENDING_MAX}
      order by requested_at limit 1 for update of webhook_replays skip locked`;
    if (!wish) return false;
    const after = Number(wish.position);
    const upTo = Math.min(after + PAGE, Number(wish.last));
    const heads = await headsBetween(tx, { after, upTo, since: wish.since, until: wish.until });
    const rows = heads.flatMap(({ stream, version, type, at }) => {
      const event = eventName(parseStreamName(stream).category, type);
      if (!matches(wish.patterns, event)) return [];
      return [{ id: messageId(wish.endpoint, eventId(stream, version)), event, stream, version, at }];
    });
    await tx`
      insert into webhook_deliveries as kept (id, endpoint, event, stream, version, at)
      select id, ${wish.endpoint}, event, stream, version, at from json_to_recordset(${JSON.stringify(rows)}::text::json)
        as given(id text, event text, stream text, version integer, at timestamptz)
      on conflict (id) do update set state = 'pending', due_at = now(), attempts = 0
      where kept.state <> 'pending'`;
    if (upTo >= Number(wish.last)) await tx`delete from webhook_replays where endpoint = ${wish.endpoint}`;
    else await tx`update webhook_replays set position = ${upTo} where endpoint = ${wish.endpoint}`;
    if (rows.length > 0) await tx`select pg_notify(${WEBHOOKS_CHANNEL}, '')`;
    return true;
  });
}
