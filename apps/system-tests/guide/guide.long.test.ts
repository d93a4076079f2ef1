// The guide's chapters as a reader works through them, in a copy of this checkout: commands are run, files written and
// changed as the pages show, and what is printed is held against what they show.
import { afterAll, beforeAll, describe, test } from "bun:test";
import { join } from "node:path";
import { eventually } from "@millrace/testing/eventually";
import { makeTeamCopy, type TeamCopy } from "../team-copy.ts";
import { type Block, blocksOf, changed, missingFrom, readPage } from "./blocks.ts";
import { atPorts, holdAgainst, onlyReads, type Step, stepsOf } from "./steps.ts";

/** In the order in which they are read: a later one goes on where an earlier one ends. */
const CHAPTERS = [
  "shared/guide/your-first-aggregate.md",
  "shared/guide/a-process-with-a-deadline.md",
  "shared/guide/change-a-stored-event.md",
  "shared/guide/from-your-kafka-demo.md",
  "shared/guide/an-incident-at-night.md",
];
const WITHIN_MS = 600_000;
/** Longest time, in ms, that a read is asked again: for a minute, what an audit misses counts as on its way. */
const SHOWN_WITHIN_MS = 100_000;

let copy: TeamCopy;
/** The chapter that did not come to its end: later ones would fail for its sake. */
let brokenOff: string | undefined;

beforeAll(async () => {
  copy = await makeTeamCopy("guide");
}, WITHIN_MS);
afterAll(async () => {
  await copy?.stopDev();
  copy?.remove();
}, 60_000);

describe("the guide", () => {
  test.each(CHAPTERS)(
    "%s does what it says",
    async (page) => {
      if (brokenOff !== undefined) throw new Error(`not begun, since ${brokenOff} broke off`);
      brokenOff = page;
      const blocks = blocksOf(await readPage(page));
      for (const [index, block] of blocks.entries()) {
        try {
          await follow(block, stepsOf(blocks.slice(index, index + 2)));
        } catch (error) {
          throw new Error(`${page}, line ${block.line}: ${(error as Error).message}`, { cause: error });
        }
      }
      brokenOff = undefined;
    },
    WITHIN_MS,
  );
});

/** @param steps of the block, and of the next one where that has steps too */
async function follow(block: Block, steps: readonly Step[]): Promise<void> {
  if (block.language === "sh") {
    const count = stepsOf([block]).length;
    for (const step of steps.slice(0, count)) await take(step);
  } else if (block.about !== "") {
    await writeDown(block);
  }
}

async function take({ command, shown }: Step): Promise<void> {
  if (command === "bun run dev") return copy.startDev();
  const ports = { commandApi: copy.port.COMMAND_API, queryApi: copy.port.QUERY_API };
  const once = () => holdAgainst(copy.run(["bash", "-c", atPorts(command, ports)]), shown);
  // A command may meet a process that is just being reloaded; its id or its rule makes it safe to send again.
  if (onlyReads(command) || command.startsWith("curl ")) {
    await eventually(once, { withinMs: SHOWN_WITHIN_MS, everyMs: 200 });
  } else once();
}

/** A listing with a file's path: quoted, added to its end, new, or a change of it. */
async function writeDown({ language, about, text }: Block): Promise<void> {
  const words = about.split(" ");
  const path = words.at(-1) as string;
  const file = Bun.file(join(copy.root, path));
  if (words[0] === "new") {
    await Bun.write(file, text);
    // What needs packages of another world is read by it at least.
    if (language === "python" && Bun.which("python3")) copy.run(["python3", "-m", "py_compile", path]);
    return;
  }
  const before = await file.text();
  if (words[0] === "add") return void (await Bun.write(file, `${before}\n${text}`));
  if (language === "diff") return void (await Bun.write(file, changed(before, text)));
  const missing = missingFrom(before, text);
  if (missing !== undefined) throw new Error(`${path} does not hold\n${missing}`);
}
