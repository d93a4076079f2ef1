// Commands behind one that failed for a passing reason: they wait with it, in an array and in the background.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { ANYBODY } from "@millrace/access/principal";
import { executeBatch } from "@millrace/commands/batch";
import type { Executor, Write } from "@millrace/commands/execute";
import { createRunner } from "@millrace/commands/submitted";
import { Failure } from "@millrace/platform/failure";
import { createLog } from "@millrace/platform/log";
import { postgresFailure } from "@millrace/platform/postgres";
import { submitCommand } from "@millrace/store/commands";
import { eventually } from "@millrace/testing/eventually";
import { startTestApi, type TestApi } from "../testing/start-test-api.ts";
import type { UserCommand } from "../user/decide.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api?.stop());

const create = (id: string): Write => write(id, { type: "CreateUser", id, name: "first" });
const rename = (id: string): Write => write(id, { type: "ChangeUser", name: "second" });

function write(id: string, command: UserCommand): Write {
  const metadata = { actor: "test", correlationId: "waits", causationId: "waits" };
  return { target: { aggregate: "user", id, commands: [command] }, principal: ANYBODY, metadata };
}

const noRoom = () => new Failure("append_queue_full", "no room", true);

/** Fails the first appends to that stream. */
function failing(stream: string, times: number, failure: () => Error = noRoom): Executor {
  const { store } = api.executor;
  let left = times;
  const append: typeof store.appender.append = (asked) =>
    asked.stream === stream && left-- > 0 ? Promise.reject(failure()) : store.appender.append(asked);
  return { ...api.executor, store: { ...store, appender: { ...store.appender, append } } };
}

// Seen to fail while each command of a stream had its turn whatever became of the one before: 404 for the second.
test.each(["with a key", "without"])(
  "a command of an array waits with the one before it, %s",
  async (how) => {
    const id = `array-${how.replaceAll(" ", "-")}`;
    const key = how === "without" ? undefined : { key: `http/${id}`, fingerprint: "same" };
    const executor = failing(`user-${id}`, 1);
    const writes = [create(id), rename(id), create(`${id}-other`)];
    const { answer } = await executeBatch(executor, writes, key);
    expect(answer.body).toMatchObject([{ status: 503 }, { status: 503 }, { status: 201 }]);
    const retry = await executeBatch(executor, key ? writes : writes.slice(0, 2), key);
    expect(retry.answer).toMatchObject({ status: 201 });
    expect((await api.events(`user-${id}`)).map(({ type }) => type)).toEqual(["UserCreated", "UserChanged"]);
  },
);

// Seen to fail: an SQLSTATE that is new to us stood as a 500 in the array's answer, for good.
test("what Postgres refuses for a reason that is new to us is no member's outcome, and ends no command at once", async () => {
  const unknown = () => postgresFailure("appending", Object.assign(new Error("new"), { code: "XX999" }));
  const writes = [create("unknown"), create("unknown-other")];
  const key = { key: "http/unknown", fingerprint: "same" };
  const executor = failing("user-unknown", 1, unknown);
  expect((await executeBatch(executor, writes, key)).answer.status).toBe(207);
  expect((await executeBatch(executor, writes, key)).answer.status).toBe(201);
  expect(await outcomeOf(failing("user-unknown-2", 2, unknown), [create("unknown-2")])).toMatchObject([
    { status: "accepted" },
  ]);
});

// Seen to fail while an array waited for nobody: its rename was refused, with the order's own creation still to come.
test("what was taken with 202 waits for what was taken before it on any of its streams, arrays included", async () => {
  const requests = [[create("later")], [rename("later"), create("later-other")], [rename("later")]];
  for (const outcome of await outcomeOf(failing("user-later", 3), ...requests)) {
    expect(outcome).toMatchObject({ status: "accepted" });
  }
});

/** What becomes of requests that are taken with 202, one after the other. */
async function outcomeOf(executor: Executor, ...requests: Write[][]): Promise<unknown[]> {
  const runner = createRunner(executor, createLog("test", "silent"));
  const commands = requests.map((writes) => ({
    id: Bun.randomUUIDv7(),
    request: { writes, batch: writes.length > 1 },
  }));
  for (const command of commands) {
    const kept = await submitCommand(api.sql, command);
    if (kept !== "key_taken") runner.offer(kept);
  }
  const outcomes = [];
  for (const { id } of commands) {
    outcomes.push(
      await eventually(async () => {
        const { body } = await api.send("GET", `/commands/${id}`);
        expect(body.status).not.toBe("pending");
        return body;
      }),
    );
  }
  await runner.stop();
  return outcomes;
}
