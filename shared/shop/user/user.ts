// Users, whole: how they are asked for and shown.
import * as v from "valibot";
import type { Shown } from "@millrace/commands/aggregate";
import { byId } from "@millrace/commands/reference";
import { chosenId } from "@millrace/commands/words";
import { nameProblems } from "@millrace/http/problem";
import { defineAggregate } from "@millrace/registry/define-aggregate";
import type { ShopSettings } from "../settings.ts";
import { newUser, readNewUser, readUserPatch, userPatch } from "./body.ts";
import { userCodec } from "./codec.ts";
import { type UserCommand, type UserEvent, type UserRefusal, type UserState, userDecider } from "./decide.ts";
import { usersModel } from "./read-model/model.ts";
import { userSnapshot } from "./snapshot.ts";

const problems = nameProblems({
  user_not_found: { status: 404, title: "User not found", detail: "There is no user with this id." },
  user_already_exists: {
    status: 409,
    title: "User already exists",
    detail: "A user with this id was created before. Ids are never given again, not even after a DELETE.",
  },
});

const shown: Shown<UserState> = {
  schema: v.object({
    id: chosenId,
    name: v.string(),
    email: v.exactOptional(v.string()),
    version: v.pipe(v.number(), v.integer(), v.minValue(1)),
  }),
  of(state, { version }) {
    if (!state.exists) return { version };
    const { id, name, email } = state;
    return { id, name, ...(email === undefined ? {} : { email }), version };
  },
};

export const user = defineAggregate<UserCommand, UserState, UserEvent, UserRefusal, ShopSettings>({
  plural: "users",
  decider: userDecider,
  codec: userCodec,
  snapshot: userSnapshot,
  refusals: problems,
  notFound: problems.user_not_found,
  readModel: usersModel,
  ownership: {
    verbs: { CreateUser: "create", ChangeUser: "change", DeleteUser: "remove" },
    // A user owns the user of their own id, and may begin no other.
    knownBy: "id",
    begunBy: (owner, command) =>
      command.type === "CreateUser" && String(command.id) !== owner ? undefined : command,
  },
  reference: byId,
  creation: {
    name: "createUser",
    schemas: () => [newUser],
    read(body) {
      const parsed = readNewUser(body);
      return parsed.ok ? { ok: true, value: { id: String(parsed.value.id), command: parsed.value } } : parsed;
    },
    refused: [problems.user_already_exists],
    shown,
    example: { id: 1, name: "Alice" },
    routes: [{ path: "/users", summary: "Create a user", examples: { user: { id: 7, name: "Alice" } } }],
  },
  change: {
    name: "changeUser",
    words: [userPatch.entries],
    read(body) {
      const parsed = readUserPatch(body);
      return parsed.ok ? { ok: true, value: [parsed.value] } : parsed;
    },
    refused: [],
    shown,
    summary: "Change a user",
    examples: { name: { name: "Alicia" } },
  },
  removal: {
    name: "deleteUser",
    command: { type: "DeleteUser" },
    refused: [],
    summary: "Delete a user",
  },
});
