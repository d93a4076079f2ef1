/** Programs that have sessions of their own with Postgres, under the names that they are deployed by. */
export const APPS = [
  "command-api",
  "query-api",
  "relay",
  "projector",
  "processes",
  "console",
  "ops",
] as const;

export type App = (typeof APPS)[number];

/** A variable of one app alone: `RELAY_DATABASE_URL`. */
export function ownVariable(app: App, name: string): string {
  return `${app.toUpperCase().replaceAll("-", "_")}_${name}`;
}
