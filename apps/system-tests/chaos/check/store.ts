// The event store against what the clients were told.
import type { Sql } from "@millrace/platform/postgres";
import { shop } from "@millrace/shop/shop";
import type { Entry, Journal } from "../load/journal.ts";
import { type Findings, find } from "./finding.ts";

/** Events a fetch: a long run has a million. */
const FETCH_MAX = 10_000;
/** What a client may be refused for; anything else means that the load itself is wrong. */
const FAIR_REFUSALS = [404, 409, 412];
/** These carry an order's correlation on; what they do is checked with the payments and the stock. */
const PROCESSES = new Set(shop.processes.map(({ name }) => name));
/** Stands beside what calls an order off or ships it, unless its goods were let go before: that is checked with the stock. */
const FOLLOWING = "OrderStockDue";

/** Every acknowledged command happened exactly once, no refused one did, and no stream has a gap. */
export async function checkStore(
  sql: Sql,
  journal: Journal,
  findings: Findings,
): Promise<{ events: number }> {
  const happened = new Map<string, string[]>();
  let events = 0;
  const cursor = sql<{ stream: string; type: string; correlation: string; actor: string }[]>`
    select stream, type, metadata ->> 'correlationId' as correlation, metadata ->> 'actor' as actor
    from events order by stream, version`.cursor(FETCH_MAX);
  for await (const rows of cursor) {
    events += rows.length;
    for (const { stream, type, correlation, actor } of rows) {
      if (PROCESSES.has(actor) || type === FOLLOWING) continue;
      const of = happened.get(correlation) ?? [];
      if (of.length === 0) happened.set(correlation, of);
      of.push(`${stream} ${type}`);
    }
  }
  const accepted = await submittedOutcomes(sql, journal);
  for (const entry of journal.entries()) {
    compare(entry, happened.get(entry.name) ?? [], accepted.get(entry.name), findings);
  }
  await checkVersions(sql, findings);
  return { events };
}

function compare(
  entry: Entry,
  happened: readonly string[],
  accepted: boolean | undefined,
  findings: Findings,
) {
  const { name, ending, expected } = entry;
  const times = timesOf(expected, happened);
  const about = `${name} was ${ending} (${entry.status ?? "-"}, ${entry.sends} sends), expected ${expected}, happened ${happened}`;
  if (times === undefined) return find(findings, "wrong", about);
  if (times > 1) return find(findings, "twice", about);
  const must = ending === "acknowledged" || (ending === "submitted" && accepted === true);
  if (must && times === 0) return find(findings, "lost", about);
  const mustNot = ending === "refused" || (ending === "submitted" && accepted === false);
  if (mustNot && times > 0) return find(findings, "wrong", about);
  if (ending === "submitted" && accepted === undefined) find(findings, "lost", `${about}: it never ended`);
  if (ending === "refused" && !FAIR_REFUSALS.includes(entry.status ?? 0)) find(findings, "wrong", about);
}

/** How often the whole of what was expected happened; undefined where only a part of it did. */
function timesOf(expected: readonly string[], happened: readonly string[]): number | undefined {
  const times = happened.length / expected.length;
  if (!Number.isInteger(times)) return undefined;
  const count = (all: readonly string[], one: string) => all.filter((each) => each === one).length;
  const fits = expected.every((one) => count(happened, one) === times * count(expected, one));
  return fits ? times : undefined;
}

/** Commands that were taken with 202, by name: whether they ended accepted. Absent where they have not ended. */
async function submittedOutcomes(sql: Sql, journal: Journal): Promise<Map<string, boolean>> {
  const names = new Map<string, string>();
  for (const { ending, location, name } of journal.entries()) {
    if (ending === "submitted" && location) names.set(location.replace("/commands/", "command/"), name);
  }
  const rows = await sql<{ key: string; status: number }[]>`
    select key, (answer ->> 'status')::int as status from stored_answers
    where key = any(${[...names.keys()]}::text[])`;
  return new Map(rows.map(({ key, status }) => [names.get(key) as string, status < 300]));
}

async function checkVersions(sql: Sql, findings: Findings): Promise<void> {
  const broken = await sql<{ stream: string; events: number; last: number }[]>`
    select stream, count(*)::int as events, max(version) as last from events
    group by stream having max(version) <> count(*) or min(version) <> 1`;
  for (const { stream, events, last } of broken) {
    find(findings, "outOfOrder", `${stream} has ${events} events and ends at version ${last}`);
  }
}
