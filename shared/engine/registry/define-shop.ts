// The one list of what a shop is made of. A thing that it leaves out or names twice is refused at the start, by name.
import { ownerStream } from "@millrace/commands/ownership";
import { topicOf } from "@millrace/events/topics";
import type { NamedProblem } from "@millrace/http/problem";
import { PROBLEMS } from "@millrace/http/problem-codes";
import type { Sizing } from "@millrace/kafka/admin";
import type { KafkaNames } from "@millrace/kafka/names";
import type { Config } from "@millrace/platform/config";
import type { TableRights } from "@millrace/platform/table-rights";
import type { Process } from "@millrace/processes/define-process";
import type { OwnerRule, OwnerRules } from "@millrace/queries/owned";
import type { QueryShop } from "@millrace/queries/query-api";
import type { WrittenPaths } from "@millrace/queries/routes/redirects";
import type { ReadModel } from "@millrace/read-models/read-model";
import type { SnapshotCheck } from "@millrace/store/snapshot";
import type { Aggregate } from "./define-aggregate.ts";

export interface ShopDefinition<Settings> {
  readonly aggregates: readonly Aggregate<Settings>[];
  /** Read models of several aggregates' streams; each aggregate brings its own. */
  readonly readModels?: readonly ReadModel[];
  /** Topic for commands of all aggregates. Storage format. */
  readonly commandsTopic?: string;
  readonly processes?: readonly Process[];
  /** Consumer group whose records wake the processes. Storage format. */
  readonly processesGroup?: string;
  /** The shop's tables beside those of its read models, with each app's rights to them. */
  readonly tables?: readonly TableRights[];
}

type SizingConfig = Pick<Config, "MILLRACE_TOPIC_PARTITIONS" | "MILLRACE_REPLICATION" | "topicPartitions">;

export interface Shop<Settings> extends QueryShop {
  readonly aggregates: readonly Aggregate<Settings>[];
  /** By category: the other categories whose streams have the same ids, since one belongs to the other. */
  readonly related: Readonly<Record<string, readonly string[]>>;
  readonly processes: readonly Process[];
  readonly processesGroup: string;
  readonly kafkaNames: KafkaNames;
  readonly tables: readonly TableRights[];
  topicSizing(config: SizingConfig): Sizing;
  /** The problems that its commands may be refused with, by code. */
  readonly problems: Readonly<Record<string, NamedProblem>>;
  /** For each aggregate with snapshots, by its name: how right snapshots are told from wrong ones. */
  readonly snapshots: Readonly<Record<string, SnapshotCheck>>;
}

/**
 * @throws for two aggregates of one name or plural, two read models of one name, a read model of streams that no aggregate
 * has, an owner that is known by a stream that no aggregate has, two processes of one name or projection, a process that no
 * aggregate wakes, and a problem code that is there already
 */
export function defineShop<Settings>(definition: ShopDefinition<Settings>): Shop<Settings> {
  const { aggregates, commandsTopic = "commands", processes = [], processesGroup = "processes" } = definition;
  requireUnlike("aggregates", "name", aggregates);
  requireUnlike("aggregates", "plural", aggregates);
  requireUnlike("processes", "name", processes);
  requireUnlike("processes", "projection", processes);
  const problems = aggregates.flatMap(({ refusals }) => Object.values(refusals));
  requireUnlike("problems", "code", [...problems, ...Object.keys(PROBLEMS).map((code) => ({ code }))]);
  const categories = aggregates.map(({ name }) => name);
  const own = aggregates.flatMap(({ readModel }) => readModel ?? []);
  const readModels = [...own, ...(definition.readModels ?? [])];
  requireUnlike("read models", "name", readModels);
  for (const { name, sources } of readModels) {
    const foreign = sources.find(({ category }) => !categories.includes(category));
    if (foreign)
      throw new Error(`The read model ${name} is made of ${foreign.category}, which is no aggregate`);
  }
  requireWoken(processes, categories);
  return {
    aggregates,
    readModels,
    queryRoutes: (reads) => aggregates.flatMap((aggregate) => aggregate.queryRoutes?.(reads) ?? []),
    written: writtenPaths(aggregates),
    owners: ownerRules(aggregates),
    related: relatedOf(aggregates),
    processes,
    processesGroup,
    kafkaNames: { categories, commandsTopic, processGroups: [processesGroup] },
    tables: definition.tables ?? [],
    topicSizing: (config) => topicSizing(aggregates, config),
    problems: Object.fromEntries(problems.map((problem) => [problem.code, problem])),
    snapshots: Object.fromEntries(
      aggregates.flatMap(({ name, snapshot }) => (snapshot ? [[name, snapshot]] : [])),
    ),
  };
}

function topicSizing<Settings>(aggregates: readonly Aggregate<Settings>[], config: SizingConfig): Sizing {
  const { MILLRACE_TOPIC_PARTITIONS, MILLRACE_REPLICATION, topicPartitions } = config;
  const said = aggregates.flatMap(({ name, partitions }) => {
    const own = topicPartitions[name] ?? partitions;
    return own === undefined ? [] : [[topicOf(name), own] as const];
  });
  const partitionsOf = new Map(said);
  return {
    partitionsOf: (topic) => partitionsOf.get(topic) ?? MILLRACE_TOPIC_PARTITIONS,
    replication: MILLRACE_REPLICATION,
  };
}

function writtenPaths<Settings>(aggregates: readonly Aggregate<Settings>[]): WrittenPaths {
  const written = aggregates.filter(({ creation, change, removal }) => creation ?? change ?? removal);
  const shared = written.flatMap(({ plural }) => [`/${plural}`, `/${plural}/:id`]);
  const created = aggregates.flatMap(({ creation }) => creation?.routes.map(({ path }) => path) ?? []);
  return { shared, commandsOnly: created.filter((path) => !shared.includes(path)) };
}

function ownerRules<Settings>(aggregates: readonly Aggregate<Settings>[]): OwnerRules {
  const rules = aggregates.map(({ name, plural, notFound, ownership }): [string, OwnerRule] => {
    const { knownBy } = ownership;
    if (typeof knownBy === "object" && !aggregates.some((each) => each.name === knownBy.category)) {
      throw new Error(`The owners of ${name} are known by ${knownBy.category}, which is no aggregate`);
    }
    return [plural, { streamOf: (id) => ownerStream(name, ownership, id), notFound }];
  });
  return Object.fromEntries(rules);
}

function relatedOf<Settings>(aggregates: readonly Aggregate<Settings>[]): Record<string, string[]> {
  const pairs = aggregates.flatMap(({ name, ownership: { knownBy } }) =>
    typeof knownBy === "object" ? [[name, knownBy.category] as const] : [],
  );
  const of = (name: string) =>
    pairs.flatMap(([one, other]) => (one === name ? other : other === name ? one : []));
  return Object.fromEntries(aggregates.map(({ name }) => [name, of(name)]));
}

/** A process that no aggregate wakes would wait for ever: nothing is published to its topic. */
function requireWoken(processes: readonly Process[], categories: readonly string[]): void {
  const topics = categories.map(topicOf);
  for (const { name, handlers } of processes) {
    const stray = handlers.find(({ topic }) => !topics.includes(topic));
    if (stray)
      throw new Error(`The process ${name} is woken by ${stray.topic}, which no aggregate of the shop has`);
  }
}

function requireUnlike<What extends string>(
  things: string,
  what: What,
  all: readonly Readonly<Record<What, string>>[],
): void {
  const names = all.map((each) => each[what]);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`Two ${things} of the shop have the ${what} ${twice}`);
}
