import type { Mutant } from "./mutant.ts";

const SIGNATURE = "shared/engine/webhooks/signature.ts";
const SIGNATURE_TEST = "shared/engine/webhooks/signature.test.ts";
const DESTINATION = "shared/engine/webhooks/destination.ts";
const DELIVERIES = "shared/engine/webhooks/deliveries.ts";
const SEND = "shared/engine/webhooks/send.ts";
const SEND_TEST = "shared/engine/webhooks/send.test.ts";
const SENDER_TEST = "shared/engine/webhooks/sender.int.test.ts";
const HANDLER_TEST = "shared/engine/webhooks/handler.int.test.ts";

export const webhooksMutants: readonly Mutant[] = [
  {
    name: "a webhook's timestamp is not signed",
    file: SIGNATURE,
    from: `\`\${id}.\${timestamp}.\${body}\``,
    to: `\`\${id}.\${body}\``,
    test: SIGNATURE_TEST,
    killedBy: "the published library verifies what is signed, and refuses any other body",
  },
  {
    name: "the former secret of an endpoint does not sign",
    file: SIGNATURE,
    from: "secrets.map((secret) => {",
    to: "secrets.slice(0, 1).map((secret) => {",
    test: SIGNATURE_TEST,
    killedBy: "while a secret changes, receivers that know either one verify it",
  },
  {
    name: "any address is public",
    file: DESTINATION,
    from: `return parsed.range() === "unicast" && (`,
    to: "return true || (",
    test: "shared/engine/webhooks/destination.test.ts",
    killedBy: "169.254.169.254 is not everybody's",
  },
  {
    name: "one public address makes up for a name's internal ones",
    file: DESTINATION,
    from: "!addresses.every(isPublic)",
    to: "!addresses.some(isPublic)",
    test: "shared/engine/webhooks/destination.test.ts",
    killedBy: "is none where one of the name's is internal",
  },
  {
    name: "the address that a webhook connects to is not looked at",
    file: DESTINATION,
    from: "if (!internal.includes(host) && !addresses.every(isPublic)) throw",
    to: "if (addresses.length === 0) throw",
    test: SEND_TEST,
    killedBy: "nothing is connected to where the name's address is internal",
  },
  {
    name: "TLS proves the address in place of the name",
    file: SEND,
    from: "tls: { serverName: name,",
    to: "tls: { serverName: address,",
    test: SEND_TEST,
    killedBy: "connects to the address that was looked at, and has the name proved and said",
  },
  {
    name: "webhooks follow redirects",
    file: SEND,
    from: `redirect: "manual",`,
    to: `redirect: "follow",`,
    test: SENDER_TEST,
    killedBy: "follows no redirect, which is a failure",
  },
  {
    name: "an endpoint that is gone is asked on",
    file: "shared/engine/webhooks/verdict.ts",
    from: "outcome.status === GONE ?",
    to: "outcome.status === 0 ?",
    test: "shared/engine/webhooks/verdict.test.ts",
    killedBy: "disables its endpoint where that is gone, or where it must not be connected to",
  },
  {
    name: "endpoints that hang may take every place",
    file: "shared/engine/webhooks/places.ts",
    from: "own === 0 ? 1 : 0",
    to: "0",
    test: "shared/engine/webhooks/places.test.ts",
    killedBy: "however many endpoints hang, another finds a place",
  },
  {
    name: "one endpoint may take every place",
    file: "shared/engine/webhooks/places.ts",
    from: "const ENDPOINT_PLACES_MAX = 16;",
    to: "const ENDPOINT_PLACES_MAX = PLACES_MAX;",
    test: SENDER_TEST,
    killedBy: "of one endpoint that hangs hold up none of another's",
  },
  {
    name: "actors pass by events that a new endpoint wants",
    file: "shared/engine/webhooks/endpoints.ts",
    from: "await fenceOwners(tx, PROJECTION);",
    to: "",
    test: HANDLER_TEST,
    killedBy:
      "lack no event that was not past when the endpoint came: who does not know it yet can't pass it by",
  },
  {
    name: "events that nobody wants cost a transaction",
    file: "shared/engine/webhooks/handler.ts",
    from: "if (listening.length === 0) return false;",
    to: "if (listening.length === 0) return true;",
    test: HANDLER_TEST,
    killedBy: "cost no statement where nobody wants the event",
  },
  {
    name: "an endpoint that only fails is never disabled",
    file: DELIVERIES,
    from: "disabled_at = case when given.disable is not null or (not given.taken",
    to: "disabled_at = case when given.disable is not null or (false",
    test: SENDER_TEST,
    killedBy:
      "that fails after five days of nothing but failures disables its endpoint; one day less does not",
  },
  {
    name: "a stream's later webhooks pass an earlier one that fails",
    file: DELIVERIES,
    from: `\${endpoint.ordered ? first : sql\`\`}`,
    to: `\${endpoint.ordered ? sql\`\` : sql\`\`}`,
    test: SENDER_TEST,
    killedBy: "of one stream come in order where asked, and wait for one that fails; other streams don't",
  },
  {
    name: "full webhooks have the data of other events",
    file: "shared/engine/store/events-at.ts",
    from: "    order by place`;",
    to: "    order by place desc`;",
    test: SENDER_TEST,
    killedBy:
      "is full where that was asked, with each event's own data as it was stored, and a test without any",
  },
  {
    name: "an endpoint whose events can't be read holds up those after it",
    file: "shared/engine/webhooks/sender.ts",
    from: "(error) => failures.push(error),",
    to: "(error) => {\n          throw error;\n        },",
    test: SENDER_TEST,
    killedBy:
      "of one endpoint whose events can't be read hold up none of another's, and are tried once they can",
  },
  {
    name: "a webhook that is being sent is said not to be there",
    file: "shared/engine/webhooks/operate.ts",
    from: `return known ? "is being sent" : "is not there";`,
    to: `return known ? "is not there" : "is not there";`,
    test: "shared/engine/webhooks/webhook-routes.int.test.ts",
    killedBy: "409: a retry of one that is being sent, and 202 once that has ended",
  },
  {
    name: "what a killed sender had leased is nobody's for ever",
    file: DELIVERIES,
    from: `        and (leased_until is null or leased_until <= now()) \${`,
    to: `        and leased_until is null \${`,
    test: "shared/engine/webhooks/kill.int.test.ts",
    killedBy: "senders killed again and again while they send lose nothing, and send every event",
  },
  {
    name: "a replay goes past its range",
    file: "shared/engine/store/events-at.ts",
    from: `and at >= \${since} and at < \${until}`,
    to: `and at >= \${since} and \${until}::timestamptz is not null`,
    test: "shared/engine/webhooks/replay.int.test.ts",
    killedBy: "a range from before the endpoint is sent, by its patterns, and no event beside it",
  },
  {
    name: "a time is passed on with the offset that it came with",
    file: "shared/engine/read-models/asked-values.ts",
    from: "v.transform((text) => new Date(text).toISOString()),",
    to: "v.transform((text) => text),",
    test: "shared/engine/webhooks/webhook-routes.int.test.ts",
    killedBy: "a replay from a time of any offset that RFC 3339 has, and of no other",
  },
  {
    name: "a day that its month does not have is read as one of the next",
    file: "shared/engine/read-models/asked-values.ts",
    from: "  v.check(isDayOfItsMonth, INSTANT_MESSAGE),\n",
    to: "",
    test: "shared/engine/queries/query-parameters.test.ts",
    killedBy: "takes instants with an offset, and dates as their first instant in UTC",
  },
  {
    name: "more is refused as an endpoint's address than the document says",
    file: DESTINATION,
    from: `(?:\${LABEL}\\.)+[A-Za-z]`,
    to: `(?:\${LABEL}\\.)+[A-Za-z0-9]`,
    test: "shared/engine/webhooks/destination.test.ts",
    killedBy: "that the document calls right is read, and only such a one",
  },
  {
    name: "endpoints are changed without an entry in the trail",
    file: "shared/engine/trail/record.ts",
    from: "if (count > 0) await recordAct(tx, by, act);",
    to: "if (count > 0 && !by) await recordAct(tx, by, act);",
    test: "shared/engine/webhooks/webhook-routes.int.test.ts",
    killedBy: "who changed what stands in the trail, with no secret and no path of a hook in it",
  },
  {
    name: "clerks may configure webhooks",
    file: "shared/engine/access/may.ts",
    from: "  clerk: {\n",
    to: `  clerk: {\n    configure: "all",\n`,
    test: "shared/engine/webhooks/webhook-routes.int.test.ts",
    killedBy: "clerk is refused all but what the table says",
  },
];
