// Clients that follow changes of rows: their number, their positions, how they catch up, their heartbeats.
import { describe, Failure } from "@millrace/platform/failure";
import type { Log } from "@millrace/platform/log";
import type { ChangedRow, Changes, Position, ReadBounds } from "@millrace/read-models/changes";
import type { RowSubscriber } from "@millrace/read-models/row-listener";
import { closeUnless, type EventStream, openEventStream, printFrame, printOpening } from "./event-stream.ts";
import { createRowFeed, type FeedEntry, type FeedSource, type Follower, type RowFeed } from "./row-feed.ts";

export interface StreamBounds {
  /** Most clients of one process; each holds a socket, and at most its queue. */
  readonly clientsMax: number;
  /** Most bytes that a client may leave unread. */
  readonly queueBytesMax: number;
  /** Most bytes that all clients together may leave unread; an event that several share counts for each. */
  readonly unreadBytesMax: number;
  readonly heartbeatMs: number;
  /** Between two looks at whether clients may still follow. */
  readonly leaveMs: number;
}

/** They fit the container beside large answers: unread bytes come to twelve kilobytes a client, some twenty usual documents. */
export const STREAM_BOUNDS: StreamBounds = {
  clientsMax: 2_000,
  queueBytesMax: 1_048_576,
  unreadBytesMax: 24_000_000,
  heartbeatMs: 15_000,
  // A key that is revoked is refused within as much.
  leaveMs: 2_000,
};

/** One read for a client that catches up; where the client takes nothing, it holds no more of its own. */
const CATCH_UP: ReadBounds = { rows: 200, bytes: 65_536 };

export interface RowSource extends FeedSource {
  changesSince(position: Position, bounds?: ReadBounds): Promise<Changes>;
  changeOf(id: string): Promise<ChangedRow | undefined>;
}

export interface Wish {
  /** The row to follow; left out, all rows. */
  readonly id?: string;
  /** The position that the client has come to; left out, it starts at the present. */
  readonly resumeAt?: Position;
  /** Called once, whether the client or the server ended the stream. */
  readonly onOver?: () => void;
  /** Whether the client may still follow. @throws while that can't be said: the client stays */
  readonly mayGoOn?: (() => Promise<boolean>) | undefined;
}

export interface RowStreams extends RowSubscriber {
  /** Only for a read model whose rows are numbered. @throws Failure `streams_full` at the bound, `shutting_down` */
  open(projection: string, request: Request, wish: Wish): Response;
  clients(): number;
  /** Ends every stream and takes no more. */
  stop(): void;
}

export function createRowStreams(
  sources: readonly RowSource[],
  log: Log,
  bounds = STREAM_BOUNDS,
): RowStreams {
  const streams = new Set<EventStream>();
  /** Of the clients that were let in as somebody. */
  const leaves = new Map<EventStream, () => Promise<boolean>>();
  /** Drops the clients with most unread bytes until the bound holds; they resume where they were. */
  const makeRoom = () => {
    for (;;) {
      let all = 0;
      let [slowest] = streams;
      for (const stream of streams) {
        all += stream.unread();
        if (stream.unread() > (slowest?.unread() ?? 0)) slowest = stream;
      }
      if (all <= bounds.unreadBytesMax) return;
      slowest?.drop();
    }
  };
  const models = new Map(
    sources.map((source) => {
      const reading: RowSource = {
        ...source,
        async changesSince(position, readBounds) {
          const changes = await source.changesSince(position, readBounds);
          makeRoom();
          return changes;
        },
      };
      return [source.projection, { source: reading, feed: createRowFeed(reading, log) }];
    }),
  );
  let stopped = false;
  let timers: readonly ReturnType<typeof setInterval>[] = [];

  const beat = () => {
    for (const stream of streams) stream.beat();
  };
  const askAll = () => {
    for (const [stream, mayGoOn] of leaves) closeUnless(mayGoOn, stream);
  };

  return {
    rowsChanged(changed) {
      models.get(changed.projection)?.feed.rowsChanged(changed);
    },
    missed() {
      for (const { feed } of models.values()) feed.missed();
    },
    open(projection, request, wish) {
      const model = models.get(projection);
      if (!model) throw new Error(`The changes of ${projection} are not numbered, so nobody can follow them`);
      const { source, feed } = model;
      if (stopped) throw new Failure("shutting_down", "This process is stopping", true);
      if (streams.size >= bounds.clientsMax) {
        throw new Failure("streams_full", `${bounds.clientsMax} clients follow rows already`, true);
      }
      const follower = createFollower(
        wish,
        bounds,
        (entry) => sendNew(stream, follower.position, entry),
        () => stream.drop(),
      );
      const stream = openEventStream({
        request,
        queueBytesMax: bounds.queueBytesMax,
        onOver() {
          streams.delete(stream);
          leaves.delete(stream);
          feed.leave(follower);
          wish.onOver?.();
          if (streams.size === 0) for (const timer of timers) clearInterval(timer);
        },
      });
      if (streams.size === 0)
        timers = [setInterval(beat, bounds.heartbeatMs), setInterval(askAll, bounds.leaveMs)];
      streams.add(stream);
      if (wish.mayGoOn) leaves.set(stream, wish.mayGoOn);
      begin(stream, follower, wish, feed, source).catch((error) => {
        log.warn({ cause: describe(error) }, "a client can't follow rows");
        stream.drop();
      });
      return stream.response;
    },
    clients: () => streams.size,
    stop() {
      stopped = true;
      for (const stream of [...streams]) stream.close();
    },
  };
}

