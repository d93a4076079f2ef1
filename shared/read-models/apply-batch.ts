// What all projections share: one batch folded key by key in memory, then written as one statement.
import { type SQL, sql } from "drizzle-orm";
import { parseStreamName } from "@millrace/contract/envelope";
import { type AloneOutcome, EventGap, type ProjectedEvent, type RowChange, type Tx } from "./read-model.ts";
import { printRowsChanged } from "./row-changes.ts";

/** A read model's row as its projection holds it. */
export interface Row {
  readonly id: string;
  /** Events applied so far. */
  readonly version: number;
}

export interface Change<R extends Row> {
  /** The row that was folded onto; undefined for a row that the batch creates. */
  readonly before: R | undefined;
  readonly after: R;
}

export interface Model<R extends Row> {
  readonly name: string;
  /** The row after an event that follows it at once. @throws what the codec throws of an event it can't read. */
  next(row: R | undefined, projected: ProjectedEvent): R;
  read(tx: Tx, ids: readonly string[]): Promise<R[]>;
  /**
   * Writes every change in one statement, around the batch's frame. A new row whose id is taken is left as it
   * stands, a row that is not at `before`'s version any more as well. Answers what the frame's `result` says.
   */
  write(tx: Tx, changes: readonly Change<R>[], frame: WriteFrame): Promise<Written>;
}

/** What every model's statement has around its own writes. */
export interface WriteFrame {
  /** The first common table expression: no row in it, and nothing may be written. */
  readonly fence: SQL;
  /** What the statement selects in the end, from `fence`, `inserted` and `updated`; sends the notification. */
  readonly result: SQL;
}

export interface Written {
  /** Rows in the fence: 0 or 1. */
  readonly fenced: number;
  readonly inserted: number;
  readonly updated: number;
}

/** One key's events of the batch, oldest first. */
type Groups = ReadonlyMap<string, readonly ProjectedEvent[]>;

/**
 * Applies one partition's events. Rows are read only for keys that the batch does not create: most orders are
 * written without a read. An id that turns out to be there already (redelivery) takes the reading path after all.
 * @throws EventGap where an event does not follow its row; nothing of the batch may be committed then.
 */
export async function applyBatch<R extends Row>(
  tx: Tx,
  model: Model<R>,
  events: readonly ProjectedEvent[],
): Promise<RowChange[]> {
  const last = events.at(-1);
  if (!last) return [];
  const groups = groupByKey(events);
  const rows = await readRows(tx, model, groups);
  const changes = foldAll(model, groups, rows);
  if (changes.length === 0) return [];

  const changed = changes.map(versionOf);
  const notification = notificationOf(model, changed, last);
  const creations = changes.filter((change) => change.before === undefined);
  const written = await model.write(tx, changes, { fence: noFence, result: resultOf(notification) });
  assertAllUpdated(model.name, changes.length - creations.length, written.updated);
  if (written.inserted === creations.length) return changed;
  return [
    ...changed.filter((change) => rows.has(change.id)),
    ...(await applyAgain(tx, model, groups, creations, notification)),
  ];
}

/** See Projection.applyAlone. */
export async function applyAlone<R extends Row>(
  db: Tx,
  model: Model<R>,
  { events, fence }: { events: readonly ProjectedEvent[]; fence: SQL },
): Promise<AloneOutcome> {
  const last = events.at(-1);
  if (!last) return "unsuited";
  const groups = groupByKey(events);
  // Whoever else may write these rows has to take the checkpoint first, and then the fence answers no row.
  const changes = foldAll(model, groups, await readRows(db, model, groups));
  if (changes.length === 0) return "unsuited";
  const creations = changes.filter((change) => change.before === undefined).length;
  const complete = { inserted: creations, updated: changes.length - creations };
  const result = resultOf(notificationOf(model, changes.map(versionOf), last), complete);
  try {
    return (await model.write(db, changes, { fence, result })).fenced === 1 ? "applied" : "fenced";
  } catch (error) {
    if (isIncomplete(error)) return "unsuited";
    throw error;
  }
}

const noFence = sql`select 1`;

