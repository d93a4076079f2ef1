import { afterAll, beforeAll, expect, test } from "bun:test";
import { startTestApi, type TestApi } from "../testing/start-test-api.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api?.stop());

const createUser = (id: string, name = "Alice") => ({ type: "createUser", payload: { id, name } });
const createOrder = (orderId: string) => ({
  type: "createOrder",
  payload: { orderId, product: "Pen", quantity: 1 },
});

test("201, 200, 204: every command of the domain goes by its name", async () => {
  const on = (type: string) => ({ type, payload: { orderId: "all" } });
  const sent: [unknown, number][] = [
    [createOrder("all"), 201],
    [{ type: "changeOrder", payload: { orderId: "all", customer: "Bob" } }, 200],
    [on("shipOrder"), 200],
    [on("deliverOrder"), 200],
    [on("deleteOrder"), 204],
    [createOrder("called-off"), 201],
    [{ type: "CANCEL_ORDER", data: { orderId: "called-off" } }, 200],
    [createUser("all"), 201],
    [{ type: "changeUser", payload: { id: "all", name: "Bob" } }, 200],
    [{ type: "deleteUser", payload: { id: "all" } }, 204],
  ];
  for (const [command, status] of sent) {
    const answer = await api.send("POST", "/commands", command);
    expect([command, answer.status]).toEqual([command, status]);
    expect(answer.headers.get("etag")).toMatch(/^"\d+"$/);
  }
});

test("201: an array is answered with every result in its order", async () => {
  const answer = await api.send("POST", "/commands", [createUser("a1"), createOrder("a2"), createUser("a3")]);
  expect(answer.status).toBe(201);
  expect(answer.body).toMatchObject([{ id: "a1" }, { id: "a2", status: "CREATED" }, { id: "a3" }]);
});

test("201: commands on one order in an array are decided in their order", async () => {
  const steps = ["shipOrder", "deliverOrder"].map((type) => ({ type, payload: { orderId: "steps" } }));
  const answer = await api.send("POST", "/commands", [createOrder("steps"), ...steps]);
  expect([answer.status, answer.body.at(-1)]).toMatchObject([201, { status: "DELIVERED", version: 3 }]);
});

test("207: where one of an array is refused, each says how it ended and the others stand", async () => {
  await api.send("POST", "/commands", createUser("taken"));
  const answer = await api.send("POST", "/commands", [createUser("free"), createUser("taken")]);
  expect(answer.status).toBe(207);
  expect(answer.body).toMatchObject([
    { status: 201, body: { id: "free" } },
    { status: 409, problem: { code: "user_already_exists" } },
  ]);
  expect((await api.events("user-free")).length).toBe(1);
});

test("422: one command that can't be read refuses the whole array, and says which", async () => {
  const answer = await api.send("POST", "/commands", [
    createUser("unread"),
    { type: "createUser", payload: {} },
  ]);
  expect(answer.status).toBe(422);
  expect(answer.body.errors.map((error: { pointer: string }) => error.pointer)).toContain("/1/payload/id");
  expect(await api.events("user-unread")).toEqual([]);
});

test("422: an array is neither empty nor longer than its bound", async () => {
  expect((await api.send("POST", "/commands", [])).status).toBe(422);
  const many = Array.from({ length: 201 }, (_, index) => createUser(`many-${index}`));
  expect((await api.send("POST", "/commands", many)).status).toBe(422);
  expect((await api.send("POST", "/commands", many.slice(1))).status).toBe(201);
});

test("201: an array under a key is decided once and answered the same again", async () => {
  const headers = { "idempotency-key": "array" };
  const commands = [createUser("k1"), { type: "createOrder", payload: { amount: 5 } }];
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => api.send("POST", "/commands", commands, headers)),
  );
  expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
  expect(answers[0]?.status).toBe(201);
  expect((await api.events("user-k1")).length).toBe(1);
  const again = await api.send("POST", "/commands", commands, headers);
  expect([again.text, again.headers.get("idempotency-replayed")]).toEqual([answers[0]?.text ?? "", "true"]);
});

test("201: an array that was broken off is finished by its retry, without doing anything twice", async () => {
  const headers = { "idempotency-key": "broken-off" };
  const commands = [createUser("b1"), createUser("b2")];
  const first = await api.send("POST", "/commands", commands, headers);
  // As a crash before the last answer was stored leaves it.
  await api.sql`delete from stored_answers where key in ('http/broken-off', '1/http/broken-off')`;
  await api.sql`delete from events where stream = 'user-b2'`;
  const retry = await api.send("POST", "/commands", commands, headers);
  expect([retry.status, retry.body]).toEqual([201, first.body]);
  expect((await api.events("user-b1")).length).toBe(1);
});