interface CatchingUp extends Follower {
  readonly position: Map<number, number>;
  /** Answers what was kept back; from now on nothing is. */
  release(): readonly FeedEntry[];
}

/** Keeps new changes back until the client has caught up: an older state must never follow a newer one. */
function createFollower(
  { id, resumeAt }: Wish,
  { queueBytesMax }: StreamBounds,
  send: (entry: FeedEntry) => void,
  overflow: () => void,
): CatchingUp {
  let kept: FeedEntry[] | undefined = [];
  let keptBytes = 0;
  return {
    id,
    position: new Map(resumeAt),
    deliver(entry) {
      if (!kept) return send(entry);
      keptBytes += entry.frame.byteLength;
      if (keptBytes > queueBytesMax) overflow();
      else kept.push(entry);
    },
    release() {
      const released = kept ?? [];
      kept = undefined;
      return released;
    },
  };
}

/** Catches up, joins the feed, closes the gap between the two, then sends what was kept back. */
async function begin(
  stream: EventStream,
  follower: CatchingUp,
  wish: Wish,
  feed: RowFeed,
  source: RowSource,
): Promise<void> {
  const { position } = follower;
  if (wish.resumeAt) {
    stream.send(printOpening(wish.resumeAt));
    await forgetForeignPlaces(position, source);
    await catchUp(stream, position, wish, source);
  }
  if (stream.isOver()) return;
  const joinedAt = await feed.join(follower);
  if (stream.isOver()) return feed.leave(follower);
  if (wish.resumeAt) await catchUp(stream, position, wish, source);
  else stream.send(printOpening(joinedAt));
  for (const entry of follower.release()) sendNew(stream, position, entry);
}

/**
 * A position past the present comes from another database, before a fresh start or a restore. That partition is read from its
 * start, since the old numbers mean nothing in this database.
 */
async function forgetForeignPlaces(position: Map<number, number>, source: RowSource): Promise<void> {
  const present = await source.presentPosition();
  for (const [partition, change] of position) {
    if (change > (present.get(partition) ?? 0)) position.set(partition, 0);
  }
}

/** Sends what has changed since the position, as it is now, and moves the position along. */
async function catchUp(
  stream: EventStream,
  position: Map<number, number>,
  { id }: Wish,
  source: RowSource,
): Promise<void> {
  if (id !== undefined) {
    const row = await source.changeOf(id);
    if (row && isNew(row, position)) sendAt(stream, position, row, source);
    return;
  }
  for (let more = true; more; ) {
    await stream.drained();
    if (stream.isOver()) return;
    const changes = await source.changesSince(position, CATCH_UP);
    for (const row of changes.rows) sendAt(stream, position, row, source);
    more = changes.more;
  }
}

function sendAt(
  stream: EventStream,
  position: Map<number, number>,
  row: ChangedRow,
  { noun }: RowSource,
): void {
  position.set(row.partition, row.change);
  stream.send(printFrame(row, position, noun));
}

function sendNew(stream: EventStream, position: Position, { row, frame }: FeedEntry): void {
  if (isNew(row, position)) stream.send(frame);
}

function isNew({ partition, change }: ChangedRow, position: Position): boolean {
  return change > (position.get(partition) ?? 0);
}
