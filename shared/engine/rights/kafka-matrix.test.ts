import { describe, expect, test } from "bun:test";
import { kafkaMatrix } from "./kafka-matrix.ts";
import { aclCommands, planAcls, principalsBy, wantedAcls } from "./kafka-plan.ts";

const names = { categories: ["note", "page"], commandsTopic: "commands", processGroups: ["filing"] };
const principals = principalsBy("User:of-{app}");

function wanted({ prefix = "", replyTopics = [] as string[], of = names } = {}) {
  return wantedAcls(kafkaMatrix({ named: { prefix, names: of }, replyTopics }), principals);
}

/** Who may do it there: an ACL's own word, and whatever stands for all names that begin so. */
function mayDo(operation: string, name: string) {
  const given = wanted().filter(
    ({ resource, operation: may }) =>
      may === operation &&
      (resource.pattern === "prefixed" ? name.startsWith(resource.name) : name === resource.name),
  );
  return [...new Set(given.map(({ principal }) => principal.slice("User:of-".length)))].sort();
}

// Each was seen to fail with one more right in the matrix (mutants/kafka-acls.ts).
describe("the table of rights in Kafka", () => {
  test("lets the relay alone write events", () => {
    expect(mayDo("Write", "note-events")).toEqual(["relay"]);
    expect(mayDo("Write", "page-events")).toEqual(["relay"]);
  });

  test("lets nobody of ours write commands, and who looks at them and the command API read them", () => {
    expect(mayDo("Write", "commands")).toEqual([]);
    expect(mayDo("Read", "commands")).toEqual(["command-api", "console", "ops"]);
  });

  test("lets each group's own app read by it, and nobody else", () => {
    expect(mayDo("Read", "projector")).toEqual(["projector"]);
    expect(mayDo("Read", "filing")).toEqual(["processes"]);
    expect(mayDo("Read", "command-api")).toEqual(["command-api"]);
  });

  test("lets nobody delete a topic, and only the migration make those of events and commands", () => {
    const deleted = wanted().filter(({ operation }) => operation === "Delete");
    expect([...new Set(deleted.map(({ resource }) => `${resource.type} ${resource.name}`))]).toEqual([
      "group ops-",
    ]);
    expect(mayDo("Create", "note-events")).toEqual(["migrate"]);
    expect(mayDo("Create", "commands")).toEqual(["migrate"]);
    expect(mayDo("Alter", "kafka-cluster")).toEqual(["migrate"]);
  });

  test("has a new aggregate's topic without being told, under the installation's prefix", () => {
    const of = { ...names, categories: ["note", "page", "folder"] };
    const more = wanted({ prefix: "north.", of }).filter(
      ({ resource }) => resource.name === "north.folder-events",
    );
    expect(more.map(({ principal, operation }) => `${principal} ${operation}`)).toContain(
      "User:of-relay Write",
    );
    expect(
      wanted({ prefix: "north.", of }).every(({ resource }) =>
        /^(north\.|kafka-cluster$)/.test(resource.name),
      ),
    ).toBe(true);
  });

  test("lets the command API write where replies may go, and a star stands for all that begins so", () => {
    const writes = wanted({ replyTopics: ["answers", "client-*", "a*b"] })
      .filter(({ principal, operation }) => principal === principals["command-api"] && operation === "Write")
      .map(({ resource }) => `${resource.pattern} ${resource.name}`);
    expect(writes).toEqual(["literal commands.reply", "literal answers", "prefixed client-", "prefixed a"]);
  });
});

describe("what is missing", () => {
  test("is nothing where somebody has given more, and that is named", () => {
    const [first, ...others] = wanted();
    if (!first) throw new Error("nobody wants anything");
    const all = { ...first, operation: "All", resource: { ...first.resource, name: "*" } };
    const { missing, surplus } = planAcls(wanted(), [all, ...others]);
    expect(missing).toEqual([]);
    expect(surplus).toEqual([all]);
  });

  test("is an ACL on the same topic for another, or on a group of that name", () => {
    const [first] = wanted();
    if (!first) throw new Error("nobody wants anything");
    const another = { ...first, principal: "User:somebody" };
    const group = { ...first, resource: { ...first.resource, type: "group" as const } };
    expect(planAcls([first], [another, group]).missing).toEqual([first]);
  });

  test("is printed as Kafka's own tool takes it", () => {
    const missing = wanted({ replyTopics: ["client-*"] });
    const commands = aclCommands(missing, "broker:9092");
    const of = (words: string) => commands.filter((command) => command.includes(words)).join("\n");
    const add =
      "kafka-acls.sh --bootstrap-server broker:9092 --command-config admin.properties --add --allow-principal";
    expect(of("'client-'")).toBe(
      `${add} 'User:of-command-api' --operation Write --topic 'client-' --resource-pattern-type prefixed`,
    );
    expect(of("'User:of-migrate' --operation Alter")).toBe(
      `${add} 'User:of-migrate' --operation Alter --operation Describe --cluster`,
    );
    expect(of("'projector'")).toContain("--group 'projector'");
  });
});
