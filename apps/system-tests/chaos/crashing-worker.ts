// A partition's worker that dies on demand: only tests start it. A record with the header `crash` ends the thread
// in the middle of its transaction, the first time that it is seen.
import { sql } from "drizzle-orm";
import { readConfig } from "@millrace/platform/config";
import { connectPostgres } from "@millrace/platform/postgres";
import { runActor } from "@millrace/projector/actor";

const { DATABASE_URL } = readConfig();
const memory = connectPostgres({ url: DATABASE_URL, name: "crashing-memory", connectionsMax: 1 });

runActor({
  databaseUrl: DATABASE_URL,
  name: "crashing-actor",
  batchMax: 10,
  attemptsMax: 3,
  behindMax: 30,
  handlers: [
    {
      projection: "effects",
      // biome-ignore lint/style/noProcessEnv: a test's own variable, and no process of the system reads it
      topic: process.env.CRASHING_TOPIC as string,
      schemaVersionOf: () => 1,
      async apply(tx, records) {
        for (const { key, offset, headers, partition } of records) {
          await tx.execute(
            sql`insert into effects (key, partition, "offset") values (${key}, ${partition}, ${offset})`,
          );
          if (headers.crash !== undefined) await crashOnce(`${partition}/${offset}`);
        }
      },
    },
    {
      projection: "others",
      // biome-ignore lint/style/noProcessEnv: as above
      topic: process.env.CRASHING_TOPIC as string,
      schemaVersionOf: () => 1,
      async apply() {},
    },
  ],
});

async function crashOnce(place: string): Promise<void> {
  const first = await memory.sql`insert into crashes values (${place}) on conflict do nothing`;
  if (first.count === 0) return;
  setTimeout(() => {
    throw new Error(`the thread dies at ${place}`);
  });
  // Never reached: the transaction stays as it is when the thread ends.
  await new Promise(() => {});
}
