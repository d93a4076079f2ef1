import { accept, type Decider, type Decision, refuse } from "@millrace/domain/decider";
import type { UserCommand } from "./commands.ts";
import type { UserEvent } from "./events.ts";
import { evolve } from "./evolve.ts";
import type { UserRefusal } from "./refusals.ts";
import type { ExistingUser, UserState } from "./state.ts";

export const userDecider: Decider<UserCommand, UserState, UserEvent, UserRefusal> = {
  category: "user",
  initialState: { exists: false },
  evolve,
  decide,
};

type UserDecision = Decision<UserEvent, UserRefusal>;

function decide(command: UserCommand, state: UserState): UserDecision {
  if (command.type === "CreateUser") return create(command, state);
  if (!state.exists || state.deleted) return refuse({ code: "user_not_found" });

  switch (command.type) {
    case "ChangeUser":
      return change(command, state);
    case "DeleteUser":
      return accept({ type: "UserDeleted", data: {} });
  }
}

/** A deleted user's id counts as taken: it is never given again. */
function create(
  { type: _, ...data }: Extract<UserCommand, { type: "CreateUser" }>,
  state: UserState,
): UserDecision {
  if (state.exists) return refuse({ code: "user_already_exists" });
  return accept({ type: "UserCreated", data });
}

function change(command: Extract<UserCommand, { type: "ChangeUser" }>, user: ExistingUser): UserDecision {
  const name = command.name ?? user.name;
  const email = command.email ?? user.email;
  if (name === user.name && email === user.email) return accept();
  return accept({ type: "UserChanged", data: email === undefined ? { name } : { name, email } });
}
