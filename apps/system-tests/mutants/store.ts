import type { Mutant } from "./mutant.ts";

const LOAD = { file: "shared/engine/store/load.ts", test: "shared/engine/store/load.int.test.ts" };
const TRANSACT = { file: "shared/engine/store/transact.ts", test: "shared/engine/store/load.int.test.ts" };
const APPENDER = {
  file: "shared/engine/store/appender.ts",
  test: "shared/engine/store/appender.int.test.ts",
};
const QUEUE = {
  file: "shared/engine/store/stream-queue.ts",
  test: "shared/engine/store/stream-queue.int.test.ts",
};
const SNAPSHOTS = { test: "shared/engine/store/snapshots.int.test.ts" };
const BODY = { file: "shared/engine/http/body.ts", test: "shared/engine/http/body.test.ts" };

export const storeMutants: readonly Mutant[] = [
  {
    ...LOAD,
    name: "a load's pages are not bounded in bytes",
    from: "bytes + octet_length(next.data)",
    to: "bytes",
    killedBy: "a page of large events holds about a megabyte, whatever they are compressed to",
  },
  {
    ...LOAD,
    name: "a load ends with a stream's first page",
    from: "if (!page.isCut) return;",
    to: "return;",
    killedBy: "pages hold every event once, in order, wherever they are cut",
  },
  {
    ...LOAD,
    name: "a stream that can't be read fails every load of its statement",
    from: "wanted.size === 1 || failure.retryable",
    to: "wanted.size > 0",
    killedBy: "a stream that can't be read fails its own readers and no other of its statement",
  },
  {
    ...TRANSACT,
    name: "events are stamped by the clock alone",
    file: "shared/engine/store/settle.ts",
    from: "latest(asked.now, present.at)",
    to: "asked.now",
    killedBy: "an event never carries a time before that of the event before it, whatever the clock says",
  },
  {
    ...QUEUE,
    name: "commands are refused from a state that was read before they came",
    from: "<= presentSince",
    to: "> -1",
    killedBy: "nobody is answered from what the stream was before others changed it",
  },
  {
    ...QUEUE,
    name: "a key that is taken is the answer of all that were to be stored with it",
    from: "stored.filter((_, index) => outcome.keysTaken.includes(index))",
    to: "stored",
    killedBy:
      "each of a group ends by itself: refused, stale, under a key that is taken, too large, unreadable to Postgres",
  },
  {
    ...SNAPSHOTS,
    file: "shared/engine/store/load.ts",
    name: "a snapshot of other code is read",
    from: "and fingerprint = ",
    to: "and '' <> ",
    killedBy: "a snapshot of other code is not read, and stays for that code while both may run",
  },
  {
    ...SNAPSHOTS,
    file: "shared/engine/store/snapshot.ts",
    name: "a snapshot is taken for a state unseen",
    from: "v.parse(definition.schema, JSON.parse(text))",
    to: "JSON.parse(text)",
    killedBy: 'a snapshot that holds {"sum":"many"} is forgotten, and the events count',
  },
  {
    ...APPENDER,
    file: "shared/engine/store/printed-append.ts",
    name: "an event that Kafka can't carry is stored",
    from: "row.bytes > EVENT_BYTES_MAX",
    to: "row.bytes < 0",
    killedBy: "an event that Kafka can't carry is refused before it is stored",
  },
  {
    ...APPENDER,
    name: "commands are tried alone after a failure that may have come after their commit",
    from: "hasCode(error, (code) => VALUES_REFUSED.test(code))",
    to: "true",
    killedBy:
      "after a failure that says nothing of a command's values (54000) no command is tried again, and each may be",
  },
  {
    ...APPENDER,
    name: "an append statement is bounded by number alone",
    from: " &&\n        taken + append.bytes <= APPEND_BYTES_MAX",
    to: "",
    killedBy: "a statement and each entry of the outbox are bounded in bytes, and streams keep their order",
  },
  {
    ...APPENDER,
    file: "shared/engine/store/append.ts",
    name: "an outbox entry is bounded by nothing",
    from: " || entry.bytes + row.bytes > ENTRY_BYTES_MAX",
    to: "",
    killedBy: "a statement and each entry of the outbox are bounded in bytes, and streams keep their order",
  },
  {
    ...APPENDER,
    name: "the append queue is bounded by number alone",
    from: "bytes + append.bytes > bounds.queueBytesMax",
    to: "bytes < 0",
    killedBy: "past the bytes that may wait a command is refused at once, and taken again once there is room",
  },
  {
    ...BODY,
    name: "bodies in flight are bounded by their number alone",
    from: "inFlight - held + bytes > budget",
    to: "bytes < 0 && budget < 0",
    killedBy: "503: a body that there is no room for, until the others are done: content-length",
  },
  {
    ...BODY,
    name: "large bodies take the room of usual ones",
    from: "LARGER_SHARE * inFlightBytesMax",
    to: "inFlightBytesMax",
    killedBy: "bodies of a usual size find room where larger ones fill all that they may",
  },
  {
    ...BODY,
    name: "a stalled body is waited for",
    from: "resolve(TOO_LATE)",
    to: "undefined",
    killedBy: "408: a body that stalls is given up within its time, and gives its room back",
  },
  {
    name: "submitted commands are bounded by number alone",
    file: "shared/engine/commands/submitted.ts",
    from: " || size >= TAKEN_SIZE_MAX",
    to: "",
    test: "shared/shop/command-api/respond-async.int.test.ts",
    killedBy:
      "past the bytes that may wait no more is taken, and what was left in Postgres is run once there is room",
  },
  {
    name: "an upcaster loses a word of what was stored",
    file: "shared/shop/order/codec.ts",
    from: "upcasters: [(data) => data],",
    to: "upcasters: [(data) => ({ ...(data as object), amount: 0 })],",
    test: "shared/shop/stored-events.test.ts",
    killedBy: "every version of every event of order is kept, and read as it is now",
  },
];
