import { expect, test } from "bun:test";
import { connectPostgres } from "@millrace/platform/postgres";
import { endFormerSessions } from "./actor-session.ts";

// Seen to fail without the look at the pool's size: it went on to Postgres, where it would have ended its own sessions.
test("an actor with a pool of several sessions is refused before it could end its own", async () => {
  const name = "actor t/0";
  const two = { name, ...connectPostgres({ url: "postgres://127.0.0.1:1/none", name, connectionsMax: 2 }) };
  await expect(endFormerSessions(two)).rejects.toThrow("An actor has one session");
  await two.sql.end();
});
