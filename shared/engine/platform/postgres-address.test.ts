import { describe, expect, test } from "bun:test";
import {
  bySocket,
  type PostgresAddress,
  postgresAddress,
  withAuthority,
  withoutPassword,
} from "./postgres-address.ts";

const URL = "postgres://millrace:secret@127.0.0.1:6543/millrace";
const PLAIN: PostgresAddress = {
  host: ["127.0.0.1"],
  port: [6543],
  username: "millrace",
  password: "secret",
  database: "millrace",
  ssl: false,
  connection: {},
};

const placed = (url: string) => {
  const { host, port } = postgresAddress(url);
  return host.map((each, index) => `${each} ${port[index]}`).join(", ");
};

describe("a database URL", () => {
  test("says nothing of a socket or of encryption by itself", () => {
    expect(postgresAddress(URL)).toEqual(PLAIN);
    expect(postgresAddress(` ${URL}\n`)).toEqual(PLAIN);
  });

  test.each([
    ["postgres://h/db", "h 5432"],
    ["postgresql://u@[::1]:6543/db", "::1 6543"],
    ["postgres://[fe80::1%25eth0]/db", "fe80::1%25eth0 5432"],
    ["postgres://u:p@a:1,b,[::1]:3/db", "a 1, b 5432, ::1 3"],
    ["postgres:///db", "localhost 5432"],
    ["postgres://h:1/db?host=other&port=2", "other 2"],
    ["postgres:///db?host=a,b&port=7", "a 7, b 7"],
  ])("says where the servers are: %s", (url, places) => {
    expect(placed(url)).toBe(places);
  });

  test.each([
    ["postgres://a%40b:p%23%2F%3F%25%3A@h/d%20b", ["a@b", "p#/?%:", "d b"]],
    ["postgres://u:p@ss:word@h/db", ["u", "p@ss:word", "db"]],
    ["postgres://jörg:pä ß@h/db", ["jörg", "pä ß", "db"]],
    ["postgres:///?user=u&password=p%26&dbname=db", ["u", "p&", "db"]],
    ["postgres://h", [undefined, undefined, undefined]],
  ])("names user, password and database in any characters: %s", (url, names) => {
    const { username, password, database } = postgresAddress(url);
    expect([username, password, database]).toEqual(names);
  });

  test("names a Unix-domain socket by its folder, as libpq's do", () => {
    const path = "/var/run/postgresql/.s.PGSQL.6543";
    expect(postgresAddress(`${URL}?host=/var/run/postgresql`)).toMatchObject({ path, ssl: false });
    expect(postgresAddress(bySocket(URL, "/var/run/postgresql")).path).toBe(path);
    expect(postgresAddress("postgres://localhost/millrace?host=/tmp").path).toBe("/tmp/.s.PGSQL.5432");
    expect(postgresAddress("postgres://u@%2Ftmp:6543/millrace").path).toBe("/tmp/.s.PGSQL.6543");
  });

  test("is not encrypted on its way to a socket, whatever it says", () => {
    expect(postgresAddress(`${URL}?host=/tmp&sslmode=require`).ssl).toBe(false);
  });

  test.each([
    ["schema=public"],
    ["connection_limit=5&pool_timeout=10&connect_timeout=15&socket_timeout=5"],
    ["pgbouncer=false&statement_cache_size=0"],
    ["application_name=shop"],
    ["channel_binding=prefer&gssencmode=prefer"],
    ["target_session_attrs=any"],
    ["keepalives=1&keepalives_idle=30&keepalives_interval=10&keepalives_count=3"],
    ["uselibpqcompat=true&sslmode=disable"],
  ])("is taken with what providers add, of which nothing reaches the server: %s", (query) => {
    expect(postgresAddress(`${URL}?${query}`)).toEqual(PLAIN);
  });

  test("hands the server its options, and the driver which server is wanted", () => {
    const { connection, target_session_attrs } = postgresAddress(
      `${URL}?options=-c%20work_mem%3D8MB&target_session_attrs=read-write`,
    );
    expect(connection).toEqual({ options: "-c work_mem=8MB" });
    expect(target_session_attrs).toBe("read-write");
  });

  test.each([
    ["sslmode=disable", false],
    ["sslmode=prefer", "prefer"],
    ["sslmode=allow", "prefer"],
    ["sslmode=require", { rejectUnauthorized: false }],
    ["sslmode=no-verify", { rejectUnauthorized: false }],
    ["ssl=true", { rejectUnauthorized: false }],
    ["sslmode=require&sslaccept=accept_invalid_certs", { rejectUnauthorized: false }],
    ["sslmode=verify-full", { rejectUnauthorized: true }],
    ["sslmode=require&sslaccept=strict", { rejectUnauthorized: true }],
    ["sslmode=require&channel_binding=require", { rejectUnauthorized: true }],
  ])("says how it is encrypted: %s", (query, ssl) => {
    expect(postgresAddress(`postgres://u:p@db.example/db?${query}`).ssl as unknown).toEqual(ssl);
  });

  test.each([
    ["mysql://u:secret@h/db", "expected postgres://"],
    ["jdbc:postgresql://h/db?password=secret", "expected postgres://"],
    ["postgres://u:se#cret@h/db", "percent-encoded"],
    ["postgres://u:se/cret@h/db", "percent-encoded"],
    ["postgres://u:se?cret@h/db", "the host and port can't be read"],
    ["postgres://u:1?secret@h/db", "percent-encoded"],
    ["postgres://u:secret%zz@h/db", "a % begins no escape"],
    ["postgres://u:secret@h:99999/db", "the port is none"],
    ["postgres://u:secret@::1:5432/db", "brackets"],
    ["postgres://u:secret@h/a/b", "expected postgres://"],
    [`${URL}?sslmode=on`, 'sslmode is "on"; it can be disable'],
    [`${URL}?sslmod=require`, 'the parameter "sslmod" means nothing here'],
    [`${URL}?statement_timeout=5s`, "options=-c%20name=value"],
    [`${URL}?pgbouncer=true`, "session mode"],
    [`${URL}?schema=shop`, 'schema is "shop"'],
    [`${URL}?channel_binding=require`, "needs encryption"],
    [`${URL}?channel_binding=yes`, 'channel_binding is "yes"'],
    [`${URL}?target_session_attrs=standby`, "it can be read-write"],
    [`${URL}?gssencmode=require`, "gssencmode"],
    [`${URL}?sslmode=require&sslrootcert=/nowhere`, "sslrootcert"],
  ])("that can't work is refused in one line, without its password: %s", (url, expected) => {
    const refusal = () => postgresAddress(url);
    expect(refusal).toThrow(expected);
    expect(refusal).not.toThrow(/secret|\n/);
  });

  test("is given an authority where it names none", () => {
    expect(withAuthority("postgres://a:1,b:2/db", "/ca.pem")).toBe(
      "postgres://a:1,b:2/db?sslrootcert=%2Fca.pem",
    );
    expect(withAuthority(`${URL}?sslrootcert=x`, "/ca.pem")).toBe(`${URL}?sslrootcert=x`);
  });

  test("is shown without its password", () => {
    expect(withoutPassword("postgres://u:p@ss:@a:1,b:2/db?password=x&host=h")).toBe(
      "postgres://u:***@a:1,b:2/db?password=***&host=h",
    );
    expect(withoutPassword("postgres://u@h/db")).toBe("postgres://u@h/db");
  });
});
