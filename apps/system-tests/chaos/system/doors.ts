// How each kind of process reaches Postgres and Kafka: by proxies of its own, so that its network can be broken alone.
import { freePort } from "@millrace/local/ports";
import { type NetworkProxy, startProxy } from "./proxy.ts";
import type { ServiceKind } from "./service.ts";

export interface Door {
  readonly kind: ServiceKind;
  /** The port that Kafka listens on for this kind alone, behind the proxy. */
  readonly entrance: number;
  /** The proxies' ports. */
  readonly kafka: number;
  readonly postgres: number;
}

export type Networks = Readonly<Record<ServiceKind, { postgres: NetworkProxy; kafka: NetworkProxy }>>;

export async function freeDoors(kinds: readonly ServiceKind[]): Promise<Door[]> {
  const doors: Door[] = [];
  for (const kind of kinds) {
    doors.push({ kind, entrance: await freePort(), kafka: await freePort(), postgres: await freePort() });
  }
  return doors;
}

export async function openNetworks(doors: readonly Door[], postgresPort: number): Promise<Networks> {
  const networks = doors.map(async ({ kind, entrance, kafka, postgres }) => {
    const [toPostgres, toKafka] = await Promise.all([
      startProxy({ listen: postgres, target: postgresPort }),
      startProxy({ listen: kafka, target: entrance }),
    ]);
    return [kind, { postgres: toPostgres, kafka: toKafka }] as const;
  });
  return Object.fromEntries(await Promise.all(networks)) as Networks;
}
