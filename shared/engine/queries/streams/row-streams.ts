// Clients that follow changes of rows: their places, their catching up, their heartbeats.
import { describe, Failure } from "@millrace/platform/failure";
import type { Log } from "@millrace/platform/log";
import type { ChangedRow, Changes, Position, ReadBounds } from "@millrace/read-models/changes";
import type { RowSubscriber } from "@millrace/read-models/row-listener";
import { type EventStream, openEventStream, printFrame, printOpening } from "./event-stream.ts";
import { createRowFeed, type FeedEntry, type FeedSource, type Follower, type RowFeed } from "./row-feed.ts";

export interface StreamBounds {
  /** Clients of one process: each holds a socket, and at most its queue. */
  readonly clientsMax: number;
  /** What a client may leave unread. */
  readonly queueBytesMax: number;
  /** What all clients together may leave unread, each counted as if no frame were shared. */
  readonly unreadBytesMax: number;
  readonly heartbeatMs: number;
}

/** Together they fit the container beside large answers: twelve kilobytes each, some twenty usual documents. */
export const STREAM_BOUNDS: StreamBounds = {
  clientsMax: 2_000,
  queueBytesMax: 1_048_576,
  unreadBytesMax: 24_000_000,
  heartbeatMs: 15_000,
};

/** One read for a client that catches up: all that it holds of its own, where it takes nothing more. */
const CATCH_UP: ReadBounds = { rows: 200, bytes: 65_536 };

export interface RowSource extends FeedSource {
  changesSince(position: Position, bounds?: ReadBounds): Promise<Changes>;
  changeOf(id: string): Promise<ChangedRow | undefined>;
}

export interface Wish {
  /** Follow this row alone. */
  readonly id?: string;
  /** Where the client has come to; absent for one that starts at the present. */
  readonly resumeAt?: Position;
  /** Called once, whoever ended the stream. */
  readonly onOver?: () => void;
}

export interface RowStreams extends RowSubscriber {
  /** Of a read model whose rows are numbered. @throws Failure `streams_full` past the bound, `shutting_down`. */
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
  /** The client that has most to take is dropped, and resumes where it was. */
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
  let beating: ReturnType<typeof setInterval> | undefined;

  const beat = () => {
    for (const stream of streams) stream.beat();
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
          feed.leave(follower);
          wish.onOver?.();
          if (streams.size === 0) clearInterval(beating);
        },
      });
      if (streams.size === 0) beating = setInterval(beat, bounds.heartbeatMs);
      streams.add(stream);
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
  /** What was kept back; nothing is from now on. */
  release(): readonly FeedEntry[];
}

/** Keeps back what is new until the client has caught up: an older state must never follow a newer one. */
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
 * A place past the present was given by another database, before a fresh start or a restore: that partition
 * is read from its start, since what it said then can't be told from what it says now.
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
