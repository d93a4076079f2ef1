// METRICS.md as data: what the processes serve, which observability.int.test.ts holds against every one of them.
import { ROOT } from "../guide/blocks.ts";

export interface Metric {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
  /** `all`, or the apps that serve it. */
  readonly processes: readonly string[];
  /** Words of its description that stand in backticks, the values of its labels among them. */
  readonly words: readonly string[];
}

/** The rows of METRICS.md's first table. */
export async function documentedMetrics(): Promise<Metric[]> {
  const page = await Bun.file(`${ROOT}/shared/engine/platform/METRICS.md`).text();
  const rows = page.split("\n").filter((line) => /^\| `[a-z_]+`\s+\| (counter|gauge|histogram) /.test(line));
  return rows
    .map((row) => row.split(/(?<!\\)\|/).map((cell) => cell.trim()))
    .map(([, name = "", type = "", labels = "", processes = "", meaning = ""]) => ({
      name: name.replaceAll("`", ""),
      type,
      labels: quoted(labels),
      processes: processes.split(", "),
      words: quoted(meaning),
    }));
}

function quoted(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, word = ""]) => word);
}
