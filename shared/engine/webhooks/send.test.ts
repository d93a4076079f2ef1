// A try, on connections of this machine.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { send } from "./send.ts";

const directory = mkdtempSync(join(tmpdir(), "webhooks-"));
const [keyFile, certFile] = [join(directory, "key.pem"), join(directory, "cert.pem")];
const hosts: (string | null)[] = [];
let ca: string;
let port: number;
let stop: () => Promise<void>;

beforeAll(async () => {
  const made = Bun.spawnSync([
    ..."openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=hooks.example".split(
      " ",
    ),
    ..."-addext subjectAltName=DNS:hooks.example -keyout".split(" "),
    keyFile,
    "-out",
    certFile,
  ]);
  if (!made.success) throw new Error(made.stderr.toString());
  ca = await Bun.file(certFile).text();
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    tls: { key: Bun.file(keyFile), cert: Bun.file(certFile) },
    fetch(request) {
      hosts.push(request.headers.get("host"));
      return new Response("ok");
    },
  });
  port = server.port ?? 0;
  stop = () => server.stop(true);
});
afterAll(async () => {
  await stop();
  rmSync(directory, { recursive: true });
});

const to = (
  url: string,
  { internal = ["hooks.example"], stopping = new AbortController().signal, attempts = 1 } = {},
) =>
  send(
    { url, headers: {}, body: "{}", attempts },
    { internal, stopping, ca, resolve: async () => ["127.0.0.1"] },
  );

describe("a try over TLS", () => {
  // Seen to fail with the address asked for in TLS instead of the name.
  test("connects to the address that was looked at, and has the name proved and said", async () => {
    expect(await to(`https://hooks.example:${port}/a?b=c`)).toEqual({ is: "taken", status: 200 });
    expect(hosts).toEqual([`hooks.example:${port}`]);
  });

  test("is not taken where the certificate is another name's", async () => {
    const outcome = await to(`https://other.example:${port}/`, { internal: ["other.example"] });
    expect(outcome).toMatchObject({ is: "not taken", failure: expect.stringContaining("CERT") });
  });
});

// Seen to fail with the address not looked at.
test("nothing is connected to where the name's address is internal", async () => {
  hosts.length = 0;
  expect(await to(`https://hooks.example:${port}/`, { internal: [] })).toMatchObject({ is: "refused" });
  expect(hosts).toEqual([]);
});

test("a look-up that never ends, and a stop, end the try", async () => {
  const stopping = new AbortController();
  const never = send(
    { url: "https://hooks.example/", headers: {}, body: "{}", attempts: 1 },
    { internal: [], stopping: stopping.signal, resolve: () => new Promise(() => {}) },
  );
  stopping.abort();
  expect(await never).toEqual({ is: "interrupted" });
});

test("of an answer that never ends no more is read than says what is wrong", async () => {
  const endless = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: () =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(new TextEncoder().encode("x".repeat(10_000))),
        }),
        { status: 500 },
      ),
  });
  const outcome = await to(`http://hooks.example:${endless.port}/`);
  expect(outcome).toMatchObject({ is: "not taken", status: 500, answer: "x".repeat(512) });
  await endless.stop(true);
});
