// What receivers got against the event store: each event that an endpoint asked for at least once, under one id and in its
// stream's order where that was asked, and nothing else.
import type { Sql } from "@millrace/platform/postgres";
import type { ReceivingEndpoint } from "../load/receiver.ts";
import { type Findings, find } from "./finding.ts";

/** Events a fetch: a long run has a million. */
const FETCH_MAX = 10_000;

export interface WebhookCounts {
  /** Events that were to be sent, each counted for each endpoint that asked for it. */
  readonly events: number;
  /** Webhooks that came again. */
  readonly repeated: number;
}

export interface StoredName {
  readonly stream: string;
  readonly version: number;
  readonly type: string;
}

export async function checkWebhooks(
  sql: Sql,
  endpoints: readonly ReceivingEndpoint[],
  findings: Findings,
): Promise<WebhookCounts> {
  const stored: StoredName[] = [];
  const cursor = sql<StoredName[]>`
    select stream, version, type from events where stream like 'order-%' or stream like 'payment-%'
    order by stream, version`.cursor(FETCH_MAX);
  for await (const rows of cursor) stored.push(...rows);
  const counts = endpoints.map((endpoint) => compareWebhooks(stored, endpoint, findings));
  return {
    events: counts.reduce((sum, { events }) => sum + events, 0),
    repeated: counts.reduce((sum, { repeated }) => sum + repeated, 0),
  };
}

export function compareWebhooks(
  stored: readonly StoredName[],
  { name, wants, ordered, heard, forged }: Omit<ReceivingEndpoint, "events">,
  findings: Findings,
): WebhookCounts {
  /** What has not come yet, under its name. */
  const missing = new Map(
    stored
      .filter(({ stream, type }) => wants(stream, type))
      .map(({ stream, version, type }) => [`${stream}@${version}`, type]),
  );
  const events = missing.size;
  for (const what of forged) find(findings, "wrong", `${name} got what nobody signed: ${what}`);
  const ids = new Map<string, string>();
  const highest = new Map<string, number>();
  for (const { id, event, thing, version } of heard) {
    const stream = `${event.slice(0, event.indexOf("."))}-${thing}`;
    const place = `${stream}@${version}`;
    const known = ids.get(place);
    if (known !== undefined) {
      if (known !== id) find(findings, "twice", `${name} got ${place} under ${known} and ${id}`);
      continue;
    }
    ids.set(place, id);
    const type = missing.get(place);
    missing.delete(place);
    if (type === undefined || plain(type) !== plain(event)) {
      find(
        findings,
        "wrong",
        `${name} got ${event} of ${place}, which is ${type ?? "nothing that it asked for"}`,
      );
    }
    const before = highest.get(stream) ?? 0;
    if (ordered && version < before) find(findings, "outOfOrder", `${name} got ${place} after @${before}`);
    highest.set(stream, Math.max(before, version));
  }
  for (const [place, type] of missing) find(findings, "lost", `${name} never got ${place}, ${type}`);
  return { events, repeated: heard.length - ids.size };
}

/** `OrderStockDue` and `order.stock_due` are one. */
function plain(name: string): string {
  return name.replaceAll(/[._]/g, "").toLowerCase();
}
