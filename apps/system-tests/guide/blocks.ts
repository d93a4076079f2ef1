// The fenced blocks of a page, and what each asks of the test that proves the page: see CONTRIBUTING, "The guide".
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

export interface Block {
  /** Of the fence's first line: `sh`, `json`, `ts`, `diff`, … and empty for a drawing. */
  readonly language: string;
  /** The rest of that line: a file's path, with `new` before it where the reader is to write the file. */
  readonly about: string;
  readonly text: string;
  /** Of the fence, counted from 1. */
  readonly line: number;
}

export function readPage(page: string, root = ROOT): Promise<string> {
  return Bun.file(`${root}/${page}`).text();
}

export function blocksOf(text: string): Block[] {
  return [...text.matchAll(/^```(\S*)(?: +(.*))?\n([\s\S]*?)^```$/gm)].map(
    ({ 1: language = "", 2: about = "", 3: body = "", index }) => ({
      ...{ language, about: about.trim(), text: body },
      line: text.slice(0, index).split("\n").length,
    }),
  );
}

/** Commands of an `sh` block, one a line, without comments; a line that ends in a backslash or in an open quote goes on. */
export function commandsOf(text: string): string[] {
  const commands: string[] = [];
  let begun = "";
  for (const line of text.split("\n")) {
    begun += begun === "" ? line.replace(/(^|\s+)# .*$/, "") : `\n${line}`;
    const quotes = begun.split("'").length - 1;
    if (begun.endsWith("\\") || quotes % 2 === 1) continue;
    if (begun.trim() !== "") commands.push(begun.trim());
    begun = "";
  }
  return commands;
}

/**
 * What of a listing does not stand in the file that it quotes, undefined where all of it does. A line of `…` stands for
 * what is left out; indentation may differ.
 */
export function missingFrom(file: string, listing: string): string | undefined {
  const flat = (text: string) => text.replace(/^[ \t]+/gm, "").trim();
  const whole = flat(file);
  return listing
    .split(/^\s*(?:\/\/ )?…\s*$/m)
    .map(flat)
    .find((part) => part !== "" && !whole.includes(part));
}

/**
 * A file's text after a change that a page shows: of each part, parts being parted by `…`, lines that begin with `-` go and
 * those that begin with `+` come. @throws where what is to change stands nowhere in it, or twice
 */
export function changed(file: string, diff: string): string {
  let text = file;
  for (const part of diff.split(/^\s*…\s*$/m)) {
    const lines = part.split("\n").filter((line) => line !== "");
    if (lines.length === 0) continue;
    const of = (sign: string) =>
      lines
        .filter((line) => line.startsWith(sign) || line.startsWith(" "))
        .map((line) => `${line.slice(1)}\n`)
        .join("");
    const [before, after] = [of("-"), of("+")];
    const found = text.split(before).length - 1;
    if (before === "" || found !== 1) throw new Error(`stands there ${found} times, not once:\n${before}`);
    text = text.replace(before, () => after);
  }
  return text;
}

/** Whether what a page shows stands in what was printed: `"<…>"` is anything, lists match in order and may go on. */
export function matches(printed: unknown, shown: unknown): boolean {
  if (typeof shown === "string" && /^<.*>$/.test(shown)) return printed !== undefined;
  if (Array.isArray(shown)) {
    return Array.isArray(printed) && shown.every((item, index) => matches(printed[index], item));
  }
  if (shown !== null && typeof shown === "object") {
    return Object.entries(shown).every(([key, value]) =>
      matches((printed as Record<string, unknown>)?.[key], value),
    );
  }
  return printed === shown;
}

/** The same for lines: each line shown stands in a line that was printed, in order; `…` is anything, widths may differ. */
export function linesMatch(printed: string, shown: string): boolean {
  const lines = printed.split("\n").map(spaced);
  let at = 0;
  return shown
    .split("\n")
    .map(spaced)
    .filter((line) => line !== "" && line !== "…")
    .every((line) => {
      const pattern = new RegExp(line.split("…").map(RegExp.escape).join(".*"));
      const found = lines.findIndex((each, index) => index >= at && pattern.test(each));
      at = found + 1;
      return found >= 0;
    });
}

function spaced(line: string): string {
  return line.replace(/\s+/g, " ").trim();
}

/** As GitHub makes them of headings. */
export function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(({ 1: heading = "" }) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}
