// What a person wants to know once everything runs.
import { relative } from "node:path";
import type { AccessMode } from "@millrace/platform/access-mode";
import { withoutPassword } from "@millrace/platform/postgres-address";
import type { App } from "./apps.ts";
import type { KeysToTry } from "./keys-to-try.ts";
import { requestsToTry, type ShopToTry } from "./requests-to-try.ts";
import type { Settings } from "./settings.ts";

export interface Running {
  readonly shop: ShopToTry;
  /** Those that are ready. */
  readonly apps: readonly App[];
  /** How many are not. */
  readonly missing: number;
  readonly settings: Settings;
  readonly mode: AccessMode;
  /** Undefined where none are needed. */
  readonly keys: KeysToTry | undefined;
  readonly databaseUrl: string;
  readonly brokers: string;
  readonly elapsed: string;
}

export function announcement(running: Running): string {
  const { settings, apps, keys } = running;
  const at = (name: string) => {
    const app = apps.find((candidate) => candidate.name === name);
    return app && `http://localhost:${app.port}`;
  };
  const commandApi = at("command-api");
  const queryApi = at("query-api");
  const rows: [string, string | undefined][] = [
    ["command API", commandApi && `${commandApi}   documentation: ${commandApi}/docs`],
    ["query API", queryApi && `${queryApi}   documentation: ${queryApi}/docs`],
    ["console", at("console")],
    ["Kafka", running.brokers],
    ["Postgres", settings.databaseUrl ? withoutPassword(running.databaseUrl) : running.databaseUrl],
    ["data", `${relative(process.cwd(), settings.data) || "."} (bun run dev --fresh starts over)`],
  ];
  const addresses = rows.flatMap(([name, value]) => (value ? [`  ${name.padEnd(12)} ${value}`] : []));
  const tries =
    commandApi && queryApi
      ? requestsToTry(running.shop, { commandApi, queryApi, key: keys?.get("clerk") })
      : [];
  const headline = running.missing
    ? `Millrace runs, but ${running.missing} of its processes are not ready: see above.`
    : `Millrace is ready after ${running.elapsed}.`;
  return [
    "",
    headline,
    "",
    ...addresses,
    ...access(running),
    ...tries,
    "",
    "Ctrl-C stops all of it.",
    "",
    "",
  ].join("\n");
}

function access({ mode, keys }: Running): string[] {
  switch (mode) {
    case "open":
      return ["", "Access is open: nobody is asked who they are. MILLRACE_AUTH=required bun run dev asks."];
    case "required":
      return ["", "Access is required. A key of each role, for a day:", ...[...(keys ?? [])].map(keyLine)];
    case "gateway":
      return ["", "Access is required: only what comes through the gateway is answered."];
  }
}

function keyLine([role, key]: readonly [string, string]): string {
  return `  ${role.padEnd(12)} ${key}`;
}
