// Ten times what the machine can do: memory stays bounded, refusals are quick, what was accepted is honoured.
import { fileURLToPath } from "node:url";
import { startChild } from "@millrace/local/child";
import { residentBytes } from "../system/memory-watch.ts";
import type { Fault } from "./fault.ts";

/** Requests under way at once: three times what the two command APIs of a schedule work on. */
const CLIENTS = 6_000;
const FOR_MS = 30_000;
/** Of a request that is refused: a client learns within this that it has to come back later. */
const REFUSED_WITHIN_MS = 10_000;
/** Resident memory of one command API: far above its usual, far below what an unbounded queue would take. */
const MEMORY_MAX_BYTES = 700_000_000;

const overload: Fault = {
  name: "overload",
  weight: 1,
  async run({ system, journal, random }) {
    const services = system.ofKind("command-api");
    const urls = services.map(({ port }) => `http://127.0.0.1:${port}`).join();
    const run = random.between(0, 1e9).toString(36);
    const counts = { accepted: 0, refused: 0, unanswered: 0, other: 0 };
    let slowestRefusalMs = 0;
    let mostBytes = 0;
    const take = (line: string) => {
      const [name = "", status = "", took = ""] = line.split(" ");
      if (!name.startsWith("over-")) return;
      const tookMs = Number(took);
      const ending = status === "201" ? "acknowledged" : "unknown";
      journal.add({ name, expected: [`order-${name} OrderCreated`], ending, sends: 1, tookMs });
      if (status === "201") counts.accepted++;
      else if (status === "0") counts.unanswered++;
      else if (status !== "503") counts.other++;
      else {
        counts.refused++;
        slowestRefusalMs = Math.max(slowestRefusalMs, tookMs);
      }
    };
    const client = startChild({
      command: [process.execPath, CLIENT, urls, run, String(CLIENTS), String(FOR_MS)],
      guard: system.guard,
      cwd: system.directory,
      // biome-ignore lint/style/noProcessEnv: what every process inherits from the machine, PATH and the like
      environment: { ...process.env, BUN_CONFIG_MAX_HTTP_REQUESTS: String(CLIENTS) },
      output: { line: take },
    });
    const watch = setInterval(() => {
      for (const { pid } of services) mostBytes = Math.max(mostBytes, residentBytes(pid()));
    }, 500);
    await client.exited;
    clearInterval(watch);
    const { accepted, refused, unanswered, other } = counts;
    const told = `${accepted} accepted, ${refused} refused, ${unanswered} unanswered, slowest refusal ${slowestRefusalMs} ms, memory at most ${Math.round(mostBytes / 1e6)} MB`;
    if (other > 0) throw new Error(`${other} answers that are neither 201 nor 503: ${told}`);
    if (refused === 0) throw new Error(`nothing was refused, so this was no overload: ${told}`);
    if (slowestRefusalMs > REFUSED_WITHIN_MS) throw new Error(`refusals were slow: ${told}`);
    if (mostBytes > MEMORY_MAX_BYTES) throw new Error(`memory is not bounded: ${told}`);
    return told;
  },
};

const CLIENT = fileURLToPath(new URL("./overload-client.ts", import.meta.url));

export const overloads: readonly Fault[] = [overload];
