// A task whose records wait for others to share a statement with: for a handler whose rows no reader awaits by version.
// A second model on the way of an order to its row would cost as much again; a statement of hundreds costs a fraction.
import type { ReceivedRecord } from "@millrace/kafka/received-record";
import type { Task } from "./task.ts";

/** Longest time, in ms, that a record waits: its readers see it within a second. */
const GATHER_MS = 250;
/** Records that are gathered: as many as a batch has under full load, since more would save little. */
const RECORDS_MAX = 1_000;
/** Bytes that are gathered: the mailbox no longer counts them. */
const BYTES_MAX = 1_048_576;

/** Until they are due the checkpoint lags behind them: after a crash they are read again. */
export function gathering(task: Task, nowMs = () => Date.now()): Task {
  let gathered: readonly ReceivedRecord[] = [];
  let bytes = 0;
  let sinceMs = 0;
  let end = 0;

  const offset = () => (gathered.length > 0 ? end : task.offset());

  const dueInMs = () => {
    if (gathered.length >= RECORDS_MAX || bytes >= BYTES_MAX) return 0;
    return Math.max(0, sinceMs + GATHER_MS - nowMs());
  };

  /** What fails stays gathered: tried again, the task passes over those that have taken effect. */
  const flush = async () => {
    if (gathered.length === 0) return;
    await task.handle(gathered);
    gathered = [];
    bytes = 0;
    task.pass(end);
  };

  return {
    ...task,
    offset,
    async handle(records) {
      const fresh = records.filter((record) => record.offset >= offset());
      const last = fresh.at(-1);
      if (last) {
        if (gathered.length === 0) sinceMs = nowMs();
        gathered = [...gathered, ...fresh];
        for (const { value } of fresh) bytes += value?.length ?? 0;
        end = last.offset + 1;
      }
      if (gathered.length > 0 && dueInMs() === 0) await flush();
    },
    pass(upTo) {
      if (gathered.length === 0) task.pass(upTo);
      else end = Math.max(end, upTo);
    },
    async catchUp() {
      await flush();
      await task.catchUp();
    },
    behindInMs: () => (gathered.length > 0 ? dueInMs() : task.behindInMs()),
    async startOver(from, forgotten) {
      await flush();
      await task.startOver(from, forgotten);
    },
  };
}
