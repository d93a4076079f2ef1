// What an actor has in Postgres: its one session, and its claims. Must never end a session of its own.
import { BY_INDEX, connectPostgres, type Database } from "@millrace/platform/postgres";
import type { ActorOptions } from "./actor.ts";
import { type Checkpoint, claimCheckpoint } from "./checkpoint.ts";
import { dueKeys, parkedKeys } from "./dead-letter.ts";
import { gathering } from "./gathering.ts";
import type { RecordHandler } from "./handler.ts";
import type { Assignment, FromActor } from "./protocol.ts";
import { createTask, type Task } from "./task.ts";

export interface Session extends ReturnType<typeof connectPostgres> {
  readonly name: string;
}

/** Bytes that Postgres keeps of a session's name. */
const APPLICATION_NAME_MAX = 63;

export function openSession({ name, databaseUrl }: ActorOptions, { topic, partition }: Assignment): Session {
  const own = `${name} ${topic}/${partition}`.slice(0, APPLICATION_NAME_MAX);
  const connection = { url: databaseUrl, name: own, connectionsMax: 1, settings: BY_INDEX };
  return { name: own, ...connectPostgres(connection) };
}

/**
 * Ends the sessions of the partition's former actors. The fence keeps them from writing, but one that is frozen or half
 * open in its transaction would keep the locks that we need for as long as it likes. A role may end its own sessions
 * alone, and the former actors have the same.
 */
export async function endFormerSessions({ sql, name }: Session): Promise<void> {
  if (sql.options.max !== 1) throw new Error("An actor has one session: others of its name would be ended");
  await sql`
    select pg_terminate_backend(pid) from pg_stat_activity
    where application_name = ${name} and datname = current_database() and usename = current_user
      and pid <> pg_backend_pid()`;
}

export async function claimAll(
  db: Database,
  handlers: readonly RecordHandler[],
  { topic, partition, owner }: Assignment,
  options: ActorOptions & { post(message: FromActor): void },
): Promise<Task[]> {
  const tasks: Task[] = [];
  for (const handler of handlers.toSorted(joiningLast)) {
    const key = { projection: handler.projection, topic, partition };
    const checkpoint = await claimCheckpoint(db, key, owner, handler.joins ? furthestOf(tasks) : undefined);
    const parked = await parkedKeys(db, key);
    const due = await dueKeys(db, key);
    await handler.onClaimed?.(db);
    const task = createTask({ db, handler, checkpoint, parked, due, ...options });
    tasks.push(handler.gathers ? gathering(task) : task);
  }
  return tasks;
}

function joiningLast(one: RecordHandler, other: RecordHandler): number {
  return Number(one.joins ?? false) - Number(other.joins ?? false);
}

function furthestOf(tasks: readonly Task[]): Checkpoint | undefined {
  const checkpoints = tasks.map((task) => task.checkpoint());
  return checkpoints.sort((one, other) => other.offset - one.offset)[0];
}

/** Tasks that would hold up the one that has come furthest. */
export function farBehind(tasks: readonly Task[], behindMax: number): Task[] {
  const furthest = Math.max(...tasks.map((task) => task.offset()));
  return tasks.filter((task) => furthest - task.offset() > behindMax);
}
