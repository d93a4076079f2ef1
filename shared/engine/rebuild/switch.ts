// One transaction that makes a copy the live read model and the live one the way back. Readers wait for it at
// most some milliseconds and never see both; actors of the former live one are fenced by a higher epoch.
import { Failure } from "@millrace/platform/failure";
import { isPostgresRace, type Sql, type SqlTx } from "@millrace/platform/postgres";
import { exchangeNames, holdCheckpoints } from "@millrace/projector/projection-names";
import { type ReadModel, tablesOf } from "@millrace/read-models/read-model";
import { printRowsChanged, ROWS_CHANNEL } from "@millrace/read-models/row-changes";
import type { Doer } from "@millrace/trail/doer";
import { recordAct } from "@millrace/trail/record";
import { changedSince, type Difference, differencesOf, wrongSums } from "./compare.ts";
import type { Comparison } from "./compare-whole.ts";
import type { Follower } from "./follow.ts";
import { nameAt, type Place, placeKey } from "./place.ts";
import { coordinatesOf, copyGrants, quoted } from "./shadow.ts";

export interface SwitchOptions {
  readonly sql: Sql;
  readonly model: ReadModel;
  readonly by: Doer;
  /** Where the copy stands that is to go live. */
  readonly from: Place;
  /** Keeps that copy level; paused meanwhile. */
  readonly follower: Follower;
  /** What was not the same when both were compared whole, and the oldest transaction of then. */
  readonly compared: Pick<Comparison, "unequal" | "hasMore" | "xid">;
  /** Oldest transaction when the load began; null where rows have taken their coordinates from records. */
  readonly loadedXid: string | null;
  readonly acceptDifferences: boolean;
  /** For tests: called where a crash would be worst. */
  onLocked?(): Promise<void>;
}

export interface SwitchOutcome {
  readonly switched: boolean;
  readonly differences: readonly Difference[];
  readonly sums: readonly string[];
}

/** Longest that the switch waits for a lock, and so holds up readers behind it. */
const LOCK_TIMEOUT_MS = 2_000;
/** Longest that the live rows stand still while the copy takes in what they have already. */
const LEVEL_WITHIN_MS = 5_000;
const LOOK_EVERY_MS = 5;
const ATTEMPTS_MAX = 10;

/** @throws Failure `too_much_differs`; what Postgres says when no attempt got its locks. */
export async function switchOver(options: SwitchOptions): Promise<SwitchOutcome> {
  if (options.compared.hasMore && !options.acceptDifferences) {
    const most = options.compared.unequal.length;
    const message = `more than ${most} rows of ${options.model.name} differ from the copy's, or are on their way: too many to look at again while the live rows stand still. Nothing was switched; do it when fewer change, or accept the differences`;
    throw new Failure("too_much_differs", message, true);
  }
  for (let attempt = 1; ; attempt++) {
    try {
      return await attemptSwitch(options);
    } catch (error) {
      if (attempt >= ATTEMPTS_MAX || !(error instanceof NotLevel || isLockTimeout(error))) throw error;
    } finally {
      options.follower.resume();
    }
    await Bun.sleep(100 * attempt);
  }
}

/** The copy did not come level with the live rows while they stood still. */
class NotLevel extends Error {}

/** Carries the outcome out of a transaction that must not commit. */
class Refused extends Error {
  readonly outcome: SwitchOutcome;
  constructor(outcome: SwitchOutcome) {
    super("the rows differ");
    this.outcome = outcome;
  }
}

