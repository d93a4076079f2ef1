// What `bun run dev` prints: its own progress, and the lines of its children made readable.

export interface Screen {
  /** A line of progress, with the time since the start. */
  say(line: string): void;
  /** A line that a process printed; a log line says which of its apps has. */
  child(name: string, line: string): void;
  /** Text as it is. */
  print(text: string): void;
  /** Since the start, in words. */
  elapsed(): string;
}

const RESET = "\x1b[0m";
const DIM = "\x1b[2m";
/** One a process, in the order in which they come. Red is for errors. */
const NAME_COLOURS = ["\x1b[36m", "\x1b[35m", "\x1b[34m", "\x1b[32m", "\x1b[33m", "\x1b[96m", "\x1b[95m"];
const LEVEL_COLOURS: Record<string, string> = {
  warn: "\x1b[33m",
  error: "\x1b[31m",
  fatal: "\x1b[31m",
};
/** Fits the longest of our names. */
const NAME_WIDTH = 11;
/** Fields that the line shows in their own place, or that repeat what the prefix says. */
const SHOWN_ELSEWHERE = new Set(["level", "time", "msg", "process", "pid", "hostname"]);

export function openScreen(colours: boolean, write: (text: string) => void): Screen {
  const startedAt = performance.now();
  const colourOf = new Map<string, string>();
  const paint = (colour: string | undefined, text: string) =>
    colours && colour ? colour + text + RESET : text;

  const elapsed = () => `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
  const prefix = (name: string) => {
    const colour = colourOf.get(name) ?? NAME_COLOURS[colourOf.size % NAME_COLOURS.length] ?? "";
    colourOf.set(name, colour);
    return paint(colour, name.padEnd(NAME_WIDTH));
  };
  return {
    elapsed,
    say: (line) => write(`${paint(DIM, elapsed().padStart(8))}  ${line}\n`),
    child: (name, line) => {
      const entry = parsed(line);
      write(`${prefix(appOf(entry) ?? name)} ${readable(line, paint, entry)}\n`);
    },
    print: write,
  };
}

/** Whether to colour: as the terminal is, unless the environment decides. See no-color.org. */
export function wantsColours(environment: Record<string, string | undefined>, isTerminal: boolean): boolean {
  if (environment.NO_COLOR) return false;
  return isTerminal || Boolean(environment.FORCE_COLOR);
}

/** A structured log line as time, level, message and fields; any other line as it is. */
export function readable(
  line: string,
  paint = (_: string | undefined, text: string) => text,
  entry = parsed(line),
): string {
  if (!entry) return line;
  const level = String(entry.level ?? "info");
  const words = [
    paint(DIM, timeOf(entry.time)),
    paint(LEVEL_COLOURS[level], `${level.padEnd(5)} ${entry.msg ?? ""}`),
    ...Object.entries(entry)
      .filter(([name]) => !SHOWN_ELSEWHERE.has(name))
      .map(([name, value]) => paint(DIM, field(name, value))),
  ];
  return words.join(" ");
}

function appOf(entry: Entry | undefined): string | undefined {
  return typeof entry?.process === "string" ? entry.process : undefined;
}

type Entry = Readonly<Record<string, unknown>>;

function parsed(line: string): Entry | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const entry: unknown = JSON.parse(line);
    return typeof entry === "object" && entry !== null && "msg" in entry ? { ...entry } : undefined;
  } catch {
    return undefined;
  }
}

function timeOf(time: unknown): string {
  const CLOCK_FROM = 11;
  const CLOCK_TO = 23;
  const date = new Date(typeof time === "number" ? time : String(time));
  return Number.isNaN(date.getTime()) ? "" : date.toISOString().slice(CLOCK_FROM, CLOCK_TO);
}

/** An error with its stack, which is several lines; everything else as compact as JSON. */
function field(name: string, value: unknown): string {
  if (typeof value === "object" && value !== null && "stack" in value && typeof value.stack === "string") {
    return `\n    ${value.stack.replaceAll("\n", "\n    ")}`;
  }
  return `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`;
}
