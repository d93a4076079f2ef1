import { describe, expect, test } from "bun:test";
import { ANYBODY } from "@millrace/access/principal";
import { createShares } from "@millrace/access/shares";
import { readConfig } from "@millrace/platform/config";
import { type Bodies, createBodies, type Sent } from "./body.ts";
import type { Answer } from "./route.ts";

const BYTES_MAX = 64;
const bodies = createBodies({ bytesMax: BYTES_MAX, inFlightBytesMax: 1_000_000 });

function post(body: BodyInit | null, headers: Record<string, string> = {}): Sent {
  const all = { "content-type": "application/json", ...headers };
  const request = new Request("http://test/", { method: "POST", headers: all, body });
  return { request, principal: ANYBODY, shares: undefined };
}

function taken(body: unknown): Answer {
  return { status: 200, headers: {}, body };
}

function read(body: BodyInit | null, headers: Record<string, string> = {}): Promise<Answer> {
  return bodies.withJson(post(body, headers), taken);
}

async function refusal(answered: Promise<Answer>): Promise<unknown> {
  const { status, body } = await answered;
  return status === 200 ? "taken" : [status, (body as { code: string }).code];
}

test("JSON is read", async () => {
  expect(await read('{"a":[1,"ü"]}')).toMatchObject({ status: 200, body: { a: [1, "ü"] } });
});

test.each([
  "application/json; charset=utf-8",
  "APPLICATION/JSON",
  'application/json;charset="UTF-8"',
  "application/merge-patch+json",
])("%s is JSON", async (contentType) => {
  expect(await refusal(read("{}", { "content-type": contentType }))).toBe("taken");
});

test.each([
  "text/plain",
  "application/x-www-form-urlencoded",
  "application/jsonp",
  "application/json; charset=latin1",
  "",
])("415: %p is not JSON", async (contentType) => {
  expect(await refusal(read("{}", { "content-type": contentType }))).toEqual([415, "body_not_json"]);
});

test("415: a compressed body is not taken", async () => {
  expect(await refusal(read("{}", { "content-encoding": "gzip" }))).toEqual([415, "body_not_json"]);
});

test.each(["", "{", "{]", "nope", "{'a':1}", '{"a":1}x', "\uFEFF\uFEFF{}", "[".repeat(60)])(
  "400: %p is malformed",
  async (body) => {
    expect(await refusal(read(body))).toEqual([400, "malformed_json"]);
  },
);

test("400: a missing body is malformed", async () => {
  expect(await refusal(read(null))).toEqual([400, "malformed_json"]);
});

test.each(["ff", "c080", "eda080", "e282"])(
  "400: bytes that are not UTF-8 are malformed: %s",
  async (hex) => {
    expect(await refusal(read(Buffer.from(`22${hex}22`, "hex")))).toEqual([400, "malformed_json"]);
  },
);

test("413: a Content-Length past the bound is refused without reading", async () => {
  let pulled = 0;
  const body = new ReadableStream(
    {
      pull(controller) {
        pulled++;
        controller.enqueue(new Uint8Array(8));
      },
    },
    { highWaterMark: 0 },
  );
  expect(await refusal(read(body, { "content-length": "65" }))).toEqual([413, "body_too_large"]);
  expect(pulled).toBe(0);
});

test("413: a body without a length is refused as soon as it is too long", async () => {
  let pulled = 0;
  const endless = new ReadableStream({
    pull(controller) {
      pulled++;
      controller.enqueue(new Uint8Array(32));
    },
  });
  expect(await refusal(read(endless))).toEqual([413, "body_too_large"]);
  expect(pulled).toBeLessThan(10);
});

test("a body of exactly the bound is taken", async () => {
  const body = JSON.stringify("x".repeat(BYTES_MAX - 2));
  expect(await refusal(read(body))).toBe("taken");
  expect(await refusal(read(`${body} `))).toEqual([413, "body_too_large"]);
});

/** A body that is worked on until it is let go. */
async function working(bodies: Bodies, bytes: number, headers: Record<string, string>) {
  const begun = Promise.withResolvers<void>();
  const done = Promise.withResolvers<Answer>();
  const answered = bodies.withJson(post(`"${"x".repeat(bytes - 2)}"`, headers), () => {
    begun.resolve();
    return done.promise;
  });
  await begun.promise;
  return { answered, letGo: () => done.resolve(taken(null)) };
}

const LARGE = { bytesMax: 50_000, inFlightBytesMax: 200_000 };

