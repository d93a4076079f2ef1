// A page as steps to take: each command with what the page shows under it.
import { type Block, commandsOf, linesMatch, matches } from "./blocks.ts";

export interface Step {
  readonly command: string;
  /** What it has to print, as the page shows it; undefined where the page shows nothing. */
  readonly shown: Block | undefined;
}

/** Of one `sh` block and the `json` or `text` block that follows it at once. The output shown is the last command's. */
export function stepsOf(blocks: readonly Block[]): Step[] {
  return blocks.flatMap((block, index) => {
    if (block.language !== "sh") return [];
    const next = blocks[index + 1];
    const shown = next && (next.language === "json" || next.language === "text") ? next : undefined;
    const commands = commandsOf(block.text);
    return commands.map((command, at) => ({
      command,
      shown: at === commands.length - 1 ? shown : undefined,
    }));
  });
}

/** @throws where the page shows something else than was printed */
export function holdAgainst(printed: string, shown: Block | undefined): void {
  if (!shown) return;
  const same =
    shown.language === "json"
      ? matches(printed.trim() === "" ? undefined : JSON.parse(printed), JSON.parse(shown.text))
      : linesMatch(printed, shown.text);
  if (!same)
    throw new Error(`the page shows, at line ${shown.line},\n${shown.text}\nand printed was\n${printed}`);
}

/** Reads follow writes within a moment, so what only reads may be asked again. */
export function onlyReads(command: string): boolean {
  return /localhost:3002|^bun run ops (?!.*(produce|retry|discard|rebuild))/.test(command);
}

/** The same for ports that are not the usual ones. */
export function atPorts(command: string, ports: { commandApi: string | number; queryApi: string | number }) {
  return command
    .replaceAll("localhost:3001", `127.0.0.1:${ports.commandApi}`)
    .replaceAll("localhost:3002", `127.0.0.1:${ports.queryApi}`);
}
