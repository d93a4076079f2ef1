import type { Mutant } from "./mutant.ts";

const LOAD = { file: "shared/event-store/load.ts", test: "shared/event-store/load.int.test.ts" };
const TRANSACT = { file: "shared/event-store/transact.ts", test: "shared/event-store/load.int.test.ts" };

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
    from: "streams.length === 1 || failure.retryable",
    to: "streams.length > 0",
    killedBy: "a stream that can't be read fails its own readers and no other of its statement",
  },
  {
    ...TRANSACT,
    name: "events are stamped by the clock alone",
    from: "latest(store.now(), present.at)",
    to: "store.now()",
    killedBy: "an event never carries a time before that of the event before it, whatever the clock says",
  },
];
