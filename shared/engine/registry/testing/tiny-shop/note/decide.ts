// What may be done with a note, and what follows.
import { accept, type Decider, type Decision, refuse } from "@millrace/domain/decider";

export type NoteCommand =
  | { readonly type: "CreateNote"; readonly text: string }
  /** Absent fields stay as they are. */
  | { readonly type: "ChangeNote"; readonly text?: string; readonly done?: boolean }
  | { readonly type: "DeleteNote" };

/** Storage format. */
export type NoteEvent =
  | { readonly type: "NoteCreated"; readonly data: { readonly text: string } }
  | { readonly type: "NoteChanged"; readonly data: { readonly text?: string; readonly done?: boolean } }
  | { readonly type: "NoteDeleted"; readonly data: Record<string, never> };

export type NoteRefusal = { readonly code: "note_not_found" } | { readonly code: "note_already_exists" };

export type NoteState = { readonly exists: false } | ExistingNote;

export interface ExistingNote {
  readonly exists: true;
  readonly deleted: boolean;
  readonly text: string;
  readonly done: boolean;
}

export const noteDecider: Decider<NoteCommand, NoteState, NoteEvent, NoteRefusal> = {
  category: "note",
  initialState: { exists: false },
  evolve,
  decide,
};

/** A deleted note's id counts as taken: it is never given again. */
function decide(command: NoteCommand, state: NoteState): Decision<NoteEvent, NoteRefusal> {
  if (command.type === "CreateNote") {
    return state.exists
      ? refuse({ code: "note_already_exists" })
      : accept({ type: "NoteCreated", data: { text: command.text } });
  }
  if (!state.exists || state.deleted) return refuse({ code: "note_not_found" });
  switch (command.type) {
    case "ChangeNote": {
      const { text = state.text, done = state.done } = command;
      if (text === state.text && done === state.done) return accept();
      return accept({ type: "NoteChanged", data: { text, done } });
    }
    case "DeleteNote":
      return accept({ type: "NoteDeleted", data: {} });
  }
}

/** Throws where an event stands before its NoteCreated: such a stream is damaged. */
function evolve(state: NoteState, event: NoteEvent): NoteState {
  switch (event.type) {
    case "NoteCreated":
      return { exists: true, deleted: false, done: false, ...event.data };
    case "NoteChanged":
      return { ...existing(state, event), ...event.data };
    case "NoteDeleted":
      return { ...existing(state, event), deleted: true };
  }
}

function existing(state: NoteState, event: NoteEvent): ExistingNote {
  if (!state.exists) throw new Error(`${event.type} stands before NoteCreated in its stream`);
  return state;
}
