import * as v from "valibot";
import { createCodec } from "@millrace/events/codec";
import type { NoteEvent } from "./decide.ts";

/** Notes on the wire and in the store. */
export const noteCodec = createCodec<NoteEvent>({
  NoteCreated: { schemaVersion: 1, schema: v.object({ text: v.string() }), upcasters: [] },
  NoteChanged: {
    schemaVersion: 1,
    schema: v.object({ text: v.exactOptional(v.string()), done: v.exactOptional(v.boolean()) }),
    upcasters: [],
  },
  NoteDeleted: { schemaVersion: 1, schema: v.object({}), upcasters: [] },
});
