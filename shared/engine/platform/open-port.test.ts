import { expect, test } from "bun:test";
import { InvalidConfig } from "./config.ts";
import { openPort, whyNotOpened } from "./open-port.ts";

const place = { host: "127.0.0.1", port: 3003, portVariable: "RELAY_PORT" };
const failed = (code: string) => Object.assign(new Error(`listen ${code}`), { code });

test.each([
  [
    "EADDRINUSE",
    ["port 3003 on 127.0.0.1", "another program", "nobody could reach", "End that program", "set RELAY_PORT"],
  ],
  ["EACCES", ["port 3003 on 127.0.0.1", "this user may not", "Set RELAY_PORT to 1024 or above"]],
  ["EADDRNOTAVAIL", ["127.0.0.1 is no address of this machine", "port 3003", "Set HOST to"]],
])("%s says what happened, to which port, and what to set", (code, words) => {
  const said = whyNotOpened(place, failed(code));
  expect(said).toBeInstanceOf(InvalidConfig);
  for (const word of words) expect(String(said)).toContain(word);
});

test("a failure that is none of the port's stays what it is", () => {
  const broken = new TypeError("fetch is not a function");
  expect(whyNotOpened(place, broken)).toBe(broken);
});

// Seen to fail with `open` called outside of the try: Bun's own words and a stack came instead.
test("a port that is taken is said so by what asks for it", () => {
  const first = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
  const taken = { ...place, port: first.port ?? 0 };
  const open = () =>
    openPort(taken, () => Bun.serve({ hostname: taken.host, port: taken.port, fetch: () => new Response() }));
  expect(open).toThrow(`RELAY_PORT: port ${first.port} on 127.0.0.1 is held by another program`);
  void first.stop(true);
});
