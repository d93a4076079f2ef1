// JSON for people: indented, coloured, and with every digit as it was written. Parsing and printing it again would round long
// numbers and drop keys that stand twice.
import type { Child } from "hono/jsx";

/** Characters of a value that are shown; the API and `bun run ops` have the whole. */
const SHOWN_CHARACTERS_MAX = 60_000;
const TOKENS = /"(?:\\.|[^"\\])*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|[{}[\],:]/g;

export interface Token {
  readonly text: string;
  readonly kind: "key" | "string" | "number" | "word" | "mark";
}

/** A value as it was received: JSON where it is that, text where not. */
export function Value({ text, label }: { text: string | null; label: string }) {
  if (text === null) return <p class="empty">No value: a tombstone.</p>;
  const tokens = isJson(text) ? indented(text) : undefined;
  return (
    // A keyboard has to reach what can be scrolled.
    <section class="json" tabindex={0} aria-label={label}>
      <pre>
        <code>{tokens ? tokens.map(coloured) : cut(text)}</code>
      </pre>
    </section>
  );
}

/** JSON text as tokens, with line breaks and indents among them. */
export function indented(json: string): Token[] {
  const found = [...json.matchAll(TOKENS)].map(([text]) => text);
  const tokens: Token[] = [];
  let depth = 0;
  let length = 0;
  const put = (text: string, kind: Token["kind"]) => {
    length += text.length;
    tokens.push({ text, kind });
  };
  for (const [index, text] of found.entries()) {
    if (length > SHOWN_CHARACTERS_MAX) {
      put(`\n… ${json.length.toLocaleString("en-US")} characters in all`, "mark");
      break;
    }
    const next = found[index + 1];
    if (text === "{" || text === "[") {
      const isEmpty = next === "}" || next === "]";
      depth++;
      put(isEmpty ? text : `${text}${newLine(depth)}`, "mark");
    } else if (text === "}" || text === "]") {
      depth--;
      const wasEmpty = found[index - 1] === "{" || found[index - 1] === "[";
      put(wasEmpty ? text : `${newLine(depth)}${text}`, "mark");
    } else if (text === ",") put(`,${newLine(depth)}`, "mark");
    else if (text === ":") put(": ", "mark");
    else put(text, kindOf(text, next));
  }
  return tokens;
}

function newLine(depth: number): string {
  return `\n${"  ".repeat(depth)}`;
}

function kindOf(text: string, next: string | undefined): Token["kind"] {
  if (text.startsWith('"')) return next === ":" ? "key" : "string";
  return /^[-\d]/.test(text) ? "number" : "word";
}

function coloured({ text, kind }: Token): Child {
  return kind === "mark" ? text : <span class={kind}>{text}</span>;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function cut(text: string): string {
  return text.length > SHOWN_CHARACTERS_MAX ? `${text.slice(0, SHOWN_CHARACTERS_MAX)}…` : text;
}
