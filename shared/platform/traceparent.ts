// W3C trace context (https://www.w3.org/TR/trace-context/): the one header that ties a request's hops
// together. Must never refuse a request: a traceparent that is malformed counts as none.

export interface TraceContext {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits: the span that whatever follows is a child of. */
  readonly spanId: string;
  /** Bit 0: the trace is being recorded. */
  readonly flags: number;
}

const TRACEPARENT =
  /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
/** `00-<32>-<16>-<2>`: what every version begins with. */
const LENGTH = 55;

/** The value as version 00, the one that we speak; a later version may only have added to it. */
export function readTraceparent(value: string | null | undefined): string | undefined {
  if (!value) return undefined;
  const parts = TRACEPARENT.exec(value);
  if (!parts) return undefined;
  if (parts[1] === "00") return parts[5] === undefined ? value : undefined;
  return `00${value.slice(2, LENGTH)}`;
}

/** Of a traceparent that `readTraceparent` let through. */
export function parseTraceparent(traceparent: string): TraceContext {
  const [, traceId, spanId, flags] = traceparent.split("-") as [string, string, string, string];
  return { traceId, spanId, flags: Number.parseInt(flags, 16) };
}

export function formatTraceparent({ traceId, spanId, flags }: TraceContext): string {
  return `00-${traceId}-${spanId}-${flags.toString(16).padStart(2, "0")}`;
}
