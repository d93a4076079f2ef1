// The embedded test stack: its data in a temporary folder, on free ports, gone with the run.
import { chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startGuard } from "@millrace/local/guard";
import { startKafka } from "@millrace/local/kafka";
import { startPostgres } from "@millrace/local/postgres";
import type { TestServers } from "./stack.ts";

/** Shared with `bun run dev`, so that jars come to a checkout once. */
const CACHE = fileURLToPath(new URL("../../.millrace/cache", import.meta.url));

export async function embeddedServers(): Promise<TestServers> {
  // As folders of people are called: what can't cope with spaces, commas or accents fails here first.
  const directory = mkdtempSync(join(tmpdir(), "millrace tests, jörg "));
  // Postgres runs as another user where we are root, who must be able to enter.
  chmodSync(directory, 0o755);
  const guard = startGuard();
  guard.removeAtEnd(directory);
  const say = (line: string) => console.error(`test stack: ${line}`);
  const [postgres, kafka] = await Promise.all([
    startPostgres({ directory: join(directory, "postgres"), guard, say }),
    startKafka({ directory: join(directory, "kafka"), cache: CACHE, guard, say }),
  ]);
  return {
    description: `embedded Postgres on port ${postgres.port}, Kafka on ${kafka.port}`,
    databaseUrl: postgres.url,
    brokers: [kafka.broker],
    postgres,
    kafka,
    stop: async () => {
      // Nobody needs the data again: the quick end will do.
      await Promise.all([postgres.kill(), kafka.kill()]);
      await guard.close();
    },
  };
}
