// Of the environment what only a shop makes something of: the shop says what each of its variables may be, and the reader
// of all others knows none of them.
import * as v from "valibot";
import { type Config, InvalidConfig } from "./config.ts";

/** @throws InvalidConfig naming each variable that is wrong and why */
export function readShopVariables<const Variables extends v.ObjectEntries>(
  variables: Variables,
  { shopVariables }: Pick<Config, "shopVariables">,
): v.InferOutput<v.ObjectSchema<Variables, undefined>> {
  const parsed = v.safeParse(v.object(variables), shopVariables);
  if (parsed.success) return parsed.output;
  throw new InvalidConfig(parsed.issues.map((issue) => `${v.getDotPath(issue)}: ${issue.message}`));
}
