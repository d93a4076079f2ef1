import { describe, expect, test } from "bun:test";
import { Failure } from "./failure.ts";
import { postgresTrouble } from "./postgres-trouble.ts";

const failed = (code: string, message: string) => Object.assign(new Error(message), { code });

describe("trouble with Postgres says what happened, what it means and what to do", () => {
  test.each([
    ["25006", "the server is read-only", "Reads go on", "lead to the primary"],
    ["28P01", 'password authentication failed for user "relay"', "Nothing can be read", "user or password"],
    ["3D000", 'database "things" does not exist', "Nothing can be read", "create it"],
    ["42501", "permission denied for table events", "503 or waits", "bun run ops database roles"],
    ["42P01", 'relation "outbox" does not exist', "503 or waits", "run the migration"],
    ["53100", "could not extend file", "503 or waits", "give it room"],
    ["53300", "sorry, too many clients already", "503 or waits", "raise max_connections"],
    ["57P03", "the database system is starting up", "Nothing can be read", "tried again by itself"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "self-signed certificate", "Nothing can be read", "DATABASE_CA_FILE"],
    [
      "ECONNREFUSED",
      "connect ECONNREFUSED 127.0.0.1:5432",
      "Nothing can be read",
      "where DATABASE_URL leads",
    ],
    ["CONNECT_TIMEOUT", "write CONNECT_TIMEOUT db:5432", "Nothing can be read", "look at Postgres"],
    ["XX000", "something else", "503 or waits", "look at Postgres and its log"],
  ])("%s", (code, happened, means, what) => {
    const said = postgresTrouble(failed(code, happened));
    expect(said).toStartWith(`postgres: ${happened}. `);
    expect(said).toContain(means);
    expect(said).toContain(what);
  });

  // Seen to fail with the code of the outermost error alone.
  test("also where the cause is wrapped", () => {
    const cause = failed("53100", "disk full");
    const said = postgresTrouble(new Failure("postgres_unavailable", "appending", true, { cause }));
    expect(said).toStartWith("postgres: appending: disk full. Its disk is full");
  });
});
