// A database of one test file's own, with the current schema.
import { afterAll } from "bun:test";
import { connectPostgres } from "@millrace/platform/postgres";
import { testStack } from "./stack.ts";

/**
 * Opens something on a new database. After the file's last test it is closed, then the database is dropped. To be awaited at
 * the top of the file, outside of tests and hooks.
 */
export async function onOwnDatabase<Opened extends { close(): Promise<unknown> }>(
  open: (databaseUrl: string) => Opened | Promise<Opened>,
): Promise<Opened> {
  const database = await (await testStack()).freshDatabase();
  const opened = await open(database.url);
  afterAll(async () => {
    await opened.close();
    await database.drop();
  });
  return opened;
}

/** A new database with connections to it. */
export function ownDatabase() {
  return onOwnDatabase((url) => {
    const { sql, db } = connectPostgres({ url, name: "test", connectionsMax: 6 });
    return { url, sql, db, close: () => sql.end({ timeout: 1 }) };
  });
}
