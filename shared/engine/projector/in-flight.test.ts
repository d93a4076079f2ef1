import { describe, expect, setSystemTime, test } from "bun:test";
import type { ReceivedRecord } from "@millrace/kafka/received-record";
import type { Log } from "@millrace/platform/log";
import type { Span, Tracing } from "@millrace/platform/tracing";
import { createInFlight } from "./in-flight.ts";

const PLACE = { topic: "thing-events", partition: 2 };
const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

function record(offset: number, producedAtMs = 0, headers: Record<string, string> = {}): ReceivedRecord {
  return { partition: 2, offset, key: "k", value: "{}", headers, timestamp: String(producedAtMs) };
}

const traced = (offset: number) =>
  record(offset, 0, { ce_id: `thing-1@${offset}`, ce_correlationid: "c", traceparent: TRACEPARENT });

/** A log that keeps its debug lines, where it has them on. */
function keeping(debug: boolean) {
  const lines: Record<string, unknown>[] = [];
  const log = { isLevelEnabled: () => debug, debug: (fields: Record<string, unknown>) => lines.push(fields) };
  return { lines, log: log as unknown as Log };
}

function collecting() {
  const ended: { parent: string | undefined; failure: string | undefined }[] = [];
  const tracing: Tracing = {
    start: (_, { parent }): Span => ({
      traceparent: TRACEPARENT,
      end: (result) => ended.push({ parent, failure: result?.failure }),
    }),
    stop: async () => {},
  };
  return { ended, tracing };
}

describe("what is in flight", () => {
  test("is as old as the first record of its oldest delivery, and nothing once that has taken effect", () => {
    setSystemTime(10_000);
    const inFlight = createInFlight({ ...PLACE, log: keeping(false).log });
    expect(inFlight.oldestMs()).toBe(0);
    inFlight.delivered([record(4, 7_000), record(5, 7_500)]);
    inFlight.delivered([record(6, 9_000)]);
    expect(inFlight.oldestMs()).toBe(3_000);
    inFlight.committed(5);
    expect(inFlight.oldestMs()).toBe(3_000);
    inFlight.committed(6);
    expect(inFlight.oldestMs()).toBe(1_000);
    inFlight.committed(7);
    expect(inFlight.oldestMs()).toBe(0);
    setSystemTime();
  });

  test("is never younger than now, whatever the producer's clock says", () => {
    const inFlight = createInFlight({ ...PLACE, log: keeping(false).log });
    inFlight.delivered([record(1, Date.now() + 60_000)]);
    expect(inFlight.oldestMs()).toBe(0);
  });

  test("costs no look at any header while nobody follows it", () => {
    const inFlight = createInFlight({ ...PLACE, log: keeping(false).log });
    const closed = {
      ...record(1),
      get headers(): never {
        throw new Error("the headers were read");
      },
    };
    inFlight.delivered([closed]);
    inFlight.committed(2);
  });

  test("is told of at debug level once it has taken effect, by its event, correlation and trace", () => {
    const { lines, log } = keeping(true);
    const inFlight = createInFlight({ ...PLACE, log });
    inFlight.delivered([traced(1), traced(2)]);
    inFlight.committed(2);
    expect(lines).toEqual([
      { ...PLACE, offset: 1, event: "thing-1@1", correlationId: "c", traceparent: TRACEPARENT },
    ]);
  });

  test("has a span from its delivery to its commit, where its record names a trace", () => {
    const { ended, tracing } = collecting();
    const inFlight = createInFlight({ ...PLACE, log: keeping(false).log, tracing });
    inFlight.delivered([traced(1), record(2), traced(3)]);
    expect(ended).toEqual([]);
    inFlight.committed(3);
    expect(ended).toEqual([{ parent: TRACEPARENT, failure: undefined }]);
    inFlight.committed(4);
    expect(ended).toHaveLength(2);
  });

  test("that is parked, or whose actor dies, has a span that says so", () => {
    const { ended, tracing } = collecting();
    const inFlight = createInFlight({ ...PLACE, log: keeping(false).log, tracing });
    inFlight.delivered([traced(1), traced(2)]);
    inFlight.parked(1, "it can't be read");
    inFlight.dropped("its thread ended");
    expect(ended.map(({ failure }) => failure)).toEqual(["it can't be read", "its thread ended"]);
    expect(inFlight.oldestMs()).toBe(0);
  });
});
