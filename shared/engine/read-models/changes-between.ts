// What is not the same in two documents, by JSON pointer. A list counts as one value: it is replaced whole.

export interface Change {
  /** RFC 6901; "" for the whole document. */
  readonly path: string;
  /** Absent where there was none. */
  readonly before?: unknown;
  /** Absent where there is none any more. */
  readonly after?: unknown;
}

/** Every event changes these, so that they say nothing of it. */
const OF_EVERY_CHANGE = ["/version", "/updatedAt"];

export function changesBetween(before: unknown, after: unknown): Change[] {
  return differences(before, after, "").filter(({ path }) => !OF_EVERY_CHANGE.includes(path));
}

function differences(before: unknown, after: unknown, path: string): Change[] {
  if (isObject(before) && isObject(after)) {
    const names = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...names].flatMap((name) => differences(before[name], after[name], `${path}/${escaped(name)}`));
  }
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  return [{ path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function escaped(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}
