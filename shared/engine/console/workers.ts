// What each process answers on /readyz, and so what the actor of every partition does now.
import { lookup } from "node:dns/promises";
import * as v from "valibot";
import type { Config } from "@millrace/platform/config";
import { askDirectly } from "@millrace/platform/directly";
import { shareReads } from "@millrace/platform/metrics";

/** A name that one or more processes answer under. */
export interface ProcessAddress {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** One process, as of now. */
export interface ProcessHealth {
  readonly name: string;
  /** host:port */
  readonly address: string;
  readonly state: "ready" | "not ready" | "no answer";
  /** Why it is not ready, in its own words. */
  readonly missing?: string;
  /** The name in its checkpoints, of a process with partitions. */
  readonly owner?: string;
  /** What each process that it runs says, by its name. */
  readonly processes: Readonly<Record<string, ProcessWord>>;
  readonly partitions: readonly Worker[];
}

const workerSchema = v.object({
  topic: v.string(),
  partition: v.number(),
  state: v.string(),
  detail: v.exactOptional(v.string()),
  epoch: v.number(),
  offset: v.number(),
  highWatermark: v.number(),
  mailbox: v.number(),
  oldestMs: v.number(),
  restarts: v.number(),
  parked: v.number(),
});

/** A partition's actor, as its supervisor describes it. */
export type Worker = v.InferOutput<typeof workerSchema>;

const processWordSchema = v.object({
  notice: v.exactOptional(v.string()),
  stuck: v.exactOptional(v.number()),
  pausedSince: v.exactOptional(v.nullable(v.string())),
});

/** What a process has to say to people. */
export type ProcessWord = v.InferOutput<typeof processWordSchema>;

const readySchema = v.object({
  missing: v.exactOptional(v.string()),
  owner: v.exactOptional(v.string()),
  processes: v.optional(v.record(v.string(), processWordSchema), {}),
  partitions: v.optional(v.array(workerSchema), []),
});

/** Time, in ms, for an answer. Only an answer counts: a frozen process still accepts connections. */
const ANSWER_WITHIN_MS = 1_000;
/** Most processes behind one name: a hundred answer within the time of one. */
const BEHIND_A_NAME_MAX = 100;

/** Asks all of them; calls at the same time share the answers. */
export function createHealth(addresses: readonly ProcessAddress[]): () => Promise<ProcessHealth[]> {
  return shareReads(async () => (await Promise.all(addresses.map(behind))).flat());
}

/** The processes that MILLRACE_PROCESSES names; without it, the usual ports of this machine. */
export function processesOf(config: Config): readonly ProcessAddress[] {
  const host = config.HOST === "0.0.0.0" ? "127.0.0.1" : config.HOST;
  return (
    config.MILLRACE_PROCESSES ?? [
      { name: "command-api", host, port: config.COMMAND_API_PORT },
      { name: "relay", host, port: config.RELAY_PORT },
      { name: "projector", host, port: config.PROJECTOR_PORT },
      { name: "processes", host, port: config.PROCESSES_PORT },
      { name: "query-api", host, port: config.QUERY_API_PORT },
    ]
  );
}

async function behind({ name, host, port }: ProcessAddress): Promise<ProcessHealth[]> {
  const found = await lookup(host, { all: true, family: 4 }).catch(() => []);
  const addresses = [...new Set(found.map(({ address }) => address))].sort().slice(0, BEHIND_A_NAME_MAX);
  askDirectly(...addresses);
  if (addresses.length === 0) return [silent(name, `${host}:${port}`)];
  return Promise.all(addresses.map((address) => ask(name, `${address}:${port}`)));
}

async function ask(name: string, address: string): Promise<ProcessHealth> {
  try {
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const answer = await fetch(`http://${address}/readyz`, { signal, keepalive: false });
    const { missing, owner, processes, partitions } = v.parse(readySchema, await answer.json());
    return {
      name,
      address,
      state: answer.ok ? "ready" : "not ready",
      ...(missing === undefined ? {} : { missing }),
      ...(owner === undefined ? {} : { owner }),
      processes,
      partitions,
    };
  } catch {
    return silent(name, address);
  }
}

/** Actors by what `workerOf` calls them. */
export type Workers = ReadonlyMap<string, Worker>;

export function workersOf(processes: readonly ProcessHealth[]): Workers {
  const all = processes.flatMap(({ owner = "", partitions }) =>
    partitions.map((worker) => [workerOf({ ...worker, owner }), worker] as const),
  );
  return new Map(all);
}

export function workerOf(place: { owner: string; topic: string; partition: number }): string {
  return `${place.owner} ${place.topic}/${place.partition}`;
}

function silent(name: string, address: string): ProcessHealth {
  return { name, address, state: "no answer", processes: {}, partitions: [] };
}

const STUCK = "These tasks wait for a person: retry them on the page Processes";
const PAUSED = "Its tasks wait until a person resumes it, on the page Processes";

/** What people have to know of the processes that run, each sentence once. */
export function noticesOf(health: readonly Pick<ProcessHealth, "processes">[]): string[] {
  const words = health.flatMap(({ processes }) => Object.entries(processes));
  const said = words.flatMap(([name, { notice, stuck = 0, pausedSince = null }]) => [
    ...(notice === undefined ? [] : [notice]),
    ...(pausedSince === null ? [] : [`${name}: paused since ${pausedSince}. ${PAUSED}`]),
    ...(stuck === 0 ? [] : [`${name}: ${stuck} stuck. ${STUCK}`]),
  ]);
  return [...new Set(said)];
}
