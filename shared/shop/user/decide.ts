// What may become of a user. Pure: imports nothing but the domain.
import { accept, type Decider, type Decision, refuse } from "@millrace/domain/decider";

export type UserCommand =
  | {
      readonly type: "CreateUser";
      readonly id: string | number;
      readonly name: string;
      readonly email?: string;
    }
  /** Absent fields stay as they are. */
  | { readonly type: "ChangeUser"; readonly name?: string; readonly email?: string }
  | { readonly type: "DeleteUser" };

/** Storage format, names too. A change holds the whole user after it. */
export type UserEvent =
  /** `id` is as the client wrote it, a number or a string; the stream's id is its text. */
  | {
      readonly type: "UserCreated";
      readonly data: { readonly id: string | number; readonly name: string; readonly email?: string };
    }
  | { readonly type: "UserChanged"; readonly data: { readonly name: string; readonly email?: string } }
  | { readonly type: "UserDeleted"; readonly data: Record<string, never> };

export interface ExistingUser {
  readonly exists: true;
  readonly deleted: boolean;
  readonly id: string | number;
  readonly name: string;
  readonly email?: string;
}
export type UserState = { readonly exists: false } | ExistingUser;

export type UserRefusal = { readonly code: "user_not_found" } | { readonly code: "user_already_exists" };

export const userDecider: Decider<UserCommand, UserState, UserEvent, UserRefusal> = {
  category: "user",
  initialState: { exists: false },
  evolve,
  decide,
};

/** A deleted user's id counts as taken: it is never given again. */
function decide(command: UserCommand, state: UserState): Decision<UserEvent, UserRefusal> {
  if (command.type === "CreateUser") {
    if (state.exists) return refuse({ code: "user_already_exists" });
    const { type: _, ...data } = command;
    return accept({ type: "UserCreated", data });
  }
  if (!state.exists || state.deleted) return refuse({ code: "user_not_found" });
  switch (command.type) {
    case "ChangeUser": {
      const { name = state.name, email = state.email } = command;
      if (name === state.name && email === state.email) return accept();
      return accept({ type: "UserChanged", data: email === undefined ? { name } : { name, email } });
    }
    case "DeleteUser":
      return accept({ type: "UserDeleted", data: {} });
  }
}

/** Throws where an event stands before its UserCreated: such a stream is damaged. */
function evolve(state: UserState, event: UserEvent): UserState {
  switch (event.type) {
    case "UserCreated":
      return { exists: true, deleted: false, ...event.data };
    case "UserChanged": {
      const { id, deleted } = existing(state, event);
      return { exists: true, deleted, id, ...event.data };
    }
    case "UserDeleted":
      return { ...existing(state, event), deleted: true };
  }
}

function existing(state: UserState, event: UserEvent): ExistingUser {
  if (!state.exists) throw new Error(`${event.type} stands before UserCreated in its stream`);
  return state;
}
