// Rows as they change: server-sent events (WHATWG HTML, section 9.2) over fetch, which can carry a credential. A stream
// that breaks goes on where it was.
import { ask, type Connection, pause } from "./ask.ts";
import { type Problem, ProblemError } from "./problem.ts";

export type Change<Document> =
  /** The stream is open: what changes from now on follows. Read now what there is, and nothing is missed. */
  | { readonly type: "opened"; readonly at: string }
  | { readonly type: "changed"; readonly at: string; readonly document: Document }
  | { readonly type: "deleted"; readonly at: string; readonly id: string; readonly version: number };

export interface FollowOptions {
  /** `at` of the last change that was seen: all that has changed since comes first. */
  readonly since?: string;
  readonly signal?: AbortSignal;
}

/** Three heartbeats of the API: a connection that is quiet for longer is gone. */
const SILENCE_MAX_MS = 45_000;
const RECONNECT_MS = 1_000;
/** Between tries to resume where several in a row have failed. */
const OUTAGE_PAUSE_MS = 5_000;
/** Characters of one event, at most: four times the largest that the event store takes. */
const EVENT_MAX = 4_194_304;

/** @throws ProblemError where the stream can't be opened, or resumed for more than an outage; and what the caller's signal says */
export async function* follow<Document>(
  connection: Connection,
  url: string,
  { since, signal }: FollowOptions,
): AsyncGenerator<Change<Document>> {
  let at = since;
  let opened = since !== undefined;
  for (;;) {
    const silence = new AbortController();
    const headers = { accept: "text/event-stream", ...(at === undefined ? {} : { "last-event-id": at }) };
    const either = signal ? AbortSignal.any([signal, silence.signal]) : silence.signal;
    const asked = await ask(connection, { method: "GET", url, headers, signal: either }, ({ body }) => body);
    if (!asked.ok) {
      if (at === undefined || !passes(asked.problem)) throw new ProblemError(asked.problem);
      await pause(OUTAGE_PAUSE_MS, signal);
      continue;
    }
    let reconnectMs = RECONNECT_MS;
    try {
      for await (const event of eventsOf(withoutSilence(asked.read, silence))) {
        reconnectMs = event.retryMs ?? reconnectMs;
        at = event.id ?? at;
        if (at === undefined) continue;
        if (!opened) yield { type: "opened", at };
        opened = true;
        if (event.data === undefined) continue;
        const data = JSON.parse(event.data);
        yield event.name === "deleted"
          ? { type: "deleted", at, ...data }
          : { type: "changed", at, document: data };
      }
    } catch (error) {
      if (error instanceof EventTooLarge) throw error;
      // Cut off: what is not delivered yet comes again.
    } finally {
      silence.abort();
    }
    await pause(reconnectMs, signal);
  }
}

/** Nobody answers, or too much is asked, for now. */
function passes({ status }: Problem): boolean {
  return status === 0 || status === 429 || status >= 500;
}

async function* withoutSilence(body: ReadableStream<Uint8Array> | null, silence: AbortController) {
  const reader = body?.getReader();
  const decoder = new TextDecoder();
  for (;;) {
    const timer = setTimeout(() => silence.abort(), SILENCE_MAX_MS);
    const part = await reader?.read().finally(() => clearTimeout(timer));
    if (!part || part.done) return;
    yield decoder.decode(part.value, { stream: true });
  }
}

interface ServerSentEvent {
  readonly name?: string;
  readonly id?: string;
  readonly data?: string;
  readonly retryMs?: number;
}

class EventTooLarge extends Error {}

/** Blocks of lines that end with an empty one; comments are heartbeats. */
export async function* eventsOf(parts: AsyncIterable<string>): AsyncGenerator<ServerSentEvent> {
  let text = "";
  for await (const part of parts) {
    text += part;
    const blocks = text.split(/\r?\n\r?\n/);
    text = blocks.pop() ?? "";
    if (text.length > EVENT_MAX) throw new EventTooLarge(`An event is longer than ${EVENT_MAX} characters`);
    for (const block of blocks) yield readEvent(block);
  }
}

function readEvent(block: string): ServerSentEvent {
  const fields = block.split(/\r?\n/).map((line) => /^(\w*): ?(.*)$/s.exec(line) ?? []);
  const last = (name: string) => fields.findLast(([, field]) => field === name)?.[2];
  const data = fields.flatMap(([, field, value]) => (field === "data" ? [value] : []));
  const [name, id, retry] = [last("event"), last("id"), last("retry")];
  return {
    ...(name === undefined ? {} : { name }),
    ...(id === undefined ? {} : { id }),
    ...(data.length === 0 ? {} : { data: data.join("\n") }),
    ...(retry === undefined || !/^\d+$/.test(retry) ? {} : { retryMs: Number(retry) }),
  };
}
