import * as v from "valibot";
import { defineReadModel, evolving, streamsOf } from "@millrace/read-models/define";
import { documentFields } from "@millrace/read-models/document-fields";
import { noteCodec } from "../codec.ts";
import { type ExistingNote, noteDecider } from "../decide.ts";
import { notes } from "./table.ts";

export const notesModel = defineReadModel({
  name: "notes",
  of: streamsOf({
    category: noteDecider.category,
    codec: noteCodec,
    next: evolving(noteDecider),
    commands: { NoteCreated: "CreateNote", NoteChanged: "ChangeNote", NoteDeleted: "DeleteNote" },
  }),
  table: notes,
  columns: { deleted: ({ value }) => value.deleted },
  document: ({ id, value: { text, done }, version, createdAt, updatedAt }) =>
    JSON.stringify({ id, text, done, version, createdAt, updatedAt }),
  restore({ deleted, document }): ExistingNote {
    const { text, done } = JSON.parse(document);
    return { exists: true, deleted, text, done };
  },
  shown: {
    noun: "note",
    schema: v.object({ id: v.string(), text: v.string(), done: v.boolean(), ...documentFields }),
  },
});