test("422: another array, or one command, under an array's key is another request", async () => {
  const headers = { "idempotency-key": "array-2" };
  await api.send("POST", "/commands", [createUser("r1"), createUser("r2")], headers);
  const others = [
    [createUser("r1")],
    [createUser("r1"), createUser("r3")],
    [createUser("r1"), createUser("r2"), createUser("r3")],
    createUser("r1"),
  ];
  for (const body of others) {
    const answer = await api.send("POST", "/commands", body, headers);
    expect([answer.status, answer.body.code]).toEqual([422, "idempotency_key_reused"]);
  }
  expect(await api.events("user-r3")).toEqual([]);
});

test("422: an array under one command's key, or a key whose array was broken off, does nothing", async () => {
  await api.send("POST", "/commands", createUser("s1"), { "idempotency-key": "single" });
  await api.send("POST", "/commands", [createUser("s2")], { "idempotency-key": "begun" });
  await api.sql`delete from stored_answers where key = 'http/begun'`;
  for (const key of ["single", "begun"]) {
    const answer = await api.send("POST", "/commands", [createUser("s3"), createUser("s4")], {
      "idempotency-key": key,
    });
    expect([answer.status, answer.body.code]).toEqual([422, "idempotency_key_reused"]);
  }
  expect([...(await api.events("user-s3")), ...(await api.events("user-s4"))]).toEqual([]);
});

// Seen to fail while only the array's own answer counted: the command was carried out, and the array's retry refused.
test("422: one command under the key of an array that was broken off does nothing, and the array is finished", async () => {
  const headers = { "idempotency-key": "begun-2" };
  const array = [createUser("t1"), createUser("t2")];
  await api.send("POST", "/commands", array, headers);
  await api.sql`delete from stored_answers where key in ('http/begun-2', '1/http/begun-2')`;
  await api.sql`delete from events where stream = 'user-t2'`;
  for (const prefer of ["", "respond-async"]) {
    const answer = await api.send("POST", "/commands", createUser("t3"), { ...headers, prefer });
    expect([answer.status, answer.body.code]).toEqual([422, "idempotency_key_reused"]);
  }
  expect(await api.events("user-t3")).toEqual([]);
  const retry = await api.send("POST", "/commands", array, headers);
  expect([retry.status, retry.body]).toMatchObject([201, [{ id: "t1" }, { id: "t2" }]]);
});

test("422: a name that is no command is told those that are", async () => {
  const answer = await api.send("POST", "/commands", { type: "recordPayment", payload: {} });
  expect([answer.status, answer.body.errors[0].pointer]).toEqual([422, "/type"]);
});

test("201: events say who asked, why, and under which trace", async () => {
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const headers = { "x-actor": "alice", "x-request-id": "req-1", "x-correlation-id": "cor-1", traceparent };
  await api.send("POST", "/commands", createUser("traced"), headers);
  expect(await api.events("user-traced")).toMatchObject([
    { metadata: { actor: "alice", causationId: "req-1", correlationId: "cor-1", traceparent } },
  ]);
});

test("/metrics counts commands by type and outcome, and shows the append queue beside its bound", async () => {
  await api.send("POST", "/commands", createUser("counted"));
  await api.send("POST", "/commands", createUser("counted"));
  const { text } = await api.send("GET", "/metrics");
  const lines = text.split("\n").filter((line) => /^millrace_(?:command_|append_)/.test(line));
  expect(lines).toContainEqual(
    expect.stringMatching(
      /^millrace_command_duration_seconds_count\{.*type="CreateUser",outcome="refused".* [1-9]/,
    ),
  );
  expect(lines).toContainEqual(
    expect.stringMatching(
      /^millrace_command_duration_seconds_count\{.*type="CreateUser",outcome="accepted".* [1-9]/,
    ),
  );
  expect(lines).toContainEqual(expect.stringMatching(/^millrace_append_queue_depth.* 0$/));
  expect(lines).toContainEqual(expect.stringMatching(/^millrace_append_queue_max.* 5000$/));
  expect(lines).toContainEqual(expect.stringMatching(/^millrace_append_batch_commands_count.* [1-9]/));
});
