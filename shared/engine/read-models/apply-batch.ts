// One batch folded row by row in memory, then written as one statement.
import { type SQL, sql } from "drizzle-orm";
import type { StoredEvent } from "@millrace/events/envelope";
import { textArray } from "@millrace/platform/columns";
import { hasCode, type Tx, UNIQUE_VIOLATION } from "@millrace/platform/postgres";
import type { Statement, Values } from "@millrace/platform/statement";
import type { Sums } from "./kept-sums.ts";
import { type Alone, type AloneOutcome, EventGap, type LeaveOut, type ProjectedEvent } from "./read-model.ts";
import { hashOf, notifyRowsChanged } from "./row-changes.ts";
import { type Change, givenValues, type Row, type RowColumns } from "./rows.ts";
import type { Writing } from "./writing.ts";

/** A read model as its batches need it. */
export interface Folding<Value> {
  readonly name: string;
  readonly rows: RowColumns<Value>;
  readonly sums: Sums<Value> | undefined;
  readonly writing: Writing;
  /** Of the row that the event is for. */
  idOf(event: StoredEvent): string;
  /** The row after an event that follows it at once. @throws what the codec throws of an event it can't read. */
  next(row: Row<Value> | undefined, projected: ProjectedEvent): Row<Value>;
  read(tx: Tx, ids: readonly string[]): Promise<Row<Value>[]>;
}

/** One row's events of the batch, oldest first. */
type Groups = ReadonlyMap<string, readonly ProjectedEvent[]>;

/** See Projection.apply. */
export async function applyBatch<Value>(
  tx: Tx,
  model: Folding<Value>,
  events: readonly ProjectedEvent[],
): Promise<void> {
  const groups = groupById(model, events);
  const changes = foldAll(model, groups, await readRows(tx, model, [...groups.keys()]));
  if (changes.length === 0) return;
  const { values, recounted } = valuesOf(model, changes);
  try {
    await model.writing.any(NO_FENCE).run(tx, values);
  } catch (cause) {
    if (!isNotAsFound(cause)) throw cause;
    // A partition has one writer and its rows change only there: a row that moved since it was read proves a bug.
    throw new Error(`${model.name}: rows of the batch were changed by another writer meanwhile`, { cause });
  }
  if (recounted.length > 0) await recount(tx, model, recounted);
}

/**
 * See Projection.applyAlone. Rows are read only for streams that the batch does not begin: most rows are written
 * without a read. A row that turns out to be there already (redelivery) undoes the statement.
 */
export async function applyAlone<Value>(
  db: Tx,
  model: Folding<Value>,
  events: readonly ProjectedEvent[],
  { fence, onNotifyFailed }: Alone,
): Promise<AloneOutcome> {
  const groups = groupById(model, events);
  const begun = [...groups].flatMap(([id, [first]]) => (first?.event.version === 1 ? [] : [id]));
  // Any other writer of these rows has to take the checkpoint first, and then the fence answers no row.
  const changes = foldAll(model, groups, await readRows(db, model, begun));
  if (changes.length === 0) return "unsuited";
  const { values, recounted } = valuesOf(model, changes);
  if (recounted.length > 0) return "unsuited";
  const hashes = changes.map(({ after }) => hashOf(after.id));
  // Sent together on one connection, in this order.
  const [written, notified] = await Promise.allSettled([
    statementFor(model, changes, fence.moving).run(db, { ...values, ...fence.values }),
    notifyRowsChanged(db, { projection: model.name, hashes }, fence),
  ]);
  if (written.status === "rejected") {
    if (isNotAsFound(written.reason)) return "unsuited";
    throw written.reason;
  }
  if (notified.status === "rejected") onNotifyFailed(notified.reason);
  return written.value[0]?.fenced === 1 ? "applied" : "fenced";
}

const NO_FENCE: SQL = sql`select 1`;

function statementFor<Value>(
  { writing }: Folding<Value>,
  changes: readonly Change<Value>[],
  fence: SQL,
): Statement {
  return changes.every(({ before }) => before === undefined) ? writing.creating(fence) : writing.any(fence);
}

function valuesOf<Value>(
  { rows, sums }: Folding<Value>,
  changes: readonly Change<Value>[],
): { values: Values; recounted: readonly string[] } {
  const inserted = changes.filter(({ before }) => before === undefined).length;
  const moved = sums?.valuesOf(changes);
  return {
    values: { ...givenValues(rows, changes), ...moved?.values, inserted, updated: changes.length - inserted },
    recounted: moved?.recounted ?? [],
  };
}

/**
 * The rows that were taken from a key may have held its greatest or least. This transaction has the key's sums locked by
 * now, so that rows which another partition writes are there already, or are added to the sums after this.
 */
async function recount<Value>(tx: Tx, { sums }: Folding<Value>, keys: readonly string[]): Promise<void> {
  await sums?.recount?.run(tx, { recounted: textArray(keys) });
}

/** A row is not as the batch found it: by the count in the statement, or since all were taken for new. */
function isNotAsFound(error: unknown): boolean {
  return hasCode(error, (code) => code === DIVISION_BY_ZERO || code === UNIQUE_VIOLATION);
}
const DIVISION_BY_ZERO = "22012";

function groupById<Value>(model: Folding<Value>, events: readonly ProjectedEvent[]): Groups {
  const groups = new Map<string, ProjectedEvent[]>();
  for (const projected of events) {
    const id = model.idOf(projected.event);
    const group = groups.get(id);
    if (group) group.push(projected);
    else groups.set(id, [projected]);
  }
  return groups;
}

async function readRows<Value>(
  tx: Tx,
  model: Folding<Value>,
  ids: readonly string[],
): Promise<Map<string, Row<Value>>> {
  if (ids.length === 0) return new Map();
  return new Map((await model.read(tx, ids)).map((row) => [row.id, row]));
}

function foldAll<Value>(
  model: Folding<Value>,
  groups: Groups,
  rows: ReadonlyMap<string, Row<Value>>,
): Change<Value>[] {
  const changes: Change<Value>[] = [];
  for (const [id, events] of groups) {
    const before = rows.get(id);
    const after = foldRow(model, before, events);
    if (after && after !== before) changes.push({ before, after });
  }
  return changes;
}

/** Of rows that are not there yet. One that can't be made of its events is left out, and the others are made. */
export function foldNew<Value>(
  model: Folding<Value>,
  events: readonly ProjectedEvent[],
  leaveOut: LeaveOut,
): Change<Value>[] {
  const changes: Change<Value>[] = [];
  for (const [id, group] of groupById(model, events)) {
    try {
      const after = foldRow(model, undefined, group);
      if (after) changes.push({ before: undefined, after });
    } catch (error) {
      leaveOut(id, error);
    }
  }
  return changes;
}

function foldRow<Value>(
  model: Folding<Value>,
  before: Row<Value> | undefined,
  events: readonly ProjectedEvent[],
): Row<Value> | undefined {
  let row = before;
  for (const projected of events) {
    const version = row?.version ?? 0;
    if (projected.event.version <= version) continue;
    if (projected.event.version !== version + 1) throw new EventGap(projected.event, version);
    row = model.next(row, projected);
  }
  return row;
}