/** With `complete`, anything else than so many rows of each kind undoes the statement, by a division by zero. */
function resultOf(notification: string, complete?: { inserted: number; updated: number }): SQL {
  const undo = complete
    ? sql`, 1 / (case when (select count(*) from fence) = 0
        or ((select count(*) from inserted) = ${complete.inserted}::bigint
          and (select count(*) from updated) = ${complete.updated}::bigint) then 1 else 0 end) as complete`
    : sql``;
  return sql`
    select (select pg_notify('millrace_rows', ${notification}) from fence),
      (select count(*) from fence)::integer as fenced, (select count(*) from inserted)::integer as inserted,
      (select count(*) from updated)::integer as updated${undo}`;
}

const DIVISION_BY_ZERO = "22012";

function isIncomplete(error: unknown): boolean {
  for (let current = error; current instanceof Error; current = current.cause) {
    if ("code" in current && current.code === DIVISION_BY_ZERO) return true;
  }
  return false;
}

function versionOf<R extends Row>({ after: { id, version } }: Change<R>): RowChange {
  return { id, version };
}

function notificationOf<R extends Row>(
  { name }: Model<R>,
  changes: readonly RowChange[],
  { partition, offset }: ProjectedEvent,
): string {
  return printRowsChanged({ projection: name, partition, offset, changes });
}

function groupByKey(events: readonly ProjectedEvent[]): Groups {
  const groups = new Map<string, ProjectedEvent[]>();
  for (const projected of events) {
    const id = parseStreamName(projected.event.stream).aggregateId;
    const group = groups.get(id);
    if (group) group.push(projected);
    else groups.set(id, [projected]);
  }
  return groups;
}

async function readRows<R extends Row>(tx: Tx, model: Model<R>, groups: Groups): Promise<Map<string, R>> {
  const ids: string[] = [];
  for (const [id, [first]] of groups) if (first?.event.version !== 1) ids.push(id);
  return ids.length === 0 ? new Map() : rowsById(await model.read(tx, ids));
}

function rowsById<R extends Row>(rows: readonly R[]): Map<string, R> {
  return new Map(rows.map((row) => [row.id, row]));
}

function foldAll<R extends Row>(
  model: Model<R>,
  groups: Groups,
  rows: ReadonlyMap<string, R>,
  ids: Iterable<string> = groups.keys(),
): Change<R>[] {
  const changes: Change<R>[] = [];
  for (const id of ids) {
    const before = rows.get(id);
    const after = foldKey(model, before, groups.get(id) ?? []);
    if (after && after !== before) changes.push({ before, after });
  }
  return changes;
}

function foldKey<R extends Row>(
  model: Model<R>,
  before: R | undefined,
  events: readonly ProjectedEvent[],
): R | undefined {
  let row = before;
  for (const projected of events) {
    const version = row?.version ?? 0;
    if (projected.event.version <= version) continue;
    if (projected.event.version !== version + 1) throw new EventGap(projected.event, version);
    row = model.next(row, projected);
  }
  return row;
}

/**
 * Some of the rows to create were there already. All of them are there now: those just written skip their
 * events, the others take what they lack. Answers where each stands now.
 */
async function applyAgain<R extends Row>(
  tx: Tx,
  model: Model<R>,
  groups: Groups,
  creations: readonly Change<R>[],
  notification: string,
): Promise<RowChange[]> {
  const ids = creations.map((change) => change.after.id);
  const rows = rowsById(await model.read(tx, ids));
  const changes = foldAll(model, groups, rows, ids);
  if (changes.length > 0) {
    const written = await model.write(tx, changes, { fence: noFence, result: resultOf(notification) });
    assertAllUpdated(model.name, changes.length, written.updated);
  }
  const after = new Map([...rows, ...changes.map((change) => [change.after.id, change.after] as const)]);
  return [...after.values()].map(({ id, version }) => ({ id, version }));
}

/** A partition has one writer and its rows change only there: a row that moved since it was read proves a bug. */
function assertAllUpdated(model: string, expected: number, updated: number): void {
  if (updated === expected) return;
  throw new Error(
    `${model}: ${expected - updated} of ${expected} rows were changed by another writer meanwhile`,
  );
}
