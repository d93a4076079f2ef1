import { type Command, InvalidArgumentError } from "commander";
import type { Sql } from "@millrace/platform/postgres";
import { type Head, parseHead, printHead } from "@millrace/trail/entry";
import { type KeptEntry, newestEntries } from "@millrace/trail/list";
import { verifyTrail } from "@millrace/trail/verify";
import { wholeNumber } from "../numbers.ts";
import { type Output, wrong } from "../output.ts";
import type { Run } from "../program.ts";
import { printTable } from "../table.ts";

const LIMIT_MAX = 1_000;

interface Wish {
  readonly limit: number;
  readonly actor?: string;
  readonly act?: string;
  readonly on?: string;
  readonly verify?: true;
  readonly head?: Head;
}

export function addTrail(program: Command, run: Run): void {
  program
    .command("trail")
    .description("who did what: keys, sessions, dead letters, processes, read models; the newest first")
    .option("-n, --limit <number>", "so many", wholeNumber(1, LIMIT_MAX), 50)
    .option("--actor <actor>", "only what this one did: operator:ann")
    .option("--act <act>", "only acts of this kind: key.create")
    .option("--on <target>", "only what was done to this")
    .option("--verify", "read all of it, and say whether it is as it was written")
    .option("--head <head>", "with --verify: a head that was printed earlier, and kept elsewhere", headOf)
    .addHelpText(
      "after",
      `
Each entry holds the hash of the one before it, so that one that was changed, removed or moved is found.
Entries cut off at the end, and a trail written anew to its end by somebody who may do anything in the
database, are found only with --head: keep what --verify prints where the database's owner can't change it.

A name that begins with ops: is what a machine says of its user; access to the database is all that was proven.

--json has each entry whole, with its details and its hash.

Exit code 1 where the trail is not as it was written.
`,
    )
    .action(({ limit, actor, act, on, verify, head }: Wish, command: Command) =>
      run(command, async ({ sql }) => {
        if (verify || head) return verdictOn(sql, head);
        const filter = {
          ...(actor !== undefined && { actor }),
          ...(act !== undefined && { act }),
          ...(on !== undefined && { target: on }),
        };
        const newest = await newestEntries(sql, limit, filter);
        const json = newest.map((entry) => ({ ...entry, details: JSON.parse(entry.details) }));
        return { json, text: trailTable(newest) };
      }),
    );
}

async function verdictOn(sql: Sql, noted: Head | undefined): Promise<Output> {
  const verdict = await verifyTrail(sql, noted);
  switch (verdict.is) {
    case "whole": {
      const head = printHead(verdict.head);
      const text = `The trail is whole: ${verdict.head.position} entries. Its head, to keep elsewhere:\n${head}`;
      return { json: { whole: true, entries: verdict.head.position, head }, text };
    }
    case "broken": {
      const { position, cause } = verdict;
      const text = `The trail is not as it was written: ${cause}. Entries before ${position} hold together; what follows proves nothing, so ask who had the database's login, and compare with a backup.`;
      return wrong({ whole: false, position, cause }, text);
    }
  }
}

function headOf(text: string): Head {
  const head = parseHead(text);
  if (!head) throw new InvalidArgumentError("expected a head as --verify prints it, <number>:<64 digits>");
  return head;
}

function trailTable(entries: readonly KeptEntry[]): string {
  return printTable(
    entries,
    [
      { title: "entry", value: (row) => String(row.position), right: true },
      // Without milliseconds: positions order.
      { title: "at", value: (row) => `${row.at.slice(0, 19)}Z` },
      { title: "who", value: (row) => row.actor, flexible: true },
      { title: "by", value: (row) => row.authn },
      { title: "from", value: (row) => row.origin, flexible: true },
      { title: "act", value: (row) => row.act },
      { title: "on", value: (row) => row.target },
    ],
    "Nobody has done anything yet.",
  );
}
