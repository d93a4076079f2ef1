// A page: its address, what it shows, and what makes it live.
import type { JSX } from "hono/jsx/jsx-runtime";
import type { RowsChanged } from "@millrace/read-models/row-changes";

/** One request for a page. */
export interface Asked {
  /** Path and query, as they came. */
  readonly url: URL;
  /** Of the path, decoded: id, topic and the like. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Stands in every form; undefined for those who may change nothing. */
  readonly formToken: string | undefined;
}

export interface Shown {
  readonly title: string;
  /** Under the title: what the page is about, in a sentence or two. */
  readonly about?: JSX.Element | string;
  /** Forms and the like, which stay as they are while the rest is live. */
  readonly controls?: JSX.Element | undefined;
  /** What is replaced as it changes, where the page is live. */
  readonly body: JSX.Element;
  /** 200 without. */
  readonly status?: number;
}

/** When a page is made anew while a browser has it open: at times, and when rows have changed. */
export interface Live {
  readonly everyMs: number;
  /** Whether the page shows any of these rows: then it is made anew at once. */
  concerns?(changed: RowsChanged, asked: Asked): boolean;
}

/** What moves by the second, and costs Postgres a millisecond: partitions, lanes, progress. */
export const EACH_SECOND: Live = { everyMs: 1_000 };
/** What people wait for after they have done something, and figures of several sources. */
export const EACH_TWO_SECONDS: Live = { everyMs: 2_000 };
/** What seldom changes, or costs more: lists of topics, the trail, findings. */
export const EACH_FIVE_SECONDS: Live = { everyMs: 5_000 };

export interface Page {
  /** As Hono writes it: /topics/:topic. */
  readonly path: string;
  /** The entry of the navigation that it belongs to. */
  readonly section: string;
  readonly live?: Live;
  /** Answers the page, or the address of the page to go to. @throws Failure, which is shown as a page of its own. */
  show(asked: Asked): Promise<Shown | string>;
}

/** A page's parameters where the path is its own. */
export function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const parts = pattern.split("/");
  const given = path.split("/");
  if (parts.length !== given.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, part] of parts.entries()) {
    const value = given[index] ?? "";
    if (!part.startsWith(":")) {
      if (part !== value) return undefined;
      continue;
    }
    const decoded = decode(value);
    if (decoded === undefined || decoded === "") return undefined;
    parameters[part.slice(1)] = decoded;
  }
  return parameters;
}

function decode(part: string): string | undefined {
  try {
    const text = decodeURIComponent(part);
    // Postgres takes no such text.
    return text.includes("\0") || !text.isWellFormed() ? undefined : text;
  } catch {
    return undefined;
  }
}
