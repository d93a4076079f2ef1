// An appender whose events go on with their request's trace: a span an append, which its events name.
import { parseStreamName } from "@millrace/events/envelope";
import { describe } from "@millrace/platform/failure";
import type { Tracing } from "@millrace/platform/tracing";
import type { Appender } from "./appender.ts";

/** The appender itself where there is no tracing. */
export function tracedAppender(appender: Appender, tracing: Tracing | undefined): Appender {
  if (!tracing) return appender;
  return {
    ...appender,
    async append(append) {
      const { category } = parseStreamName(append.stream);
      const span = tracing.start(`append ${category}`, {
        kind: "client",
        parent: append.metadata.traceparent,
        attributes: {
          "db.system.name": "postgresql",
          "millrace.stream": append.stream,
          "millrace.events": append.events.length,
          "millrace.correlation_id": append.metadata.correlationId,
        },
      });
      try {
        const metadata = { ...append.metadata, traceparent: span.traceparent };
        const outcome = await appender.append({ ...append, metadata });
        span.end({ attributes: { "millrace.outcome": outcome } });
        return outcome;
      } catch (error) {
        span.end({ failure: describe(error) });
        throw error;
      }
    },
  };
}
