// Sudden death: SIGKILL to processes, to Kafka and to Postgres, and to single sessions.
import type { ServiceKind } from "../system/service.ts";
import { KINDS } from "../system/system.ts";
import type { Fault } from "./fault.ts";

const services: Fault[] = KINDS.map((kind) => ({
  name: `kill-${kind}`,
  weight: 2,
  async run({ system, random }) {
    const victims = system.ofKind(kind);
    const all = victims.length > 1 && random.chance(0.3);
    const killed = all ? victims : [random.pick(victims)];
    await Promise.all(killed.map((service) => service.kill()));
    return killed.map(({ name }) => name).join(" and ");
  },
}));

/** Two kinds at one moment, as where apps share a process: what one has taken and the other was to pass on. */
const PAIRS: readonly (readonly [ServiceKind, ServiceKind])[] = [
  ["command-api", "relay"],
  ["projector", "processes"],
];

const pairs: Fault[] = PAIRS.map((kinds) => ({
  name: `kill-${kinds.join("-with-")}`,
  weight: 1,
  async run({ system, random }) {
    const killed = kinds.map((kind) => random.pick(system.ofKind(kind)));
    await Promise.all(killed.map((service) => service.kill()));
    return killed.map(({ name }) => name).join(" and ");
  },
}));

const kafka: Fault = {
  name: "kill-kafka",
  weight: 2,
  async run({ system }) {
    await system.kafka.kill();
    await system.kafka.start();
    return "Kafka, started again at once";
  },
};

const postgres: Fault = {
  name: "kill-postgres",
  weight: 2,
  async run({ system }) {
    await system.postgres.kill();
    await system.postgres.start();
    return "Postgres, started again at once";
  },
};

/**
 * A partition's actor is a thread: no signal reaches it alone. What can be taken from it alone is its session,
 * in the middle of a transaction; how a thread that dies is survived is in actor.chaos.test.ts.
 */
const sessions: Fault = {
  name: "end-actor-sessions",
  weight: 2,
  async run({ system }) {
    const ended = await system.sql<{ name: string }[]>`
      select application_name as name from pg_stat_activity
      where application_name like '%-actor %' and pg_terminate_backend(pid)`;
    return `${ended.length} sessions of actors`;
  },
};

/** Every session of the write side at once: appends, loads, lanes, listeners. */
const allSessions: Fault = {
  name: "end-all-sessions",
  weight: 1,
  async run({ system }) {
    const ended = await system.sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and application_name <> 'chaos'`;
    return `${ended.count} sessions`;
  },
};

export const kills: readonly Fault[] = [...services, ...pairs, kafka, postgres, sessions, allSessions];
