// What an app was told at its start: an entry each time that it is told something else than it was the last time.
import { hostname } from "node:os";
import { isDeepStrictEqual } from "node:util";
import { describe } from "@millrace/platform/failure";
import type { Log } from "@millrace/platform/log";
import type { Sql } from "@millrace/platform/postgres";
import { newestEntries } from "./list.ts";
import { recordAct } from "./record.ts";

export interface Started {
  readonly app: string;
  /** Never a secret. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Never throws: an app whose settings could not be kept starts all the same, and says so in its log. */
export async function recordSettings(
  { sql, log }: { sql: Sql; log: Log },
  { app, settings }: Started,
): Promise<void> {
  try {
    const act = "settings.start";
    const [last] = await newestEntries(sql, 1, { act, target: app });
    if (last && isDeepStrictEqual(JSON.parse(last.details), JSON.parse(JSON.stringify(settings)))) return;
    const by = { actor: `app:${app}`, authn: "database-login", origin: hostname() } as const;
    await sql.begin((tx) => recordAct(tx, by, { name: act, target: app, details: settings }));
  } catch (error) {
    log.warn({ cause: describe(error) }, "the settings are not in the trail");
  }
}
