// What all projections share: one batch folded key by key in memory, then written as one statement.
import { type SQL, sql } from "drizzle-orm";
import { parseStreamName } from "@millrace/events/envelope";
import { hasCode, type Tx, UNIQUE_VIOLATION } from "@millrace/platform/postgres";
import {
  type Fence,
  named,
  type Statement,
  statementAround,
  type Values,
} from "@millrace/platform/statement";
import { type Alone, type AloneOutcome, EventGap, type LeaveOut, type ProjectedEvent } from "./read-model.ts";
import { hashOf, notifyRowsChanged } from "./row-changes.ts";

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
  /** See `writingAround`. */
  writing(fence: SQL): Statement;
  /** What the statement names. */
  valuesOf(changes: readonly Change<R>[]): Values;
  /** Where most batches only create, and that pays. */
  readonly creating?: Creating<R>;
}

/** A statement for rows that are all new: it fails where one is there already, and so need neither look nor count. */
interface Creating<R extends Row> {
  /** Answers `fenced`. */
  writing(fence: SQL): Statement;
  valuesOf(changes: readonly Change<R>[]): Values;
}

/** What every model's statement has around its own writes. */
interface WriteFrame {
  /** The first common table expression: no row in it, and nothing may be written. */
  readonly fence: SQL;
  /** What the statement selects in the end, from `fence`, `inserted` and `updated`. */
  readonly result: SQL;
}

interface Written {
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
): Promise<void> {
  const groups = groupByKey(events);
  const changes = foldAll(model, groups, await readRows(tx, model, groups));
  if (changes.length === 0) return;
  const creations = changes.filter((change) => change.before === undefined);
  const written = await write(tx, model, changes, NO_FENCE);
  assertAllUpdated(model.name, changes.length - creations.length, written.updated);
  if (written.inserted < creations.length) await applyAgain(tx, model, groups, creations);
}

/** See Projection.applyAlone. */
export async function applyAlone<R extends Row>(
  db: Tx,
  model: Model<R>,
  events: readonly ProjectedEvent[],
  { fence, onNotifyFailed }: Alone,
): Promise<AloneOutcome> {
  const groups = groupByKey(events);
  // Whoever else may write these rows has to take the checkpoint first, and then the fence answers no row.
  const changes = foldAll(model, groups, await readRows(db, model, groups));
  if (changes.length === 0) return "unsuited";
  const hashes = changes.map(({ after }) => hashOf(after.id));
  // Sent together on one connection, in this order.
  const [written, notified] = await Promise.allSettled([
    writeAlone(db, model, changes, fence),
    notifyRowsChanged(db, { projection: model.name, hashes }, fence),
  ]);
  if (written.status === "rejected") {
    if (wasThere(written.reason)) return "unsuited";
    throw written.reason;
  }
  if (notified.status === "rejected") onNotifyFailed(notified.reason);
  return written.value.fenced === 1 ? "applied" : "fenced";
}

/** All of it or nothing. @throws what `wasThere` knows, where a row is not as the batch found it */
async function writeAlone<R extends Row>(
  db: Tx,
  model: Model<R>,
  changes: readonly Change<R>[],
  fence: Fence,
): Promise<Pick<Written, "fenced">> {
  const inserted = changes.filter((change) => change.before === undefined).length;
  if (!model.creating || inserted < changes.length) {
    return write(db, model, changes, fence, { inserted, updated: changes.length - inserted });
  }
  const { writing, valuesOf } = model.creating;
  const [written] = await writing(fence.moving).run(db, { ...valuesOf(changes), ...fence.values });
  return written as unknown as Pick<Written, "fenced">;
}

const NO_FENCE: Fence = { moving: sql`select 1`, moved: sql`select 1`, values: {} };

/** Where so many rows of each kind are named, anything else undoes the statement, by a division by zero. */
const RESULT = sql`
  select (select count(*) from fence)::integer as fenced, (select count(*) from inserted)::integer as inserted,
    (select count(*) from updated)::integer as updated,
    1 / (case when ${named("complete.inserted")}::bigint is null or (select count(*) from fence) = 0
      or ((select count(*) from inserted) = ${named("complete.inserted")}::bigint
        and (select count(*) from updated) = ${named("complete.updated")}::bigint) then 1 else 0 end) as complete`;

/**
 * A model's statement that writes every change, around the batch's frame. A new row whose id is taken is left as it
 * stands, a row that is not at `before`'s version any more as well. What differs from batch to batch is `named` in it.
 */
export function writingAround(writing: (frame: WriteFrame) => SQL): (fence: SQL) => Statement {
  return statementAround((fence) => writing({ fence, result: RESULT }));
}

async function write<R extends Row>(
  on: Tx,
  model: Model<R>,
  changes: readonly Change<R>[],
  fence: Fence,
  complete?: { readonly inserted: number; readonly updated: number },
): Promise<Written> {
  const values = {
    ...model.valuesOf(changes),
    ...fence.values,
    "complete.inserted": complete?.inserted ?? null,
    "complete.updated": complete?.updated ?? null,
  };
  const [written] = await model.writing(fence.moving).run(on, values);
  return written as unknown as Written;
}

/** Of `RESULT`, and of a row that is there already where the statement takes all for new. */
const DIVISION_BY_ZERO = "22012";

function wasThere(error: unknown): boolean {
  return hasCode(error, (code) => code === DIVISION_BY_ZERO || code === UNIQUE_VIOLATION);
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

/** Of rows that are not there yet. One that can't be made of its events is left out, and the others are made. */
export function foldNew<R extends Row>(
  model: Model<R>,
  events: readonly ProjectedEvent[],
  leaveOut: LeaveOut,
): Change<R>[] {
  const changes: Change<R>[] = [];
  for (const [id, group] of groupByKey(events)) {
    try {
      const after = foldKey(model, undefined, group);
      if (after) changes.push({ before: undefined, after });
    } catch (error) {
      leaveOut(id, error);
    }
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
 * events, the others take what they lack.
 */
async function applyAgain<R extends Row>(
  tx: Tx,
  model: Model<R>,
  groups: Groups,
  creations: readonly Change<R>[],
): Promise<void> {
  const ids = creations.map((change) => change.after.id);
  const rows = rowsById(await model.read(tx, ids));
  const changes = foldAll(model, groups, rows, ids);
  if (changes.length === 0) return;
  const written = await write(tx, model, changes, NO_FENCE);
  assertAllUpdated(model.name, changes.length, written.updated);
}

/** A partition has one writer and its rows change only there: a row that moved since it was read proves a bug. */
function assertAllUpdated(model: string, expected: number, updated: number): void {
  if (updated === expected) return;
  throw new Error(
    `${model}: ${expected - updated} of ${expected} rows were changed by another writer meanwhile`,
  );
}
