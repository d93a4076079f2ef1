// A partition's actor: one thread that owns one partition and nothing else. Its modes are ActorState's
// (protocol.ts). It claims its handlers' checkpoints, then works through its mailbox, a batch a transaction.
// Must never write without moving a checkpoint that it owns in the same transaction.
import type { ReceivedRecord } from "@millrace/kafka/consume";
import { describe } from "@millrace/platform/failure";
import { connectPostgres, type Database } from "@millrace/platform/postgres";
import { claimCheckpoint, Fenced, moveCheckpoint } from "./checkpoint.ts";
import { parkedKeys } from "./dead-letter.ts";
import type { RecordHandler } from "./handler.ts";
import { type ActorState, type Assignment, decodeRecords, type FromActor, type ToActor } from "./protocol.ts";
import { createTask, type Task } from "./task.ts";

export interface ActorOptions {
  readonly databaseUrl: string;
  /** Shown in pg_stat_activity. */
  readonly name: string;
  readonly handlers: readonly RecordHandler[];
  /** Records in one transaction. */
  readonly batchMax: number;
  /** Tries of a record that fails before it is parked. */
  readonly attemptsMax: number;
}

declare const self: Worker;

const BACKOFF_FIRST_MS = 100;
const BACKOFF_MOST_MS = 5_000;

/** Makes this thread an actor. Called once, by a worker's main file. */
export function runActor(options: ActorOptions): void {
  const { sql, db } = connectPostgres({ url: options.databaseUrl, name: options.name, connectionsMax: 1 });
  let mailbox: ReceivedRecord[] = [];
  let tasks: Task[] = [];
  let running = false;
  let stopping = false;
  let dead = false;

  const enter = (state: ActorState, detail?: string) => {
    tell(detail === undefined ? { type: "state", state } : { type: "state", state, detail });
  };

  const claim = async (assignment: Assignment) => {
    enter("claiming");
    const handlers = options.handlers.filter((handler) => handler.topic === assignment.topic);
    for (let backoffMs = BACKOFF_FIRST_MS; !stopping; backoffMs = Math.min(backoffMs * 2, BACKOFF_MOST_MS)) {
      try {
        tasks = await claimAll(db, handlers, assignment, options);
        const offset = Math.min(...tasks.map((task) => task.offset()));
        tell({ type: "claimed", offset, epoch: tasks[0]?.epoch() ?? 0 });
        enter("idle");
        return;
      } catch (error) {
        enter("backing-off", describe(error));
        await Bun.sleep(backoffMs);
      }
    }
  };

  const work = async () => {
    if (running || dead) return;
    running = true;
    let backoffMs = BACKOFF_FIRST_MS;
    while (mailbox.length > 0 && !stopping && !dead) {
      const batch = mailbox.slice(0, options.batchMax);
      try {
        enter("working");
        for (const task of tasks) await task.handle(batch);
        mailbox = mailbox.slice(batch.length);
        backoffMs = BACKOFF_FIRST_MS;
        const last = batch[batch.length - 1] as ReceivedRecord;
        tell({ type: "committed", offset: last.offset + 1, records: batch.length });
      } catch (error) {
        if (error instanceof Fenced) {
          dead = true;
          enter("fenced", error.message);
        } else {
          enter("backing-off", describe(error));
          await Bun.sleep(backoffMs);
          backoffMs = Math.min(backoffMs * 2, BACKOFF_MOST_MS);
        }
      }
    }
    running = false;
    if (stopping) await finish();
    else if (!dead) enter("idle");
  };

  const finish = async () => {
    mailbox = [];
    await sql.end({ timeout: 2 });
    enter("stopped");
  };

  self.onmessage = ({ data }: MessageEvent<ToActor>) => {
    switch (data.type) {
      case "claim":
        void claim(data.assignment);
        return;
      case "records":
        mailbox = mailbox.concat(decodeRecords(data.json));
        void work();
        return;
      case "stop":
        stopping = true;
        if (!running) void finish();
        return;
    }
  };
  tell({ type: "ready" });
}

/** Claims each handler's checkpoint and puts one that Kafka can no longer serve where it can. */
async function claimAll(
  db: Database,
  handlers: readonly RecordHandler[],
  assignment: Assignment,
  options: ActorOptions,
): Promise<Task[]> {
  const { topic, partition, owner, low, high } = assignment;
  const tasks: Task[] = [];
  for (const handler of handlers) {
    const key = { projection: handler.projection, topic, partition };
    let checkpoint = await claimCheckpoint(db, key, owner);
    if (checkpoint.offset > high || checkpoint.offset < low) {
      const fields = { ...key, checkpoint: checkpoint.offset, low, high };
      const message =
        checkpoint.offset > high
          ? "the topic was created anew: reading it from its start, rows keep what they have seen"
          : "Kafka no longer has the next records: reading on from what it has; rows with a gap will be parked";
      tell({ type: "log", level: "warn", fields, message });
      checkpoint = await moveCheckpoint(db, checkpoint, low);
    }
    const parked = await parkedKeys(db, key);
    tasks.push(createTask({ db, handler, checkpoint, parked, tell, ...options }));
  }
  return tasks;
}

function tell(message: FromActor): void {
  self.postMessage(message);
}
