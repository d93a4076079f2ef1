// An aggregate, whole: its commands and what readers see of it.
import type {
  AggregateDefinition,
  AggregateState,
  AnyRefusal,
  Aggregate as CommandAggregate,
} from "@millrace/commands/aggregate";
import { settleWrite } from "@millrace/commands/settle";
import type { NamedProblem } from "@millrace/http/problem";
import type { Route } from "@millrace/http/route";
import type { Reads } from "@millrace/queries/reads";
import type { ReadModel } from "@millrace/read-models/read-model";

interface Beside {
  /** Partitions of its topic when that is created and the environment sets no other number; otherwise as for every topic. */
  readonly partitions?: number;
  /** The read model of its streams alone. Without one no projector reads its topic, and clients find none of it. */
  readonly readModel?: ReadModel;
  /** Routes of the query API beside those that every read model has. */
  queryRoutes?(reads: Reads): readonly Route[];
}

export interface Aggregate<Settings = never> extends CommandAggregate<Settings>, Beside {}

/** @throws for two commands of one name, and for a refusal that names another code than its own */
export function defineAggregate<
  Command extends { readonly type: string },
  State extends AggregateState,
  Event extends { type: string; data: unknown },
  Refusal extends AnyRefusal,
  Settings,
>(definition: AggregateDefinition<Command, State, Event, Refusal, Settings> & Beside): Aggregate<Settings> {
  const { decider, codec, creation, change, removal, others = {} } = definition;
  const name = decider.category;
  const names = [creation?.name, change?.name, removal?.name, ...Object.keys(others)].filter(
    (each) => each !== undefined,
  );
  const twice = names.find((each, index) => names.indexOf(each) !== index);
  if (twice !== undefined) throw new Error(`The aggregate ${name} has two commands called ${twice}`);
  for (const [code, problem] of Object.entries<NamedProblem>(definition.refusals)) {
    if (problem.code !== code)
      throw new Error(
        `The refusal ${code} of ${name} has a problem with another code, ${problem.code}: give it its own`,
      );
  }
  return {
    ...(definition as Omit<typeof definition, "creation" | "change" | "removal" | "others">),
    // An aggregate is given back only what its own `read` functions made, so the wider types hold.
    ...({ creation, change, removal } as Pick<Aggregate<Settings>, "creation" | "change" | "removal">),
    name,
    others,
    schemaVersionOf: codec.schemaVersionOf,
    settle: (executor, write, keyed) => settleWrite(definition, executor, write, keyed),
  };
}
