// What a start finds out at once about its database, and does not wait for.
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { testStack } from "@millrace/testing/stack";
import { describe, isLasting } from "./failure.ts";
import { migrate } from "./migrate.ts";
import { connectPostgres } from "./postgres.ts";

const refusal = (url: URL) =>
  migrate(url.href).then(
    () => undefined,
    (error: unknown) => error,
  );

test("no wait mends a database of another encoding, a wrong password or a missing database", async () => {
  const { url, drop } = await (await testStack()).freshDatabase();
  const at = new URL(url);
  const { sql } = connectPostgres({ url, name: "migrate-test", connectionsMax: 1 });
  for (const encoding of ["LATIN1", "SQL_ASCII"]) {
    const name = `${at.pathname.slice(1)}-${encoding}`;
    await sql.unsafe(`create database "${name}" encoding '${encoding}' locale 'C' template template0`);
    const refused = await refusal(new URL(`/${name}`, url));
    expect(isLasting(refused)).toBe(true);
    expect(describe(refused)).toMatch(
      new RegExp(`keeps text as ${encoding}.* encoding 'UTF8' template template0`),
    );
    await sql.unsafe(`drop database "${name}" with (force)`);
  }
  await sql.end({ timeout: 1 });

  const missing = await refusal(new URL("/nobody-made-this", url));
  const plain = await refusal(new URL(`${url}?sslmode=require`));
  at.password = "wrong";
  const wrong = await refusal(at);
  expect([missing, plain, wrong].map(isLasting)).toEqual([true, true, true]);
  expect(describe(plain)).toContain("the server takes no encrypted connections");
  expect(describe(wrong)).toContain("password authentication failed");
  at.port = "1";
  expect(isLasting(await refusal(at))).toBe(false);
  await drop();
}, 30_000);

// Seen to fail without adoptSquashed: "relation events already exists" for both.
test("a database from before the migrations were one is taken as it is, or told what to do first", async () => {
  const { url, drop } = await (await testStack()).freshDatabase();
  const { sql } = connectPostgres({ url, name: "migrate-test", connectionsMax: 1 });
  const old = new URL(`${url}-old`);
  await sql.unsafe(`create database "${old.pathname.slice(1)}" template template0`);
  const { sql: before } = connectPostgres({ url: old.href, name: "migrate-test", connectionsMax: 1 });
  const lastApplied = async (ms: number) => {
    await before`truncate drizzle.__drizzle_migrations`;
    await before`insert into drizzle.__drizzle_migrations (hash, created_at) values ('of old', ${ms})`;
  };
  // As the last of the old ones left it.
  await before.unsafe(readFileSync(new URL("../../../migrations/0000_schema.sql", import.meta.url), "utf8"));
  await before.unsafe(`create procedure append_batch_and_tell() language sql as '';
    create schema drizzle; create table drizzle.__drizzle_migrations (id serial, hash text, created_at bigint)`);

  await lastApplied(1_795_199_727_219);
  const refused = await refusal(old);
  expect(isLasting(refused)).toBe(true);
  expect(describe(refused)).toMatch(/a schema from before .* run bun apps\/migrate\/main\.ts there/);

  await lastApplied(1_795_787_711_987);
  await migrate(old.href);
  const [left] =
    await before`select to_regproc('append_batch_and_tell') as old, to_regproc('append_and_notify') as now`;
  expect(left).toEqual({ old: null, now: "append_and_notify" });
  await migrate(old.href);

  await before.end({ timeout: 1 });
  await sql.unsafe(`drop database "${old.pathname.slice(1)}" with (force)`);
  await sql.end({ timeout: 1 });
  await drop();
}, 30_000);
