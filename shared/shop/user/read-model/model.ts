import * as v from "valibot";
import { defineReadModel, evolving, streamsOf } from "@millrace/read-models/define";
import { documentFields } from "@millrace/read-models/document-fields";
import { userCodec } from "../codec.ts";
import { type ExistingUser, userDecider } from "../decide.ts";
import { users } from "./table.ts";

export const usersModel = defineReadModel({
  name: "users",
  of: streamsOf({
    category: userDecider.category,
    codec: userCodec,
    next: evolving(userDecider),
    commands: { UserCreated: "CreateUser", UserChanged: "ChangeUser", UserDeleted: "DeleteUser" },
  }),
  table: users,
  columns: { deleted: ({ value }) => value.deleted },
  document({ value: { id, name, email }, version, createdAt, updatedAt }) {
    return JSON.stringify({ id, name, email, version, createdAt, updatedAt });
  },
  restore({ deleted, document }): ExistingUser {
    const { version: _, createdAt: __, updatedAt: ___, ...data } = JSON.parse(document);
    return { exists: true, deleted, ...data };
  },
  shown: {
    noun: "user",
    id: "The user's id, as text",
    schema: v.object({
      id: v.union([v.string(), v.number()]),
      name: v.string(),
      email: v.exactOptional(v.string()),
      ...documentFields,
    }),
  },
});