async function attemptSwitch(options: SwitchOptions): Promise<SwitchOutcome> {
  const { sql, model, from, follower, compared } = options;
  try {
    const outcome = await sql.begin(async (tx) => {
      await tx.unsafe(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`);
      // In the order in which actors lock: their statement has the table before it asks for its checkpoint.
      for (const table of tablesOf(model).map(quoted)) {
        await tx.unsafe(`lock table public.${table} in share row exclusive mode`);
      }
      // From here on the live rows stand still.
      const live = await holdCheckpoints(tx, model.name);
      await comeLevel(follower, live);
      await follower.pause();
      const changed = await changedSince(tx, model, from, compared.xid);
      const ids = [...new Set([...compared.unequal, ...changed])];
      const differences = await differencesOf(tx, model, from, ids);
      const sums = await wrongSums(tx, model, from);
      const outcome = { switched: true, differences, sums };
      if (sums.length > 0 || (differences.length > 0 && !options.acceptDifferences)) {
        throw new Refused({ ...outcome, switched: false });
      }
      await setCoordinates(tx, options);
      await options.onLocked?.();
      await moveTables(tx, model, from);
      const names = { live: model.name, copy: nameAt(model, from), previous: nameAt(model, "previous") };
      await exchangeNames(tx, names);
      await tx`update rebuilds set phase = 'switched', changed_at = now() where projection = ${model.name}`;
      const details = { from, differences: differences.length };
      await recordAct(tx, options.by, { name: "projection.switch", target: model.name, details });
      return outcome;
    });
    await notifyReaders(sql, model);
    return outcome;
  } catch (error) {
    if (error instanceof Refused) return error.outcome;
    throw error;
  }
}

async function comeLevel(
  follower: Follower,
  live: readonly { topic: string; partition: number; offset: string }[],
) {
  const deadline = Date.now() + LEVEL_WITHIN_MS;
  for (;;) {
    follower.check();
    const positions = follower.positions();
    const behind = live.filter((at) => (positions.get(placeKey(at)) ?? 0) < Number(at.offset));
    if (behind.length === 0) return;
    if (Date.now() > deadline) throw new NotLevel(`the copy is behind in ${behind.length} partitions`);
    await Bun.sleep(LOOK_EVERY_MS);
  }
}

/**
 * Loaded rows took the coordinates of the live ones as those were then: whatever has changed since takes the
 * present ones. A row that is ahead of the live one gets a new place among the changes, so that the clients that
 * follow them are sent it.
 */
async function setCoordinates(tx: SqlTx, { model, from, loadedXid, compared }: SwitchOptions): Promise<void> {
  const columns = await coordinatesOf(tx, model);
  const set = columns.map((column) => `${quoted(column)} = live.${quoted(column)}`).join(", ");
  const rows = quoted(model.rows);
  await tx.unsafe(
    `update ${from}.${rows} as copy set ${set} from public.${rows} as live
    where copy.id = live.id and copy.version = live.version and age(live.xmin) <= age($1::text::xid)
      and (${columns.map((column) => `copy.${quoted(column)}`).join(", ")})
        is distinct from (${columns.map((column) => `live.${quoted(column)}`).join(", ")})`,
    [loadedXid ?? compared.xid],
  );
  if (!columns.includes("change")) return;
  await tx.unsafe(
    `update ${from}.${rows} as copy set change = default
    where age(copy.xmin) <= age($1::text::xid)
      and not exists (select from public.${rows} as live where live.id = copy.id and live.version >= copy.version)`,
    [loadedXid ?? compared.xid],
  );
}

async function moveTables(tx: SqlTx, model: ReadModel, from: Place): Promise<void> {
  await copyGrants(tx, model, from);
  // The way back takes the place of the one that goes live; `next` is free then, and serves as the ante-room.
  const move = (table: string, leaves: Place | "public", enters: Place | "public") =>
    tx`select move_read_model_table(${table}, ${leaves}, ${enters})`;
  for (const table of tablesOf(model)) {
    if (from === "previous") {
      await move(table, "public", "next");
      await move(table, "previous", "public");
      await move(table, "next", "previous");
    } else {
      await move(table, "public", "previous");
      await move(table, "next", "public");
    }
  }
}

/** Any row may be another now. A hint at most: a full queue of notifications must not undo what is switched. */
async function notifyReaders(sql: Sql, { name }: ReadModel): Promise<void> {
  await sql.notify(ROWS_CHANNEL, printRowsChanged({ projection: name })).catch(() => {});
}

function isLockTimeout(error: unknown): boolean {
  return isPostgresRace(error) || (error instanceof Error && "code" in error && error.code === "55P03");
}
