// An aggregate, whole: what commands make of it and what readers see of it.
import {
  type AggregateDefinition,
  type AggregateState,
  type Aggregate as CommandAggregate,
  defineAggregate as defineCommands,
} from "@millrace/commands/aggregate";
import type { Route } from "@millrace/http/route";
import type { Reads } from "@millrace/queries/reads";
import type { ReadModel } from "@millrace/read-models/read-model";

interface Beside {
  /** Of its topic when it is created, where the environment says nothing of it; as every topic's without. */
  readonly partitions?: number;
  /** Its own: a row a stream of it alone. Without one nobody reads its topic, and clients find none of it. */
  readonly readModel?: ReadModel;
  /** What its readers may ask beside what every read model answers. */
  queryRoutes?(reads: Reads): readonly Route[];
}

export interface Aggregate<Settings = never> extends CommandAggregate<Settings>, Beside {}

/** @throws for two commands of one name, and for a refusal that names another code than its own */
export function defineAggregate<
  Command extends { readonly type: string },
  State extends AggregateState,
  Event extends { type: string; data: unknown },
  Refusal extends { readonly code: string },
  Settings,
>(definition: AggregateDefinition<Command, State, Event, Refusal, Settings> & Beside): Aggregate<Settings> {
  const { partitions, readModel, queryRoutes, ...commands } = definition;
  return {
    ...defineCommands(commands),
    ...(partitions !== undefined && { partitions }),
    ...(readModel && { readModel }),
    ...(queryRoutes && { queryRoutes }),
  };
}
