// Who may do what in Kafka: the principals of the apps, and what the brokers lack of their ACLs.
import type { Command } from "commander";
import type { Operation, Resource } from "@millrace/kafka/acls";
import { grantKafkaRights, type KafkaRights, readKafkaRights } from "@millrace/rights/grant-kafka";
import { KAFKA_LOGINS } from "@millrace/rights/kafka-matrix";
import { aclCommands } from "@millrace/rights/kafka-plan";
import type { Run } from "../program.ts";
import { printTable } from "../table.ts";

const INITIALS: Readonly<Record<Operation, string>> = {
  Read: "R",
  Write: "W",
  Create: "C",
  Delete: "D",
  Alter: "A",
  Describe: "d",
  DescribeConfigs: "s",
};

export function addKafka(program: Command, run: Run): void {
  program
    .command("kafka")
    .description("Kafka as the apps find it")
    .command("acls")
    .description("the apps' principals, what each may do with which topic and group, and what is missing")
    .option("--commands", "the missing ones as Kafka's own tool takes them, for who looks after the cluster")
    .option("--apply", "make the missing ones: takes a sign-in that may alter the cluster")
    .addHelpText(
      "after",
      "\nKAFKA_PRINCIPALS says who the apps are to Kafka, User:millrace-{app} where it is not set; where it is, the migration\nmakes the ACLs. Exit code 1 where some are missing and the brokers ask for them.\nA topic's first ACL shuts out everybody who has none on it, whatever the brokers' setting for topics without any.\n",
    )
    .action((options: { commands?: boolean; apply?: boolean }, command: Command) =>
      run(command, async (context) => {
        if (options.apply) await grantKafkaRights(context);
        const rights = await readKafkaRights(context);
        const commands = aclCommands(rights.missing, context.config.KAFKA_BROKERS.join(","));
        return {
          json: { ...rights, commands },
          text: options.commands ? commands.join("\n") : printRights(rights),
          wrong: rights.hasAuthorizer && rights.missing.length > 0,
        };
      }),
    );
}

function printRights({ principals, matrix, hasAuthorizer, missing, surplus }: KafkaRights): string {
  const sections = [
    printTable(
      KAFKA_LOGINS.map((app) => ({ app, principal: principals[app] })),
      [
        { title: "app", value: ({ app }) => app },
        { title: "principal", value: ({ principal }) => principal },
      ],
      "",
    ),
    printTable(
      matrix,
      [
        { title: "topic or group", value: ({ resource }) => nameOf(resource) },
        ...KAFKA_LOGINS.map((app) => ({
          title: app,
          value: ({ rights }: KafkaRights["matrix"][number]) =>
            rights[app]?.map((operation) => INITIALS[operation]).join(""),
        })),
      ],
      "",
    ),
    "R read, W write, C create, D delete, A alter, d describe, s describe the settings. Nobody has a transactional id.",
    stateOf(missing.length, hasAuthorizer),
    surplus.length === 0
      ? ""
      : `More than that is given; once no program of an earlier version runs, take it away:\n${surplus
          .map(({ principal, operation, resource }) => `  ${principal} ${operation} ${nameOf(resource)}`)
          .join("\n")}`,
  ];
  return sections.filter((section) => section !== "").join("\n\n");
}

function stateOf(missing: number, hasAuthorizer: boolean): string {
  if (!hasAuthorizer) return "These brokers have no authorizer: everybody who reaches them may do all of it.";
  return missing === 0
    ? "The brokers have all of it."
    : `${missing} ACLs are missing; --commands prints them, --apply makes them.`;
}

function nameOf({ type, name, pattern }: Resource): string {
  if (type === "cluster") return "the cluster";
  return `${type} ${name}${pattern === "prefixed" ? "*" : ""}`;
}
