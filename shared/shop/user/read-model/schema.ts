import * as v from "valibot";
import { documentFields } from "@millrace/read-models/document-fields";

export const userDocument = v.object({
  id: v.union([v.string(), v.number()]),
  name: v.string(),
  email: v.exactOptional(v.string()),
  ...documentFields,
});
