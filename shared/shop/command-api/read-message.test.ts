import { expect, test } from "bun:test";
import { namedReader } from "@millrace/commands/command-names";
import { readMessage } from "@millrace/commands/read-message";
import { testRecord } from "@millrace/commands/testing/test-record";
import { shop } from "../shop.ts";

const context = { newId: () => "new", settings: { currency: "EUR" } };
const options = { readNamed: namedReader(shop.aggregates, context), bodyBytesMax: 200 };
const read = (value: string | Uint8Array | null) => readMessage(testRecord({ value }), options, "request");
const json = (name: string) => JSON.stringify({ type: "createUser", data: { id: "u", name } });

// Seen to fail while messages were read as text in which anything goes: Caf\ufffd was stored.
test.each([
  ["a byte of Latin-1", Buffer.from(json("Caf\xe9"), "latin1")],
  ["half a character", Buffer.from(json("ab")).fill(0xe4, 45, 46)],
])("%s is refused, as HTTP refuses it", (_, value) => {
  expect(read(value)).toMatchObject({ ok: false, answer: { status: 400, body: { code: "malformed_json" } } });
});

// Seen to fail: it was parked as no JSON, while HTTP takes it.
test("a byte order mark is passed over, as by HTTP", () => {
  expect(read(`\ufeff${json("Alice")}`)).toMatchObject({ ok: true, command: { id: "u" } });
});

test("a message is taken up to the size of a body, and refused as a body is past it", () => {
  const fits = json("a").padEnd(200);
  expect(read(fits)).toMatchObject({ ok: true });
  expect(read(`${fits} `)).toMatchObject({
    ok: false,
    answer: { status: 413, body: { code: "body_too_large", requestId: "request" } },
  });
  expect(read(json("\u5546".repeat(60)))).toMatchObject({ answer: { status: 413 } });
});

test("what is no JSON, no object, no known command or nothing at all is told so", () => {
  for (const value of [null, "", "nonsense", "[]", "1", "{}", '{"type":"launchRocket","data":{}}']) {
    expect(read(value)).toMatchObject({ ok: false, answer: { status: 422, body: { code: "body_invalid" } } });
  }
});
