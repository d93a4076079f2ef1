// A collector for tests: takes spans over OTLP as HTTP and protobuf, and keeps what tests ask about.

export interface CollectedSpan {
  readonly service: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
}

export interface Collector {
  readonly url: string;
  spans(traceId: string): CollectedSpan[];
  stop(): Promise<void>;
}

export function startCollector(): Collector {
  const spans: CollectedSpan[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    routes: {
      "/v1/traces": {
        POST: async (request) => {
          spans.push(...spansIn(new Uint8Array(await request.arrayBuffer())));
          return new Response(new Uint8Array(), { headers: { "content-type": "application/x-protobuf" } });
        },
      },
    },
  });
  return {
    url: server.url.href.replace(/\/$/, ""),
    spans: (traceId) => spans.filter((span) => span.traceId === traceId),
    stop: () => server.stop(true),
  };
}

/** Field numbers are those of opentelemetry-proto, trace/v1: resource spans, scope spans, spans. */
function spansIn(request: Uint8Array): CollectedSpan[] {
  return all(request, 1).flatMap((resourceSpans) => {
    const attributes = all(one(resourceSpans, 1), 1);
    const name = attributes.find((attribute) => text(one(attribute, 1)) === "service.name");
    const service = name ? text(one(one(name, 2), 1)) : "";
    return all(resourceSpans, 2).flatMap((scopeSpans) =>
      all(scopeSpans, 2).map((span) => ({
        service,
        name: text(one(span, 5)),
        traceId: hex(one(span, 1)),
        spanId: hex(one(span, 2)),
        parentSpanId: hex(one(span, 4)),
      })),
    );
  });
}

/** The values of a message's length-delimited field. */
function all(message: Uint8Array, wanted: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message[at++] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const key = varint();
    const [field, wireType] = [key >> 3, key & 7];
    if (wireType === 0) varint();
    else if (wireType === 1) at += 8;
    else if (wireType === 5) at += 4;
    else {
      const length = varint();
      if (field === wanted) found.push(message.subarray(at, at + length));
      at += length;
    }
  }
  return found;
}

function one(message: Uint8Array, wanted: number): Uint8Array {
  return all(message, wanted)[0] ?? new Uint8Array();
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
