// An operation as a request, and its answer in short. Only tests import it.
import { type Action, may } from "@millrace/access/may";
import { type ApiOperation, type Asked, OWNER, type Stage, type Told } from "./stage.ts";

export const familyOf = ({ operation }: ApiOperation) => operation["x-access"].split(":")[0] ?? "";
export const ofOne = ({ path }: ApiOperation) => path.includes("{id}");

/** Whether everybody may ask it, or those whose signature it checks. */
export const isOpen = ({ operation }: ApiOperation) =>
  ["public", "signature"].includes(operation["x-access"]);

export function guardedIn<Settings>({ operations }: Stage<Settings>): ApiOperation[] {
  return operations.filter((each) => !isOpen(each));
}

/** Whether a customer may have only their own; the grant alone does not say that the route keeps all else from them. */
export const isOwnOnly = ({ operation }: ApiOperation) =>
  may({ role: "customer", subject: OWNER, scopes: [] }, operation["x-access"] as Action) === "own";

export function named({ method, path, operation }: ApiOperation) {
  return { method, path, access: operation["x-access"] };
}

export function codeOf({ status, text }: Told) {
  const isJson = text.startsWith("{");
  return { status, code: isJson ? (JSON.parse(text) as { code?: string }).code : undefined };
}

/** The operation's request with that id in its path, and the first example of its body. */
export function filled({ method, path, operation }: ApiOperation, id: string, query = ""): Asked {
  const asked = { method, path: path.replace("{id}", id).replaceAll(/\{\w+\}/g, "none") + query };
  const content = operation.requestBody?.content as
    | Record<string, { examples: Record<string, { value: unknown }> }>
    | undefined;
  const [example] = Object.values(content?.["application/json"]?.examples ?? {});
  return example ? { ...asked, body: example.value } : asked;
}
