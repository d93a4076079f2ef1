// What Kafka lacks of the apps' ACLs, and what it has beyond them, as values and as the commands that Kafka's own tool takes.
import { type Acl, ALL, type Operation, type Resource } from "@millrace/kafka/acls";
import { KAFKA_LOGINS, type KafkaLogin, type KafkaRow } from "./kafka-matrix.ts";

export type WantedAcl = Acl & { readonly operation: Operation };

/** How Kafka calls each of them: by User:millrace-{app} for instance, or by what their certificates say. */
export type Principals = Readonly<Record<KafkaLogin, string>>;

export function principalsBy(pattern: string): Principals {
  return Object.fromEntries(
    KAFKA_LOGINS.map((login) => [login, pattern.replaceAll("{app}", login)]),
  ) as Principals;
}

export function wantedAcls(matrix: readonly KafkaRow[], principals: Principals): WantedAcl[] {
  return matrix.flatMap(({ resource, rights }) =>
    KAFKA_LOGINS.flatMap((login) =>
      (rights[login] ?? []).map((operation) => ({ resource, principal: principals[login], operation })),
    ),
  );
}

/** @param present as `readAcls` answers it */
export function planAcls(wanted: readonly WantedAcl[], present: readonly Acl[]) {
  return {
    missing: wanted.filter((acl) => !present.some((given) => covers(given, acl))),
    /** Programs of the version before may need them while they run. */
    surplus: present.filter((given) => !wanted.some((acl) => isSame(acl, given))),
  };
}

/** One command for each principal and resource. */
export function aclCommands(acls: readonly Acl[], broker: string): string[] {
  const together = Map.groupBy(acls, ({ principal, resource }) => JSON.stringify([principal, resource]));
  return [...together.values()].map((of) => {
    const [{ principal, resource }] = of as [Acl];
    const operations = of.map(({ operation }) => `--operation ${operation}`).join(" ");
    return `kafka-acls.sh --bootstrap-server ${broker} --command-config admin.properties --add --allow-principal ${quoted(principal)} ${operations} ${optionsOf(resource)}`;
  });
}

function optionsOf({ type, name, pattern }: Resource): string {
  if (type === "cluster") return "--cluster";
  const option = `--${type} ${quoted(name)}`;
  return pattern === "literal" ? option : `${option} --resource-pattern-type prefixed`;
}

/** For a shell. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

function covers(given: Acl, { resource, principal, operation }: Acl): boolean {
  const { type, name, pattern } = given.resource;
  const isIn =
    pattern === "prefixed"
      ? resource.name.startsWith(name)
      : name === "*" || (name === resource.name && resource.pattern === "literal");
  return (
    isIn &&
    given.principal === principal &&
    type === resource.type &&
    (given.operation === operation || given.operation === ALL)
  );
}

function isSame(one: Acl, other: Acl): boolean {
  return (
    one.principal === other.principal &&
    one.operation === other.operation &&
    one.resource.type === other.resource.type &&
    one.resource.name === other.resource.name &&
    one.resource.pattern === other.resource.pattern
  );
}
