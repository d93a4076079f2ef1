import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { configSchema, readConfig } from "./config.ts";
import { withSecretFiles } from "./secret-files.ts";

const directory = mkdtempSync(join(tmpdir(), "millrace-secrets-"));
afterAll(() => rmSync(directory, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

test("a secret is read from the file that its name with _FILE names", () => {
  const MILLRACE_AUTH_GATEWAY_SECRET_FILE = file("gateway", "a-secret-of-some-length\n");
  const DATABASE_URL_FILE = file("database", "postgres://ann:pw@db.example:5432/shop\n");
  const config = readConfig({ MILLRACE_AUTH_GATEWAY_SECRET_FILE, DATABASE_URL_FILE });
  expect(config.MILLRACE_AUTH_GATEWAY_SECRET).toBe("a-secret-of-some-length");
  expect(config.DATABASE_URL).toContain("ann:pw@db.example");
});

test("both at once are refused: nobody could tell which counts", () => {
  const DATABASE_URL_FILE = file("both", "postgres://a@b/c");
  expect(() => readConfig({ DATABASE_URL: "postgres://x@y/z", DATABASE_URL_FILE })).toThrow(
    "unset one of them",
  );
});

// The console reads its token's file itself, since it makes it where it is missing.
test("whatever is called a secret may stand in a file", () => {
  const secrets = Object.keys(configSchema.entries).filter((name) =>
    /PASSWORD|SECRET|KEYS$|^DATABASE_URL$/.test(name),
  );
  expect(secrets.length).toBeGreaterThan(3);
  for (const name of secrets) {
    const { environment } = withSecretFiles({ [`${name}_FILE`]: file(name, "kept\n") });
    expect({ name, read: environment[name] }).toEqual({ name, read: "kept" });
  }
});
