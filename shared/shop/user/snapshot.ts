// Users that change for years begin at a snapshot. Its fingerprint follows what `evolve` makes of the examples.
import * as v from "valibot";
import { defineSnapshot } from "@millrace/store/snapshot";
import { userCodec } from "./codec.ts";
import { userDecider } from "./decide.ts";

const schema = v.object({
  exists: v.literal(true),
  deleted: v.boolean(),
  id: v.union([v.string(), v.number()]),
  name: v.string(),
  email: v.exactOptional(v.string()),
});

export const userSnapshot = defineSnapshot({
  decider: userDecider,
  codec: userCodec,
  schema,
  examples: {
    UserCreated: [
      { id: 1, name: "Alice" },
      { id: "bob", name: "Bob", email: "bob@example.com" },
    ],
    UserChanged: [{ name: "Carol" }, { name: "Dan", email: "dan@example.com" }],
    UserDeleted: [{}],
  },
});
