import type { UserEvent } from "./events.ts";
import type { ExistingUser, UserState } from "./state.ts";

/** Throws where an event stands before its UserCreated: such a stream is damaged. */
export function evolve(state: UserState, event: UserEvent): UserState {
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
