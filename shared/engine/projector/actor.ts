// A partition's actor: one thread that owns one partition and nothing else. Its modes are ActorState's
// (protocol.ts). It claims its handlers' checkpoints, then works through its mailbox, a batch a transaction.
// Must never write without moving a checkpoint that it owns in the same transaction.
import { unpackRecords } from "@millrace/kafka/packed-records";
import type { SizedRecord } from "@millrace/kafka/received-record";
import { describe } from "@millrace/platform/failure";
import { BY_INDEX, connectPostgres, type Database, isPostgresAway } from "@millrace/platform/postgres";
import { createTidier } from "@millrace/platform/tidy";
import { HALTED_MS, Halted } from "./breaker.ts";
import { claimCheckpoint, Fenced } from "./checkpoint.ts";
import { dueKeys, parkedKeys } from "./dead-letter.ts";
import type { RecordHandler } from "./handler.ts";
import { WaitingForNewerCode } from "./newer.ts";
import type { ActorState, Assignment, FromActor, ToActor } from "./protocol.ts";
import { sizeOf, takeBatch } from "./size.ts";
import { createTask, type Task } from "./task.ts";

export interface ActorOptions {
  readonly databaseUrl: string;
  /** Shown in pg_stat_activity, with the partition. */
  readonly name: string;
  readonly handlers: readonly RecordHandler[];
  /** Records in one transaction; fewer where they are large. */
  readonly batchMax: number;
  /** Tries of a record that fails before it is parked. */
  readonly attemptsMax: number;
  /** Records that a handler may be behind the first one of its topic before the others no longer wait for it. */
  readonly behindMax?: number;
}

/** What is read from Kafka again within seconds. */
const BEHIND_MAX = 10_000;
/** Between looks whether one that is further behind was built meanwhile: a switch takes its checkpoint over. */
const LEFT_INTERVAL_MS = 5_000;

declare const self: Worker;

const BACKOFF_FIRST_MS = 100;
const BACKOFF_MOST_MS = 5_000;
/** Between looks for what was asked of parked records, while there are any. */
const REQUESTS_INTERVAL_MS = 1_000;

/** Between looks whether a partition that waits for newer code can go on: that comes with another process. */
const WAITING_MS = 5_000;

