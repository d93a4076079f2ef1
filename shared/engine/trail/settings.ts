// The settings that an app started with: an entry in the trail each time that they differ from those of its last start.
import { hostname } from "node:os";
import { isDeepStrictEqual } from "node:util";
import { type AccessMode, exposureOf } from "@millrace/platform/access-mode";
import { type Config, publicSettings } from "@millrace/platform/config";
import { describe } from "@millrace/platform/failure";
import type { Log } from "@millrace/platform/log";
import type { Sql } from "@millrace/platform/postgres";
import { newestEntries } from "./list.ts";
import { recordAct } from "./record.ts";

export interface Started {
  readonly app: string;
  readonly config: Config;
  /** Where an app listens elsewhere than the others, so that HOST does not say it. */
  readonly access?: AccessMode;
}

/** Never throws, and need not be waited for: an app whose settings could not be kept starts, and says so in its log. */
export async function recordSettings(
  { sql, log }: { sql: Sql; log: Log },
  { app, config, access = exposureOf(config).mode }: Started,
): Promise<void> {
  try {
    const act = "settings.start";
    const settings = { access, ...publicSettings(config) };
    const [last] = await newestEntries(sql, 1, { act, target: app });
    if (last && isDeepStrictEqual(JSON.parse(last.details), JSON.parse(JSON.stringify(settings)))) return;
    const by = { actor: `app:${app}`, authn: "database-login", origin: hostname() } as const;
    await sql.begin((tx) => recordAct(tx, by, { name: act, target: app, details: settings }));
  } catch (error) {
    log.warn({ cause: describe(error) }, "the settings are not in the trail");
  }
}
