// What runs by now, and how it ends: apps before Kafka before Postgres, so that drains find what they need.
import type { Service } from "./infrastructure.ts";
import { type Supervision, supervise, type Unit } from "./supervise.ts";

export interface Standing {
  /** Takes over a service that has started. */
  keepService(name: "kafka" | "postgres", service: Service): void;
  /** Starts and takes over a process of apps; undefined when everything is being ended already. */
  keepProcess(unit: Unit): Promise<Supervision | undefined>;
  readonly processes: readonly Supervision[];
  /** An orderly end of everything. */
  end(): Promise<void>;
  /** The same at once. */
  kill(): Promise<void>;
}

export function createStanding(say: (line: string) => void): Standing {
  const processes: Supervision[] = [];
  const services = new Map<string, Supervision>();
  let ending = false;

  async function endService(name: string): Promise<void> {
    await services.get(name)?.stop();
  }
  return {
    processes,
    keepService: (name, service) => {
      if (service.unit) services.set(name, supervise(service.unit, { say }));
    },
    keepProcess: async (unit) => {
      if (ending) return undefined;
      await unit.start();
      const supervision = supervise(unit, { say });
      processes.push(supervision);
      return supervision;
    },
    end: async () => {
      ending = true;
      await Promise.all(processes.map((process) => process.stop()));
      await endService("kafka");
      await endService("postgres");
    },
    kill: async () => {
      ending = true;
      await Promise.all([...processes, ...services.values()].map((supervision) => supervision.kill()));
    },
  };
}
