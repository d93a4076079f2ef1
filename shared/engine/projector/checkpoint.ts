// The fence: a projection's place in a partition moves only by compare-and-set on its owner's epoch and its
// own last offset, in the transaction of the rows it speaks of. A late owner's transaction rolls back.

import { and, eq, sql } from "drizzle-orm";
import type { ReceivedRecord } from "@millrace/kafka/received-record";
import type { Statements, Tx } from "@millrace/platform/postgres";
import { type Fence, named, statement } from "@millrace/platform/statement";
import { storable } from "./storable.ts";
import { checkpoints } from "./tables.ts";

export interface CheckpointKey {
  readonly projection: string;
  readonly topic: string;
  readonly partition: number;
}

export interface Checkpoint extends CheckpointKey {
  readonly epoch: number;
  /** The next offset to handle. */
  readonly offset: number;
  /** Identity of the record before it; null where it is not known. */
  readonly lastRecord: string | null;
}

/**
 * Tells a record from the one that another topic of the same name has at its offset: an event that is published
 * again has a later timestamp.
 */
export function identityOf({ timestamp, headers, key }: ReceivedRecord): string {
  // As a number, since an actor gets it as one: of a timestamp past 2^53 the text would be another.
  return storable(`${Number(timestamp)} ${headers.ce_id ?? key ?? ""}`);
}

/** Another owner has claimed the checkpoint since. */
export class Fenced extends Error {
  readonly code = "fenced";
  readonly retryable = false;
  constructor(checkpoint: Checkpoint) {
    const { projection, topic, partition, epoch, offset } = checkpoint;
    super(
      `${projection} on ${topic}/${partition}: epoch ${epoch} at offset ${offset} is no longer the owner's`,
    );
    this.name = "Fenced";
  }
}

type Begin = Pick<Checkpoint, "offset" | "lastRecord">;

/**
 * Takes the checkpoint over: its former owner can no longer commit.
 *
 * @param begin where it stands if there is none yet: at the partition's first record without
 */
export async function claimCheckpoint(
  tx: Tx,
  key: CheckpointKey,
  owner: string,
  { offset, lastRecord }: Begin = { offset: 0, lastRecord: null },
): Promise<Checkpoint> {
  const [row] = await tx
    .insert(checkpoints)
    .values({ ...key, epoch: 1, offset, lastRecord, owner })
    .onConflictDoUpdate({
      target: [checkpoints.projection, checkpoints.topic, checkpoints.partition],
      set: { epoch: sql`${checkpoints.epoch} + 1`, owner, standsStill: null, claimedAt: sql`now()` },
    })
    .returning({ epoch: checkpoints.epoch, offset: checkpoints.offset, lastRecord: checkpoints.lastRecord });
  if (!row) throw new Error("Claiming a checkpoint answered no row");
  return { ...key, ...row };
}

/**
 * Fences all owners of the projection's checkpoints: none of them can move one before it has claimed it anew, and so has seen
 * what this transaction changes. The lock waits for a first claim that is under way, and has later ones wait for the commit;
 * others' checkpoints stand still as long, so the transaction has to be a short one.
 */
export async function fenceOwners(sql: Statements, projection: string): Promise<void> {
  await sql`lock table checkpoints in share row exclusive mode`;
  await sql`update checkpoints set epoch = epoch + 1 where projection = ${projection}`;
}

/** Moves the checkpoint from where its owner left it. @throws Fenced when it is not there any more. */
export async function moveCheckpoint(
  tx: Tx,
  from: Checkpoint,
  offset: number,
  lastRecord: string | null = null,
): Promise<Checkpoint> {
  const to = { ...from, offset, lastRecord };
  const moved = await MOVE.run(tx, fenceOf(from, to).values);
  if (moved.length !== 1) throw new Fenced(from);
  return to;
}

/**
 * Counts foreign records that were passed over, for people who look at the partition; `last` is the last one's offset.
 * A former owner counts nothing.
 */
export async function countForeign(
  tx: Tx,
  checkpoint: Checkpoint,
  { records, last }: { records: number; last: number },
): Promise<void> {
  await tx
    .update(checkpoints)
    .set({ foreignRecords: sql`${checkpoints.foreignRecords} + ${records}`, lastForeign: last })
    .where(isOwned(checkpoint));
}

/** Says why the partition stands still, until its checkpoint moves. */
export async function noteStill(tx: Tx, checkpoint: Checkpoint, cause: string): Promise<void> {
  await tx
    .update(checkpoints)
    .set({ standsStill: storable(cause) })
    .where(isOwned(checkpoint));
}

function isOwned({ projection, topic, partition, epoch }: Checkpoint) {
  return and(
    eq(checkpoints.projection, projection),
    eq(checkpoints.topic, topic),
    eq(checkpoints.partition, partition),
    eq(checkpoints.epoch, epoch),
  );
}

const HERE = sql`projection = ${named("fence.projection")} and topic = ${named("fence.topic")}
  and partition = ${named("fence.partition")} and epoch = ${named("fence.epoch")}`;
const MOVING = sql`
  update checkpoints set "offset" = ${named("fence.to")}, last_record = ${named("fence.last")}, stands_still = null,
    updated_at = now()
  where ${HERE} and "offset" = ${named("fence.from")}
  returning 1`;
const MOVED = sql`select 1 from checkpoints where ${HERE} and "offset" = ${named("fence.to")}`;
const MOVE = statement(MOVING);

/** The compare-and-set, for a statement of a handler's. */
export function fenceOf(from: Checkpoint, to: Pick<Checkpoint, "offset" | "lastRecord">): Fence {
  return {
    moving: MOVING,
    moved: MOVED,
    values: {
      "fence.projection": from.projection,
      "fence.topic": from.topic,
      "fence.partition": from.partition,
      "fence.epoch": from.epoch,
      "fence.from": from.offset,
      "fence.to": to.offset,
      "fence.last": to.lastRecord,
    },
  };
}
