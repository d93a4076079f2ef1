import { afterEach, expect, test } from "bun:test";
import { createLog } from "@millrace/platform/log";
import { forward } from "./forward.ts";

const log = createLog("proxy-test", "silent");
const NOBODY = "127.0.0.1:1";
const ends: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(ends.splice(0).map((end) => end()));
});

test("a backend that is gone costs no request: the next one takes it", async () => {
  const proxy = await start([NOBODY, backend(() => new Response("here"))]);
  expect(await (await fetch(proxy.url)).text()).toBe("here");
});

test("bodies of megabytes pass whole, both ways", async () => {
  const proxy = await start([backend(async (request) => new Response(await request.arrayBuffer()))]);
  const body = crypto.getRandomValues(new Uint8Array(65_536));
  const sent = new Uint8Array(Buffer.concat(Array.from({ length: 64 }, () => body)));
  const answer = await fetch(proxy.url, { method: "POST", body: sent });
  expect(Bun.hash(await answer.arrayBuffer())).toBe(Bun.hash(sent));
});

test("an event stream arrives as it is written, not when it ends", async () => {
  const ended = Promise.withResolvers<void>();
  const stream = backend(
    () =>
      new Response(
        (async function* () {
          yield "first";
          await ended.promise;
        })() as unknown as BodyInit,
      ),
  );
  const proxy = await start([stream]);
  const reader = (await fetch(proxy.url)).body?.getReader();
  expect(new TextDecoder().decode((await reader?.read())?.value)).toBe("first");
  ended.resolve();
});

test("with nobody to forward to, a connection is closed rather than kept waiting", async () => {
  const proxy = await start([NOBODY]);
  await expect(fetch(proxy.url)).rejects.toThrow();
});

test("a stop lets a request that is under way be answered", async () => {
  const begun = Promise.withResolvers<void>();
  const slow = backend(async () => {
    begun.resolve();
    await Bun.sleep(200);
    return new Response("answered", { headers: { connection: "close" } });
  });
  const proxy = await start([slow]);
  const answer = fetch(proxy.url, { keepalive: false });
  await begun.promise;
  const stopped = proxy.stop();
  expect(await (await answer).text()).toBe("answered");
  await stopped;
});

function backend(answer: (request: Request) => Response | Promise<Response>): string {
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: answer });
  ends.push(() => server.stop(true));
  return `127.0.0.1:${server.port}`;
}

async function start(order: string[]) {
  const backends = { all: () => order, ready: () => order, order: () => order, stop: async () => {} };
  const forwarder = forward({ host: "127.0.0.1", port: 0, backends, log });
  const stop = () => forwarder.stop(2_000);
  ends.push(stop);
  return { url: `http://127.0.0.1:${await forwarder.listening()}/`, stop };
}
