// An operation as a request, and its answer in short. Only tests import it.
import type { ApiOperation, Asked, Told } from "./stage.ts";

export const familyOf = ({ operation }: ApiOperation) => operation["x-access"].split(":")[0] ?? "";
export const ofOne = ({ path }: ApiOperation) => path.includes("{id}");

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
