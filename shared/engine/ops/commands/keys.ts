// API keys: who has one, what it lets them do, and until when.
import { type Command, Option } from "commander";
import { createKey, type ListedKey, lifeMs, listKeys, revokeKey } from "@millrace/access/keys";
import { ROLES, type Role } from "@millrace/access/principal";
import { commaSeparated } from "@millrace/platform/comma-separated";
import { UsageError } from "../confirm.ts";
import { operatorHere } from "../operator-here.ts";
import { wrong } from "../output.ts";
import type { Run } from "../program.ts";
import { printTable } from "../table.ts";

interface Wish {
  readonly role: Role;
  readonly name: string;
  readonly scopes?: string;
  readonly expires: string;
}

export function addKeys(program: Command, run: Run): void {
  const keys = program
    .command("keys")
    .description("API keys: what programs and people are known by where MILLRACE_AUTH is required");
  keys
    .command("create")
    .description("make a key, and show it this once")
    .addOption(new Option("--role <role>", "whose key it is").choices(ROLES).makeOptionMandatory())
    .requiredOption(
      "--name <name>",
      "who has it: the name that acts are kept under, and of a customer the owner of what is theirs",
    )
    .option(
      "--scopes <scopes>",
      "of a service, separated by commas: act-as, and <plural>:read or <plural>:write of an aggregate",
    )
    .option("--expires <time>", "how long it works: 90d, 12h", "90d")
    .addHelpText("after", CREATE_HELP)
    .action((wish: Wish, command: Command) =>
      run(command, async ({ sql }) => {
        const scopes = commaSeparated(wish.scopes ?? "");
        const expiresInMs = lifeMs(wish.expires);
        if (expiresInMs === undefined)
          throw new UsageError(`--expires ${wish.expires}: expected a time such as 90d, 12h or 30m`);
        const { id, key } = await createKey(sql, {
          role: wish.role,
          subject: wish.name,
          scopes,
          expiresInMs,
          by: operatorHere(),
        });
        const said =
          "This is the key. It is not kept, so it can't be shown again. Send it as Authorization: Bearer.";
        return { json: { id, key }, text: `${key}\n\n${said}\n\`bun run ops keys revoke ${id}\` ends it.` };
      }),
    );
  keys
    .command("list")
    .description("all keys, the newest first; never the keys themselves")
    .action((_options, command: Command) =>
      run(command, async ({ sql }) => {
        const all = await listKeys(sql);
        return { json: all, text: printKeys(all) };
      }),
    );
  keys
    .command("revoke <id>")
    .description("end a key; every process refuses it within seconds")
    .action((given: string, _options, command: Command) =>
      run(command, async ({ sql }) => {
        // The key itself is taken, too: after a leak it may be all that somebody has.
        const id = given.split("_")[1] ?? given;
        const revoked = await revokeKey(sql, { id, by: operatorHere() });
        return revoked
          ? { json: { id, revoked }, text: `${id} is revoked. Within seconds no process takes it any more.` }
          : wrong(
              { id, revoked },
              `No key ${id} works: there is none, or it was revoked before. Nothing was done; \`bun run ops keys list\` shows all keys.`,
            );
      }),
    );
}

const CREATE_HELP = `
Roles: a customer sees and changes only their own, a clerk runs the shop, a service does what its scopes say, an operator
has the console, an auditor reads.

Examples:
  bun run ops keys create --role clerk --name ann
  bun run ops keys create --role service --scopes act-as --name till-3 --expires 90d
`;

function printKeys(keys: readonly ListedKey[]): string {
  return printTable(
    keys,
    [
      { title: "id", value: (row) => row.id },
      { title: "role", value: (row) => row.role },
      { title: "name", value: (row) => row.subject, flexible: true },
      { title: "scopes", value: (row) => row.scopes.join(",") || undefined, flexible: true },
      { title: "made", value: (row) => row.createdAt },
      { title: "by", value: (row) => row.createdBy },
      { title: "until", value: (row) => row.expiresAt },
      { title: "revoked", value: (row) => row.revokedAt ?? undefined },
    ],
    "There is no key yet.",
  );
}
