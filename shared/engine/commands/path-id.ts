import type { Call } from "@millrace/http/route";

/** As the dialects take ids: any other could never have been given. */
const ID = /^[A-Za-z0-9._:~-]{1,128}$/;

/** The id in the path; undefined where nothing can have it. */
export function pathId(call: Call): string | undefined {
  const id = call.context.req.param("id");
  return id !== undefined && ID.test(id) ? id : undefined;
}
