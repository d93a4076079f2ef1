// Who may do what in Postgres: the roles of the apps, and what a database lacks of them.
import type { Command } from "commander";
import { APPS } from "@millrace/platform/apps";
import type { Right } from "@millrace/platform/table-rights";
import { planRights, type RightsPlan } from "@millrace/rights/plan";
import type { Run } from "../program.ts";
import { printTable } from "../table.ts";

const INITIALS: Readonly<Record<Right, string>> = { select: "S", insert: "I", update: "U", delete: "D" };

export function addDatabase(program: Command, run: Run): void {
  program
    .command("database")
    .description("Postgres as the apps find it")
    .command("roles")
    .description("the apps' roles, what each may do with which table, and what is missing of that")
    .option("--sql", "the statements that are missing, for a DBA where the migration may not make roles")
    .addHelpText(
      "after",
      "\nThe migration makes them and gives them their rights where its login may. Exit code 1 where something is missing.\nA role becomes a login by DATABASE_ROLE_PASSWORDS, or as the group of a login that a DBA makes:\n\n  create role relay_of_shop login password '…' in role millrace_relay\n",
    )
    .action(({ sql: asSql }: { sql?: boolean }, command: Command) =>
      run(command, async ({ sql, config, models, tables }) => {
        const plan = await planRights(sql, {
          rightsOf: { readModels: models, tables },
          prefix: config.DATABASE_ROLE_PREFIX,
        });
        const { roles, matrix, missing, surplus, unknown } = plan;
        const text = asSql ? missing.map((statement) => `${statement};`).join("\n") : printPlan(plan);
        return { json: { roles, matrix, missing, surplus, unknown }, text, wrong: missing.length > 0 };
      }),
    );
}

function printPlan({ roles, matrix, missing, surplus, unknown }: RightsPlan): string {
  const sections = [
    printTable(
      APPS.map((app) => ({ app, role: roles.of[app] })),
      [
        { title: "app", value: ({ app }) => app },
        { title: "role", value: ({ role }) => role },
      ],
      "",
    ),
    printTable(
      matrix,
      [
        { title: "table", value: ({ table }) => table },
        ...APPS.map((app) => ({
          title: app,
          value: (row: RightsPlan["matrix"][number]) =>
            row.rights[app].map((right) => INITIALS[right]).join("") || undefined,
        })),
      ],
      "",
    ),
    `S select, I insert, U update, D delete; nobody truncates. Read models belong to ${roles.readModels}.`,
    missing.length === 0
      ? "The database has all of it."
      : `${missing.length} statements are missing; --sql prints them.`,
    surplus.length === 0
      ? ""
      : `More than that is given; once no program of an earlier version runs:\n${lines(surplus)}`,
    unknown.length === 0 ? "" : `Tables that no app may use: ${unknown.join(", ")}`,
  ];
  return sections.filter((section) => section !== "").join("\n\n");
}

function lines(statements: readonly string[]): string {
  return statements.map((statement) => `  ${statement};`).join("\n");
}
