import type { Ownership } from "@millrace/commands/ownership";
import type { UserCommand } from "./commands.ts";
import type { UserState } from "./state.ts";

/** A user is whoever is known by its id. */
export const userOwnership: Ownership<UserCommand, UserState> = {
  verbs: { CreateUser: "create", ChangeUser: "change", DeleteUser: "remove" },
  knownBy: "id",
  ownerOf: (id, state) => (state.exists ? id : undefined),
  begunBy: (owner, command) =>
    command.type === "CreateUser" && String(command.id) !== owner ? undefined : command,
};
