import * as v from "valibot";
import { createCodec } from "@millrace/events/codec";
import type { UserEvent } from "./decide.ts";

/** Users on the wire and in the store. */
export const userCodec = createCodec<UserEvent>({
  UserCreated: {
    schemaVersion: 1,
    schema: v.object({
      id: v.union([v.string(), v.number()]),
      name: v.string(),
      email: v.exactOptional(v.string()),
    }),
    upcasters: [],
  },
  UserChanged: {
    schemaVersion: 1,
    schema: v.object({ name: v.string(), email: v.exactOptional(v.string()) }),
    upcasters: [],
  },
  UserDeleted: { schemaVersion: 1, schema: v.object({}), upcasters: [] },
});
