import { describe, expect, test } from "bun:test";
import { bySocket, postgresAddress } from "./postgres-address.ts";

const URL = "postgres://millrace:secret@127.0.0.1:6543/millrace";

describe("a database URL", () => {
  test("says nothing of a socket or of encryption by itself", () => {
    expect(postgresAddress(URL)).toEqual({ url: URL, way: { ssl: false } });
  });

  test("names a Unix-domain socket by its folder, as libpq's do", () => {
    const path = "/var/run/postgresql/.s.PGSQL.6543";
    expect(postgresAddress(`${URL}?host=/var/run/postgresql`)).toEqual({
      url: URL,
      way: { ssl: false, path },
    });
    expect(postgresAddress(bySocket(URL, "/var/run/postgresql")).way.path).toBe(path);
    expect(postgresAddress("postgres://localhost/millrace?host=/tmp").way.path).toBe("/tmp/.s.PGSQL.5432");
  });

  test("is not encrypted on its way to a socket, whatever it says", () => {
    expect(postgresAddress(`${URL}?host=/tmp&sslmode=require`).way.ssl).toBe(false);
  });

  test("that asks for encryption is without those words for the driver", () => {
    const { url, way } = postgresAddress(`${URL}?sslmode=require`);
    expect([url, way]).toEqual([URL, { ssl: { rejectUnauthorized: false } }]);
  });
});
