import type { Call } from "@millrace/http/route";

/** The ids that bodies may give: nothing can have another one. */
const ID = /^[A-Za-z0-9._:~-]{1,128}$/;

/** The id in the path; undefined for one that no thing can have. */
export function pathId(call: Call): string | undefined {
  const id = call.context.req.param("id");
  return id !== undefined && ID.test(id) ? id : undefined;
}