// Seen to fail with requests bounded by number alone.
test.each(["content-length", "chunked"])(
  "503: a body that there is no room for, until the others are done: %s",
  async (named) => {
    const bodies = createBodies(LARGE);
    const headers = named === "chunked" ? {} : { "content-length": "50000" };
    const others = await Promise.all([1, 2, 3].map(() => working(bodies, 50_000, headers)));
    const full = await bodies.withJson(post(`"${"x".repeat(49_998)}"`, headers), taken);
    expect([full.status, full.headers["retry-after"]]).toEqual([503, "1"]);
    expect(full.headers.connection).toBe(named === "chunked" ? "close" : undefined);
    for (const { letGo } of others) letGo();
    for (const { answered } of others) expect(await refusal(answered)).toBe("taken");
    expect(bodies.inFlight()).toBe(0);
    expect(await refusal(bodies.withJson(post(`"${"x".repeat(49_998)}"`, headers), taken))).toBe("taken");
  },
);

test("bodies of a usual size find room where larger ones fill all that they may", async () => {
  const bodies = createBodies(LARGE);
  const large = { "content-length": "50000" };
  const others = await Promise.all([1, 2, 3].map(() => working(bodies, 50_000, large)));
  void bodies.withJson(post(`"${"x".repeat(49_998)}"`, large), () => new Promise(() => {}));
  const usual = { "content-length": "1000" };
  expect(await refusal(bodies.withJson(post(`"${"x".repeat(998)}"`, usual), taken))).toBe("taken");
  for (const { letGo } of others) letGo();
});

// Seen to fail: the request stayed open until Bun gave up on it, and was answered 400.
test("408: a body that stalls is given up within its time, and gives its room back", async () => {
  const bodies = createBodies({ ...LARGE, arrivesWithinMs: 10 });
  const stalled = new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(10)) });
  const answer = await bodies.withJson(post(stalled), taken);
  expect([answer.status, answer.headers.connection]).toEqual([408, "close"]);
  expect(bodies.inFlight()).toBe(0);
}, 2_000);

test("a body that work fails on gives its room back", async () => {
  const failing = bodies.withJson(post("1"), () => Promise.reject(new Error("no")));
  await expect(failing).rejects.toThrow("no");
  expect(bodies.inFlight()).toBe(0);
});

describe("one person's bytes", () => {
  const LETTER = `"${"x".repeat(998)}"`;
  /** Of Ann and Eve, whose bodies are read by one process. */
  function sentBy(environment: Record<string, string>, now?: () => number) {
    const shares = createShares(readConfig(environment), 1_000, now);
    const bodies = createBodies({ bytesMax: 2_000, inFlightBytesMax: 1_048_576 });
    return (
      subject: string,
      work: () => Answer | Promise<Answer> = () => taken(1),
      body: BodyInit = LETTER,
    ) => {
      const length: Record<string, string> =
        typeof body === "string" ? { "content-length": String(body.length) } : {};
      const principal = { role: subject === "till" ? "service" : "customer", subject, scopes: [] } as const;
      return bodies.withJson({ ...post(body, length), principal, shares }, work);
    };
  }

  // Seen to fail without the bound, and with one for all.
  test("429: past them they hear when to come back, in length or in parts, and nobody else does", async () => {
    let time = 0;
    const send = sentBy({ MILLRACE_BYTES_EACH: "2500" }, () => time);
    const answered = await Promise.all([send("ann"), send("ann"), send("ann"), send("eve"), send("till")]);
    expect(answered.map(({ status }) => status)).toEqual([200, 200, 429, 200, 200]);
    expect(answered[2]?.headers).toMatchObject({
      "retry-after": "1",
      "ratelimit-policy": '"bytes";q=2500;w=1',
      ratelimit: '"bytes";r=0;t=1',
    });
    const parts = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(LETTER));
        controller.close();
      },
    });
    expect(await refusal(send("ann", () => taken(1), parts))).toEqual([429, "rate_limited"]);
    time = 1_000;
    expect((await send("ann")).status).toBe(200);
  });

  // Seen to fail while what a body held was not given back.
  test("429: as many as are worked on at once, until they are answered", async () => {
    const send = sentBy({ MILLRACE_BODIES_BYTES_MAX: "1048576" });
    const ended = Promise.withResolvers<Answer>();
    const working = Array.from({ length: 262 }, () => send("ann", () => ended.promise));
    const refused = await send("ann");
    expect([refused.status, refused.headers["ratelimit-policy"]]).toEqual([
      429,
      '"bytes-under-way";q=262144',
    ]);
    expect((await send("eve")).status).toBe(200);
    ended.resolve(taken(1));
    await Promise.all(working);
    expect((await send("ann")).status).toBe(200);
  });
});
