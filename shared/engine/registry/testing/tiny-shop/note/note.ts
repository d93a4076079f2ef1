// Notes, whole.
import * as v from "valibot";
import type { Shown } from "@millrace/commands/aggregate";
import { parse } from "@millrace/commands/parsed";
import { byId } from "@millrace/commands/reference";
import { chosenId, name } from "@millrace/commands/words";
import { nameProblems } from "@millrace/http/problem";
import { documentFields } from "@millrace/read-models/document-fields";
import { defineAggregate } from "@millrace/registry/define-aggregate";
import { noteCodec } from "./codec.ts";
import { type NoteCommand, type NoteEvent, type NoteRefusal, type NoteState, noteDecider } from "./decide.ts";
import { notesModel } from "./read-model/model.ts";

const problems = nameProblems({
  note_not_found: { status: 404, title: "Note not found", detail: "There is no note with this id." },
  note_already_exists: {
    status: 409,
    title: "Note already exists",
    detail: "A note with this id was created before. Ids are never given again, not even after a DELETE.",
  },
});

const newNote = v.strictObject({ id: v.exactOptional(chosenId), text: name });
const notePatch = v.strictObject({ text: v.exactOptional(name), done: v.exactOptional(v.boolean()) });

const shown: Shown<NoteState> = {
  schema: v.object({ id: v.string(), text: v.string(), done: v.boolean(), version: documentFields.version }),
  of: (note, { id, version }) =>
    note.exists ? { id, text: note.text, done: note.done, version } : { id, version },
};

export const note = defineAggregate<NoteCommand, NoteState, NoteEvent, NoteRefusal, unknown>({
  plural: "notes",
  decider: noteDecider,
  codec: noteCodec,
  refusals: problems,
  notFound: problems.note_not_found,
  readModel: notesModel,
  ownership: {
    verbs: { CreateNote: "create", ChangeNote: "change", DeleteNote: "remove" },
  },
  reference: byId,
  creation: {
    name: "createNote",
    schemas: () => [newNote],
    read(body, { newId }) {
      const parsed = parse(newNote, body);
      if (!parsed.ok) return parsed;
      const { id = newId(), text } = parsed.value;
      return { ok: true, value: { id: String(id), command: { type: "CreateNote", text } } };
    },
    refused: [problems.note_already_exists],
    shown,
    example: { id: "note-1", text: "Buy milk" },
    routes: [{ path: "/notes", summary: "Create a note", examples: { note: { text: "Buy pens" } } }],
  },
  change: {
    name: "changeNote",
    words: [notePatch.entries],
    read(body) {
      const parsed = parse(notePatch, body);
      return parsed.ok ? { ok: true, value: [{ type: "ChangeNote", ...parsed.value }] } : parsed;
    },
    refused: [],
    shown,
    summary: "Change a note",
    examples: { done: { done: true }, text: { text: "Buy two pens" } },
  },
  removal: { name: "deleteNote", command: { type: "DeleteNote" }, refused: [], summary: "Delete a note" },
});
