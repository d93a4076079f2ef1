// The headers of an event's record (./event-record.ts) as JSON Schema, for the documentation.
import { SOURCE } from "./event-record.ts";

const text = (description: string) => ({ type: "string", description });
const number = (description: string) => ({ ...text(description), pattern: "^[1-9][0-9]*$" });
const trace = (description: string) => ({
  ...text(description),
  pattern: "^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$",
});

const properties = {
  "content-type": { const: "application/json" },
  ce_specversion: { const: "1.0" },
  ce_id: text("`<stream>@<version>`: the same however often the event is sent"),
  ce_source: { const: SOURCE },
  ce_type: text("The event's name"),
  ce_time: { ...text("When it was stored: UTC, milliseconds"), format: "date-time" },
  ce_subject: text("Its stream: `<category>-<id>`"),
  ce_streamversion: number("Its place in the stream, from 1: events of one key come in this order"),
  ce_schemaversion: number("The version of its name's schema that its data has"),
  ce_actor: text("Who asked"),
  ce_correlationid: text("Shared by everything that one outside request led to"),
  ce_causationid: text("The command or event that led straight to this one"),
};

/** Of every event. Headers that hold a number hold its digits. */
export const eventHeadersSchema = {
  type: "object",
  required: Object.keys(properties),
  properties: {
    ...properties,
    ce_traceparent: trace("Where it was made, where its request had a trace"),
    traceparent: trace("The hop that sent this record"),
  },
};

/** Of one event in one schema version. */
export function headersOf(type: string, schemaVersion: number) {
  return { ce_type: { const: type }, ce_schemaversion: { const: String(schemaVersion) } };
}
