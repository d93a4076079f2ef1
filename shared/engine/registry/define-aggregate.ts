// An aggregate, whole: what commands make of it and what readers see of it.
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
    if (problem.code !== code) throw new Error(`The refusal ${code} of ${name} is told as ${problem.code}`);
  }
  return {
    ...(definition as Omit<typeof definition, "creation" | "change" | "removal" | "others">),
    // Only what the aggregate's own readers made comes back to it.
    ...({ creation, change, removal } as Pick<Aggregate<Settings>, "creation" | "change" | "removal">),
    name,
    others,
    schemaVersionOf: codec.schemaVersionOf,
    settle: (executor, write, keyed) => settleWrite(definition, executor, write, keyed),
  };
}
