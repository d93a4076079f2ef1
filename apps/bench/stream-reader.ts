// A client of a stream of changes that reads all it is sent and comes back when it is cut off.
export interface StreamReader {
  /** Received so far. */
  changes(): number;
  connections(): number;
  stop(): void;
}

const AGAIN_MS = 1_000;

export function readStream(url: string): StreamReader {
  const ending = new AbortController();
  const decoder = new TextDecoder();
  let changes = 0;
  let connections = 0;
  const read = async () => {
    const response = await fetch(url, { signal: ending.signal });
    connections++;
    for await (const chunk of response.body ?? []) {
      changes += decoder.decode(chunk, { stream: true }).split("\ndata:").length - 1;
    }
  };
  const follow = async () => {
    while (!ending.signal.aborted) {
      await read().catch(() => {});
      if (!ending.signal.aborted) await Bun.sleep(AGAIN_MS);
    }
  };
  void follow();
  return { changes: () => changes, connections: () => connections, stop: () => ending.abort() };
}
