// What an operator does with keys from their page, as `bun run ops keys` does it.
import { isKeyId } from "@millrace/access/api-key";
import { createKey, lifeMs, revokeKey } from "@millrace/access/keys";
import { isRole } from "@millrace/access/principal";
import { commaSeparated } from "@millrace/platform/comma-separated";
import { Failure } from "@millrace/platform/failure";
import { type Action, type Asked, saying } from "./action.ts";
import type { PageContext } from "./context.ts";
import type { Shown } from "./page.ts";
import { madeKey, refusedKey } from "./pages/keys.tsx";
import { askPostgres } from "./sources.ts";

export function keyActions({ sql }: PageContext): Action[] {
  return [
    { path: "/keys", section: "Keys", summary: "Make a key", act: (asked) => make(sql, asked) },
    {
      path: "/keys/:id/revoke",
      summary: "Revoke a key",
      async act({ parameters: { id = "" }, by }) {
        const isDone = await askPostgres("Revoke a key", revokeKey(sql, { id, by }));
        return saying("/keys", isDone ? "revoked" : "no-key");
      },
    },
  ];
}

async function make(sql: PageContext["sql"], { form, by }: Asked): Promise<Shown> {
  const said = (name: string) => form.get(name)?.trim() ?? "";
  const role = said("role");
  const id = isKeyId(said("id")) ? said("id") : undefined;
  const subject = said("name");
  const scopes = commaSeparated(said("scopes"));
  const expiresInMs = lifeMs(said("expires"));
  if (!isRole(role)) return refusedKey("There is no such role.");
  if (expiresInMs === undefined) return refusedKey("A key works for a time such as 90d, 12h or 30m.");
  try {
    const made = await askPostgres(
      "Make a key",
      createKey(sql, { id, role, subject, scopes, expiresInMs, by }),
    );
    return madeKey({ ...made, role, subject });
  } catch (error) {
    if (error instanceof Failure && error.code === "key_invalid") return refusedKey(error.message);
    throw error;
  }
}
