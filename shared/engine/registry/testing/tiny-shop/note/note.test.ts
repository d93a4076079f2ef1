import { expect, test } from "bun:test";
import { fold } from "@millrace/domain/decider";
import { given } from "@millrace/testing/given-when-then";
import { type NoteEvent, noteDecider } from "./decide.ts";

const created: NoteEvent = { type: "NoteCreated", data: { text: "milk" } };
const deleted: NoteEvent = { type: "NoteDeleted", data: {} };

test("a note is created once, and its id is never given again", () => {
  given(noteDecider, []).when({ type: "CreateNote", text: "milk" }).then([created]);
  for (const events of [[created], [created, deleted]]) {
    given(noteDecider, events).when({ type: "CreateNote", text: "milk" }).thenRefused("note_already_exists");
  }
});

test("a change holds the whole note after it, and one that changes nothing is no event", () => {
  given(noteDecider, [created])
    .when({ type: "ChangeNote", done: true })
    .then([{ type: "NoteChanged", data: { text: "milk", done: true } }]);
  given(noteDecider, [created]).when({ type: "ChangeNote", text: "milk" }).then([]);
});

test("a note that was never created, or was deleted, is not found", () => {
  for (const events of [[], [created, deleted]]) {
    given(noteDecider, events).when({ type: "ChangeNote", done: true }).thenRefused("note_not_found");
    given(noteDecider, events).when({ type: "DeleteNote" }).thenRefused("note_not_found");
  }
});

test("a stream that does not open with NoteCreated is not read on", () => {
  expect(() => fold(noteDecider, [deleted])).toThrow("NoteDeleted stands before NoteCreated");
});
