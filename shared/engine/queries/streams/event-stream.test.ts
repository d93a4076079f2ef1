import { describe, expect, test } from "bun:test";
import { HEARTBEAT, openEventStream } from "./event-stream.ts";

const QUEUE_BYTES = 1_000;

function openOne() {
  let timesOver = 0;
  const abort = new AbortController();
  const stream = openEventStream({
    request: new Request("http://localhost/counters/stream", { signal: abort.signal }),
    queueBytesMax: QUEUE_BYTES,
    onOver() {
      timesOver++;
    },
  });
  return { stream, abort, timesOver: () => timesOver };
}

const bytes = (length: number) => new Uint8Array(length);

describe("a client that reads nothing", () => {
  test("is dropped by the event that its queue has no room for", () => {
    const { stream, timesOver } = openOne();
    stream.send(bytes(600));
    expect(stream.isOver()).toBe(false);
    stream.send(bytes(401));
    expect([stream.isOver(), timesOver()]).toEqual([true, 1]);
  });

  test("gets one event larger than its queue, where it has taken all before it", () => {
    const { stream } = openOne();
    stream.send(bytes(5 * QUEUE_BYTES));
    expect(stream.isOver()).toBe(false);
    stream.send(bytes(1));
    expect(stream.isOver()).toBe(true);
  });

  test("is dropped by the second heartbeat that finds its queue as it was", () => {
    const { stream, timesOver } = openOne();
    stream.send(bytes(QUEUE_BYTES - 2 * HEARTBEAT.byteLength));
    stream.beat();
    expect(stream.isOver()).toBe(false);
    stream.beat();
    expect([stream.isOver(), timesOver()]).toEqual([true, 1]);
  });

  test("is kept while it takes something between two heartbeats", async () => {
    const { stream } = openOne();
    const reader = stream.response.body?.getReader();
    for (let times = 0; times < 5; times++) {
      stream.send(bytes(600));
      stream.beat();
      await reader?.read();
      await reader?.read();
    }
    expect(stream.isOver()).toBe(false);
  });
});

describe("a stream is over once, whoever ends it", () => {
  test("the client, by its request or its body", async () => {
    const gone = openOne();
    gone.abort.abort();
    await gone.stream.response.body?.cancel();
    expect([gone.stream.isOver(), gone.timesOver()]).toEqual([true, 1]);
    const cancelled = openOne();
    await cancelled.stream.response.body?.cancel();
    expect([cancelled.stream.isOver(), cancelled.timesOver()]).toEqual([true, 1]);
  });

  test("we, after what is queued", async () => {
    const { stream, timesOver } = openOne();
    stream.send(new TextEncoder().encode("last words"));
    stream.close();
    stream.drop();
    expect(await stream.response.text()).toBe("last words");
    expect(timesOver()).toBe(1);
  });
});
