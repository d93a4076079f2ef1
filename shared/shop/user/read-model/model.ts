import { defineReadModel, streamsOf } from "@millrace/read-models/define";
import { userCodec } from "../codec.ts";
import { userDecider } from "../decide.ts";
import type { UserEvent } from "../events.ts";
import type { ExistingUser } from "../state.ts";
import { userDocument } from "./schema.ts";
import { users } from "./table.ts";

export const usersModel = defineReadModel({
  name: "users",
  of: streamsOf({
    category: userDecider.category,
    codec: userCodec,
    next,
    commands: { UserCreated: "CreateUser", UserChanged: "ChangeUser", UserDeleted: "DeleteUser" },
  }),
  table: users,
  columns: { deleted: ({ value }) => value.deleted },
  document({ value: { id, name, email }, version, createdAt, updatedAt }) {
    return JSON.stringify({
      id,
      name,
      ...(email === undefined ? {} : { email }),
      version,
      createdAt,
      updatedAt,
    });
  },
  restore({ deleted, document }): ExistingUser {
    const { version: _, createdAt: __, updatedAt: ___, ...data } = JSON.parse(document);
    return { exists: true, deleted, ...data };
  },
  shown: { noun: "user", id: "The user's id, as text", schema: userDocument },
});

function next(user: ExistingUser | undefined, event: UserEvent): ExistingUser {
  const evolved = userDecider.evolve(user ?? userDecider.initialState, event);
  if (!evolved.exists) throw new Error(`${event.type} leaves no user`);
  return evolved;
}
