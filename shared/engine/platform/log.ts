// Structured logs: one JSON object a line on standard output.
import pino from "pino";
import { loggedError } from "./failure.ts";

export type Log = pino.Logger;

/** `process` names the Millrace process in every line. */
export function createLog(process: string, level: string): Log {
  return pino({
    level,
    base: { process },
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: loggedError },
    formatters: { level: (label) => ({ level: label }) },
  });
}
