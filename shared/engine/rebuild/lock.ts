// One rebuild of a read model at a time. The lock is its session's, so it ends with its process however that ends.
import { Failure } from "@millrace/platform/failure";
import { connectPostgres } from "@millrace/platform/postgres";
import type { ReadModel } from "@millrace/read-models/read-model";

/** First half of the advisory lock's key; the model's name makes the second. */
const REBUILD_LOCK = 7_405_119;

/** @throws Failure `rebuild_running` while another process holds it. */
export async function holdModel(
  databaseUrl: string,
  { name }: ReadModel,
): Promise<{ release(): Promise<void> }> {
  const connection = { url: databaseUrl, name: `rebuild-lock-${name}`, connectionsMax: 1 };
  const { sql: session } = connectPostgres(connection);
  const [row] = await session`
    select pg_try_advisory_lock(${REBUILD_LOCK}::int, hashtext(${name})) as held`;
  if (row?.held) return { release: () => session.end({ timeout: 1 }) };
  await session.end({ timeout: 1 });
  const message = `another process rebuilds or switches ${name} just now, and only one may: nothing was done. \`bun run ops projections status\` shows how far it has come`;
  throw new Failure("rebuild_running", message, true);
}
