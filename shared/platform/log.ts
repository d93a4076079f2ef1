// Structured logs: one JSON object a line on standard output.
import pino from "pino";

export type Log = pino.Logger;

/** `process` names the Millrace process in every line. */
export function createLog(process: string, level: string): Log {
  return pino({
    level,
    base: { process },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  });
}
