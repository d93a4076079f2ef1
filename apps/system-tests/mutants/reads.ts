import type { Mutant } from "./mutant.ts";

export const readsMutants: readonly Mutant[] = [
  {
    name: "query parameters that no route declares are passed over",
    file: "shared/http/unknown-parameters.ts",
    from: "if (unknown.size === 0) return undefined;",
    to: "if (unknown.size >= 0) return undefined;",
    test: "shared/http/unknown-parameters.test.ts",
    killedBy: "are named, each once, beside those that it knows",
  },
  {
    name: "a wait for a version ends without a last look",
    file: "apps/query-api/version-waits.ts",
    from: "if (waitMs > 0) await look",
    to: "if (waitMs < 0) await look",
    test: "apps/query-api/version-waits.test.ts",
    killedBy: "what appears without a notification is found by a last look",
  },
  {
    name: "a notification wakes every wait, whatever it names",
    file: "apps/query-api/version-waits.ts",
    from: "if (!hashes) {",
    to: "if (hashes) {",
    test: "apps/query-api/version-waits.test.ts",
    killedBy: "a notification makes one look at what it names, and at nothing else",
  },
  {
    name: "a notification that can't be sent fails the batch that it is about",
    file: "shared/read-models/apply-batch.ts",
    from: 'if (notified.status === "rejected") onNotifyFailed(notified.reason);',
    to: 'if (notified.status === "rejected") throw notified.reason;',
    test: "shared/read-models/orders/projection.int.test.ts",
    killedBy: "that can't be sent, as where the queue is full, fails nothing that is committed",
  },
  {
    name: "nobody is notified of what a transaction did",
    file: "shared/partitions/task.ts",
    from: "await handler.onCommitted?.(db);",
    to: "",
    test: "shared/partitions/task.int.test.ts",
    killedBy: "a handler hears of its transaction once others can read what it did",
  },
  {
    name: "a notification that can't be read ends the listener's connection",
    file: "shared/live/row-listener.ts",
    from: "options.onUnreadable?.();",
    to: "throw error;",
    test: "shared/live/row-listener.int.test.ts",
    killedBy: "what can't be read is counted, may have meant any row, and ends no connection",
  },
  {
    name: "the listener waits for an answer to LISTEN for as long as TCP does",
    file: "shared/live/row-listener.ts",
    from: "answer_timeout: bounds.answerMs / 1_000,",
    to: "answer_timeout: null,",
    test: "shared/live/row-listener.int.test.ts",
    killedBy: "a LISTEN that is never answered is given up, and tried again",
  },
  {
    name: "Postgres keeps the session of a listener that stands still",
    file: "shared/live/row-listener.ts",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a template.
    from: "set tcp_user_timeout = ${bounds.unsentMs}",
    to: "set tcp_user_timeout = 0",
    test: "shared/live/row-listener.int.test.ts",
    killedBy: "a process that stands still does not hold up the notifications of all others",
  },
  {
    name: "pages and followed changes end at a number of rows alone",
    file: "shared/read-models/within-bytes.ts",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a template.
    from: "when bytes <= ${bytesMax} or",
    to: "when bytes >= 0 or",
    test: "shared/read-models/orders/queries.int.test.ts",
    killedBy: "make a page end at 2 MB, with the way to the rest, each once",
  },
];
