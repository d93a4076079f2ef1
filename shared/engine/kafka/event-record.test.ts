import { describe, expect, test } from "bun:test";
import type { StoredEvent } from "@millrace/events/envelope";
import { fromRecord, originOf, toRecord } from "./event-record.ts";

const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const event: StoredEvent = {
  stream: "thing-42",
  version: 3,
  type: "ThingShipped",
  schemaVersion: 1,
  at: "2026-01-01T00:00:00.000Z",
  metadata: { actor: "alice", correlationId: "c", causationId: "r" },
  data: "{}",
};
const traced = { ...event, metadata: { ...event.metadata, traceparent: TRACEPARENT } };

describe("a record", () => {
  test("gives back the event that it was made from, with and without a trace", () => {
    expect(fromRecord(toRecord(event))).toEqual(event);
    expect(fromRecord(toRecord(traced))).toEqual(traced);
  });

  test("names its trace in CloudEvents' words and in those that other consumers look for", () => {
    const { headers } = toRecord(traced);
    expect(headers).toMatchObject({ ce_traceparent: TRACEPARENT, traceparent: TRACEPARENT });
    expect(Object.keys(toRecord(event).headers).filter((name) => name.includes("trace"))).toEqual([]);
  });

  test("whose traceparent is malformed is read as one without", () => {
    const { headers, value } = toRecord(traced);
    const broken = { value, headers: { ...headers, ce_traceparent: "00-zz", traceparent: "hello" } };
    expect(fromRecord(broken)).toEqual(event);
    expect(originOf(broken.headers)).toEqual({
      event: "thing-42@3",
      correlationId: "c",
      traceparent: undefined,
    });
  });

  test("stems from the hop that sent it; from where it was made, where no hop says so", () => {
    const hop = "00-0af7651916cd43dd8448eb211c80319c-aaaaaaaaaaaaaaaa-01";
    const { headers } = toRecord(traced);
    expect(originOf({ ...headers, traceparent: hop }).traceparent).toBe(hop);
    expect(originOf({ ...headers, traceparent: "" }).traceparent).toBe(TRACEPARENT);
    expect(fromRecord({ value: "{}", headers: { ...headers, traceparent: hop } })).toEqual(traced);
  });
});
