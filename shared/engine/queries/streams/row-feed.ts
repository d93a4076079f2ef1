// Changed rows of one read model, read once for all the clients that follow them.
import { describe } from "@millrace/platform/failure";
import type { Log } from "@millrace/platform/log";
import type { ChangedRow, Changes, Position } from "@millrace/read-models/changes";
import type { RowSubscriber } from "@millrace/read-models/row-listener";
import { printFrame } from "./event-stream.ts";

/** A change as every follower gets it. */
export interface FeedEntry {
  readonly row: ChangedRow;
  /** The change as a server-sent event. */
  readonly frame: Uint8Array;
}

export interface Follower {
  /** The row that it follows; left out, all rows. */
  readonly id?: string | undefined;
  deliver(entry: FeedEntry): void;
}

export interface RowFeed extends RowSubscriber {
  /** Answers a position; from then on the follower gets every change past it. */
  join(follower: Follower): Promise<Position>;
  leave(follower: Follower): void;
}

export interface FeedSource {
  /** The read model's name, and the word for one of its rows. */
  readonly projection: string;
  readonly noun: string;
  changesSince(position: Position): Promise<Changes>;
  presentPosition(): Promise<Position>;
}

/** Bytes delivered in one turn of the event loop. Then sockets take what is queued, or a burst would make clients look slow. */
const SLICE_BYTES = 65_536;
/** Milliseconds until the next read after one that failed. */
const READ_AGAIN_MS = 250;
/**
 * Milliseconds of rest after a read of all that had changed: under load rows change hundreds of times a second, and nobody
 * sees the difference. The first change after a quiet moment is read at once.
 */
const GATHER_MS = 25;

/**
 * Idle while nobody follows. The first to join sets the position to the present; a notification then makes one read of
 * what has changed since, and notifications during a read and the rest after it make one more.
 */
export function createRowFeed(source: FeedSource, log: Log): RowFeed {
  /** By the row that they follow, under `undefined` those of all rows, so that a change looks only at its own followers. */
  const followers = new Map<string | undefined, Set<Follower>>();
  let position: Promise<Position> | undefined;
  let reading = false;
  let readAgain = false;

  const read = async () => {
    readAgain = true;
    if (reading) return;
    reading = true;
    while (readAgain && followers.size > 0) {
      readAgain = false;
      try {
        if (await advance()) readAgain = true;
        else await Bun.sleep(GATHER_MS);
      } catch (error) {
        log.warn({ cause: describe(error) }, "can't read changed rows");
        readAgain = true;
        await Bun.sleep(READ_AGAIN_MS);
      }
    }
    reading = false;
  };

  /** Answers whether there is more to read. */
  const advance = async (): Promise<boolean> => {
    let current = position;
    if (!current) return false;
    const from = new Map(await current);
    const { rows, more } = await source.changesSince(from);
    if (position !== current || followers.size === 0) return false;
    let sliceBytes = 0;
    for (const row of rows) {
      sliceBytes += deliver(row, from);
      if (sliceBytes < SLICE_BYTES) continue;
      sliceBytes = 0;
      current = position = Promise.resolve(new Map(from));
      await Bun.sleep(0);
      // All followers left meanwhile, and new ones joined at a later position.
      if (position !== current || followers.size === 0) return false;
    }
    position = Promise.resolve(from);
    return more;
  };

  /** Answers the bytes that were delivered. */
  const deliver = (row: ChangedRow, reached: Map<number, number>): number => {
    reached.set(row.partition, row.change);
    const audience = [followers.get(row.id), followers.get(undefined)].filter((some) => some !== undefined);
    if (audience.length === 0) return 0;
    const entry = { row, frame: printFrame(row, reached, source.noun) };
    for (const some of audience) for (const follower of some) follower.deliver(entry);
    return entry.frame.byteLength;
  };

  const leave = (follower: Follower) => {
    const beside = followers.get(follower.id);
    beside?.delete(follower);
    if (beside?.size === 0) followers.delete(follower.id);
  };

  const wake = () => {
    if (followers.size > 0) void read();
  };

  return {
    rowsChanged({ projection }) {
      if (projection === source.projection) wake();
    },
    missed: wake,
    async join(follower) {
      if (followers.size === 0) position = source.presentPosition();
      const { id } = follower;
      const beside = followers.get(id);
      if (beside) beside.add(follower);
      else followers.set(id, new Set([follower]));
      try {
        return await (position as Promise<Position>);
      } catch (error) {
        leave(follower);
        throw error;
      }
    },
    leave,
  };
}
