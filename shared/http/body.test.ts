import { expect, test } from "bun:test";
import { type Body, readJson } from "./body.ts";

const BYTES_MAX = 64;

function read(body: BodyInit | null, headers: Record<string, string> = {}): Promise<Body> {
  const all = { "content-type": "application/json", ...headers };
  return readJson(new Request("http://test/", { method: "POST", headers: all, body }), BYTES_MAX);
}

async function refusal(body: Promise<Body>): Promise<unknown> {
  const read = await body;
  if (read.ok) return "taken";
  return [read.problem.status, (read.problem.body as { code: string }).code];
}

test("JSON is read", async () => {
  expect(await read('{"a":[1,"ü"]}')).toMatchObject({ ok: true, value: { a: [1, "ü"] } });
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