/** Makes this thread an actor. Called once, by a worker's main file. */
export function runActor(options: ActorOptions): void {
  let session: Session | undefined;
  /** A session of ours was lost, and may live on at the server. */
  let lost = false;
  let mailbox: SizedRecord[] = [];
  /** Nothing is left out before it once the mailbox is empty: past the last record there may be a transaction's marker. */
  let upTo = 0;
  let partition = 0;
  let tasks: Task[] = [];
  /** Too far behind: all is read from the lowest place, and the others would stand still until these come level. */
  let left: Task[] = [];
  let lookedAt = 0;
  let startOver: Extract<ToActor, { type: "start-over" }> | undefined;
  let askedAt = 0;
  let entered: ActorState = "starting";
  const tidier = createTidier();
  let running = false;
  let stopping = false;
  let dead = false;
  let wake: (() => void) | undefined;
  let later: ReturnType<typeof setTimeout> | undefined;

  /** Tells what is new. Whether it is idle or working, the supervisor sees from what it has in hand. */
  const enter = (state: ActorState, detail?: string) => {
    if (state === "idle" && entered === "idle") return;
    entered = state;
    tell(detail === undefined ? { type: "state", state } : { type: "state", state, detail });
  };

  /** A rest that a stop cuts short. */
  const rest = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const claim = async (assignment: Assignment) => {
    enter("claiming");
    const handlers = options.handlers.filter((handler) => handler.topic === assignment.topic);
    session = connect(options, assignment);
    for (let backoffMs = BACKOFF_FIRST_MS; !stopping; backoffMs = Math.min(backoffMs * 2, BACKOFF_MOST_MS)) {
      try {
        await endFormerSessions(session);
        const claimed = await claimAll(session.db, handlers, assignment, options);
        left = farBehind(claimed, options.behindMax ?? BEHIND_MAX);
        tasks = claimed.filter((task) => !left.includes(task));
        if (left.length > 0)
          tell({ type: "left", projections: left.map((task) => task.checkpoint().projection) });
        tellClaimed();
        enter("idle");
        lookLater();
        return;
      } catch (error) {
        enter("backing-off", describe(error));
        await rest(backoffMs);
      }
    }
  };

  const tellClaimed = () => {
    const [first] = [...tasks].sort((a, b) => a.checkpoint().offset - b.checkpoint().offset);
    if (!first) throw new Error("An actor needs a handler for its topic");
    const { offset, epoch, lastRecord } = first.checkpoint();
    tell({ type: "claimed", offset, epoch, lastRecord });
  };

  const isLeftDue = () => left.length > 0 && Date.now() - lookedAt >= LEFT_INTERVAL_MS;

  const isDue = () =>
    startOver !== undefined ||
    mailbox.length > 0 ||
    isLeftDue() ||
    tasks.some((task) => task.isBehind() || task.hasDue()) ||
    (Date.now() - askedAt >= REQUESTS_INTERVAL_MS && tasks.some((task) => task.hasParked()));

  const work = async () => {
    if (running || dead) return;
    running = true;
    let backoffMs = BACKOFF_FIRST_MS;
    while (!stopping && !dead && isDue()) {
      try {
        await workOnce();
        enter("idle");
        backoffMs = BACKOFF_FIRST_MS;
      } catch (error) {
        if (error instanceof Fenced) {
          dead = true;
          enter("fenced", error.message);
        } else if (error instanceof Halted) {
          await standStill("halted", error, HALTED_MS);
        } else if (error instanceof WaitingForNewerCode) {
          await standStill("waiting-for-newer-code", error, WAITING_MS);
        } else {
          lost ||= isPostgresAway(error);
          enter("backing-off", describe(error));
          await rest(backoffMs);
          backoffMs = Math.min(backoffMs * 2, BACKOFF_MOST_MS);
        }
      }
    }
    running = false;
    if (stopping) await finish();
    lookLater();
  };

  const standStill = async (state: "halted" | "waiting-for-newer-code", error: Error, ms: number) => {
    const cause = describe(error);
    enter(state, cause);
    // Where Postgres is away as well, /readyz alone says it.
    await Promise.allSettled(tasks.map((task) => task.standStill(cause)));
    await rest(ms);
  };

  const workOnce = async () => {
    if (lost && session) await endFormerSessions(session);
    lost = false;
    if (isLeftDue()) {
      for (const task of left) await task.prove();
      lookedAt = Date.now();
    }
    if (Date.now() - askedAt >= REQUESTS_INTERVAL_MS || tasks.some((task) => task.hasDue())) {
      for (const task of tasks) if (task.hasParked()) await task.carryOutRequests();
      askedAt = Date.now();
    }
    const batch = takeBatch(mailbox, options.batchMax);
    const last = batch.at(-1);
    if (!last && startOver !== undefined) return startOverWith(startOver);
    if (!last) {
      for (const task of tasks) await task.catchUp();
      const offset = Math.min(...tasks.map((task) => task.offset()));
      return tell({ type: "committed", offset, records: 0, bytes: 0 });
    }
    for (const task of tasks) await task.handle(batch);
    mailbox = mailbox.slice(batch.length);
    tidier.worked(batch.length, sizeOf(batch));
    tell({ type: "committed", offset: last.offset + 1, records: batch.length, bytes: sizeOf(batch) });
    passWhatIsNoRecord();
  };

  const passWhatIsNoRecord = () => {
    if (mailbox.length > 0) return;
    for (const task of tasks) task.pass(upTo);
  };

  /** Not before what came from the old topic has taken effect: nobody may ever send it again. */
  const startOverWith = async ({ offset, forgotten }: NonNullable<typeof startOver>) => {
    for (const task of tasks) await task.startOver(offset, forgotten);
    startOver = undefined;
    upTo = 0;
    // In the new topic they may be level: all of them are claimed anew.
    if (left.length > 0) throw new Fenced((left[0] as Task).checkpoint());
    tellClaimed();
  };

  /** While something becomes due by the clock alone; a thread with nothing to do is never woken. */
  const lookLater = () => {
    clearTimeout(later);
    if (stopping || dead || !(left.length > 0 || tasks.some((task) => task.hasParked() || task.lags())))
      return;
    later = setTimeout(() => (isDue() ? void work() : lookLater()), REQUESTS_INTERVAL_MS);
  };

  const finish = async () => {
    clearTimeout(later);
    mailbox = [];
    // What fails now is read again by whoever comes next.
    if (!dead) await Promise.allSettled(tasks.map((task) => task.catchUp()));
    await session?.sql.end({ timeout: 2 });
    enter("stopped");
  };

  self.onmessage = ({ data }: MessageEvent<ToActor>) => {
    switch (data.type) {
      case "claim":
        partition = data.assignment.partition;
        void claim(data.assignment);
        return;
      case "start-over":
        startOver = data;
        void work();
        return;
      case "records":
        mailbox = mailbox.concat(unpackRecords(partition, data.packed));
        upTo = data.upTo;
        passWhatIsNoRecord();
        void work();
        return;
      case "stop":
        stopping = true;
        wake?.();
        if (!running) void finish();
        return;
    }
  };
  tell({ type: "ready" });
}

interface Session extends ReturnType<typeof connectPostgres> {
  readonly name: string;
}

/** Postgres keeps this much of a name. */
const APPLICATION_NAME_MAX = 63;

function connect({ name, databaseUrl }: ActorOptions, { topic, partition }: Assignment): Session {
  const own = `${name} ${topic}/${partition}`.slice(0, APPLICATION_NAME_MAX);
  const connection = { url: databaseUrl, name: own, connectionsMax: 1, settings: BY_INDEX };
  return { name: own, ...connectPostgres(connection) };
}

/**
 * Ends the sessions of those who had the partition before. The fence keeps them from writing, but one that is
 * frozen or half open in its transaction would keep the locks that we need for as long as it likes.
 */
async function endFormerSessions({ sql, name }: Session): Promise<void> {
  await sql`
    select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = ${name} and datname = current_database() and pid <> pg_backend_pid()`;
}

async function claimAll(
  db: Database,
  handlers: readonly RecordHandler[],
  { topic, partition, owner }: Assignment,
  options: ActorOptions,
): Promise<Task[]> {
  const tasks: Task[] = [];
  for (const handler of handlers) {
    const key = { projection: handler.projection, topic, partition };
    const checkpoint = await claimCheckpoint(db, key, owner);
    const parked = await parkedKeys(db, key);
    const due = await dueKeys(db, key);
    await handler.onClaimed?.(db);
    tasks.push(createTask({ db, handler, checkpoint, parked, due, tell, ...options }));
  }
  return tasks;
}

/** Those that would hold up the one that has come furthest. */
function farBehind(tasks: readonly Task[], behindMax: number): Task[] {
  const furthest = Math.max(...tasks.map((task) => task.offset()));
  return tasks.filter((task) => furthest - task.offset() > behindMax);
}

function tell(message: FromActor): void {
  self.postMessage(message);
}
