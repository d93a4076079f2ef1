import { sql } from "drizzle-orm";
import { topicOf } from "@millrace/events/topics";
import type { Tx } from "@millrace/platform/postgres";
import { applyAlone, applyBatch, type Model, writingAround } from "@millrace/read-models/apply-batch";
import { type Columns, documentColumns, given, givenValues } from "@millrace/read-models/given";
import { loadBatch, loadingInto } from "@millrace/read-models/load-batch";
import type { ProjectedEvent, Projection } from "@millrace/read-models/read-model";
import { timesOf } from "@millrace/read-models/row-times";
import { selectById } from "@millrace/read-models/select-by-id";
import { userCodec } from "../codec.ts";
import { userDecider } from "../decide.ts";
import type { ExistingUser } from "../state.ts";

export const usersProjection: Projection = {
  name: "users",
  topic: topicOf("user"),
  schemaVersionOf: userCodec.schemaVersionOf,
  apply: (tx, events) => applyBatch(tx, model, events),
  applyAlone: (db, events, alone) => applyAlone(db, model, events, alone),
  load: (tx, events, leaveOut) => loadBatch(tx, model, loading, { events, leaveOut }),
};

interface UserRow {
  readonly id: string;
  readonly version: number;
  readonly user: ExistingUser;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly partition: number;
  readonly offset: number;
}

function next(row: UserRow | undefined, { event, partition, offset }: ProjectedEvent): UserRow {
  const recorded = userCodec.decode(event);
  const user = userDecider.evolve(row?.user ?? userDecider.initialState, recorded);
  if (!user.exists) throw new Error(`${event.type} leaves no user`);
  const { aggregateId: id, version, at } = recorded;
  return { id, version, user, ...timesOf(row, at), partition, offset };
}

/** A user as its readers get it; its id as it was written, a number or a string. */
interface UserDocument {
  readonly id: string | number;
  readonly name: string;
  readonly email?: string;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
}

function printDocument({ user, version, createdAt, updatedAt }: UserRow): string {
  const { id, name, email } = user;
  const document: UserDocument = {
    id,
    name,
    ...(email === undefined ? {} : { email }),
    version,
    createdAt,
    updatedAt,
  };
  return JSON.stringify(document);
}

interface StoredRow {
  id: string;
  version: number;
  deleted: boolean;
  document: string;
  partition: number;
  offset: string;
}

const stored = selectById<StoredRow>(sql`users`, sql`id, version, deleted, partition, "offset"`);

async function read(tx: Tx, ids: readonly string[]): Promise<UserRow[]> {
  return (await stored(tx, ids)).map(({ id, version, deleted, document, partition, offset }) => {
    const { version: _, createdAt, updatedAt, ...data } = JSON.parse(document) as UserDocument;
    const user: ExistingUser = { exists: true, deleted, ...data };
    return { id, version, user, createdAt, updatedAt, partition, offset: Number(offset) };
  });
}

const columns: Columns<UserRow> = {
  ...documentColumns(printDocument),
  deleted: { type: "boolean", of: ({ user }) => user.deleted },
  partition: { type: "integer", of: ({ partition }) => partition },
};

const loading = loadingInto("users", columns, { numbered: false });

const writing = writingAround(
  (frame) => sql`
    with fence as (${frame.fence}), given as materialized (
      select * from ${given(columns)} where exists (select from fence)
    ), inserted as (
      insert into users (id, version, created_at, updated_at, deleted, document, partition, "offset")
      select id, version, created_at, updated_at, deleted, document, partition, "offset" from given where before = 0
      on conflict (id) do nothing returning 1
    ), updated as (
      update users set version = given.version, updated_at = given.updated_at, deleted = given.deleted,
        document = given.document, partition = given.partition, "offset" = given."offset"
      from given where users.id = given.id and users.version = given.before and given.before > 0
      returning 1
    )
    ${frame.result}`,
);

const model: Model<UserRow> = {
  name: "users",
  next,
  read,
  writing,
  valuesOf: (changes) => givenValues(columns, changes),
};
