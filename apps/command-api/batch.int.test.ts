// Commands behind one that failed for a passing reason: they wait with it, in an array and in the background.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { submitCommand } from "@millrace/event-store/commands";
import { Failure } from "@millrace/platform/failure";
import { createLog } from "@millrace/platform/log";
import { eventually } from "@millrace/testing/eventually";
import { executeBatch } from "./batch.ts";
import type { Executor, Write } from "./execute.ts";
import { startTestApi, type TestApi } from "./start-test-api.ts";
import { createRunner } from "./submitted.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api?.stop());

const create = (id: string): Write => write(id, { type: "CreateUser", id, name: "first" });
const rename = (id: string): Write => write(id, { type: "ChangeUser", name: "second" });

function write(
  id: string,
  command: Extract<Write["target"], { aggregate: "user" }>["commands"][number],
): Write {
  const metadata = { actor: "test", correlationId: "waits", causationId: "waits" };
  return { target: { aggregate: "user", id, commands: [command] }, metadata };
}

/** Finds no room for the first appends to that stream. */
function failing(stream: string, times: number): Executor {
  const { store } = api.executor;
  let left = times;
  const append: typeof store.appender.append = (asked) =>
    asked.stream === stream && left-- > 0
      ? Promise.reject(new Failure("append_queue_full", "no room", true))
      : store.appender.append(asked);
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

// Seen to fail while an array waited for nobody: its rename was refused, with the order's own creation still to come.
test("what was taken with 202 waits for what was taken before it on any of its streams, arrays included", async () => {
  const runner = createRunner(failing("user-later", 3), createLog("test", "silent"));
  const requests = [[create("later")], [rename("later"), create("later-other")], [rename("later")]];
  const commands = requests.map((writes) => ({
    id: Bun.randomUUIDv7(),
    request: { writes, batch: writes.length > 1 },
  }));
  for (const command of commands) await submitCommand(api.sql, command);
  for (const command of commands) runner.offer({ ...command, size: 0 });
  for (const { id } of commands) {
    const answer = await eventually(async () => {
      const { body } = await api.send("GET", `/commands/${id}`);
      expect(body.status).not.toBe("pending");
      return body;
    });
    expect(answer).toMatchObject({ status: "accepted" });
  }
  await runner.stop();
});
