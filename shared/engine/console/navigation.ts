// The entries of the menu: the engine's pages, and one for each read model of the shop.
import type { ReadModel } from "@millrace/read-models/read-model";
import { titleOf } from "./parts/document.tsx";

interface Entry {
  readonly section: string;
  readonly href: string;
  /** Key that leads there, pressed after g. */
  readonly letter?: string;
}

interface Group {
  readonly group: string;
  readonly entries: readonly Entry[];
}

export type Navigation = readonly Group[];

export function navigationOf(models: readonly Pick<ReadModel, "name">[]): Navigation {
  const letters = new Set(ENGINE.flatMap(({ entries }) => entries.flatMap(({ letter }) => letter ?? [])));
  const entries = models.map(({ name }) => {
    const [letter = ""] = name;
    const entry = { section: titleOf(name), href: `/${name}` };
    if (letters.has(letter)) return entry;
    letters.add(letter);
    return { ...entry, letter };
  });
  const [system, ...rest] = ENGINE;
  return [system, { group: "Shop", entries }, ...rest];
}

const ENGINE: readonly [Group, ...Group[]] = [
  {
    group: "System",
    entries: [
      { section: "Overview", href: "/", letter: "h" },
      { section: "Flow", href: "/flow" },
      { section: "Keys", href: "/keys" },
      { section: "Trail", href: "/trail" },
    ],
  },
  {
    group: "Event store",
    entries: [
      { section: "Streams", href: "/streams", letter: "s" },
      { section: "Relay", href: "/relay" },
    ],
  },
  {
    group: "Kafka",
    entries: [
      { section: "Topics", href: "/topics", letter: "t" },
      { section: "Lag", href: "/lag", letter: "l" },
    ],
  },
  {
    group: "Processes",
    entries: [
      { section: "Processes", href: "/processes" },
      { section: "Webhooks", href: "/webhooks" },
    ],
  },
  {
    group: "Read models",
    entries: [
      { section: "Partitions", href: "/partitions", letter: "p" },
      { section: "Projections", href: "/projections", letter: "r" },
      { section: "Dead letters", href: "/dead-letters", letter: "d" },
      { section: "Audit", href: "/audit" },
    ],
  },
];
