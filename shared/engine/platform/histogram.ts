// A histogram for what happens at every request. prom-client's own hashes its labels and checks their names each time,
// which takes as long as reading a request's body; it prints this one all the
// same. Must never print or hash a label in `observe`.
import type { Metric } from "prom-client";

export type LabelValue = string | number;

export interface Histogram {
  /** `labelValues` stand in the order of the labels' names. */
  observe(value: number, ...labelValues: readonly LabelValue[]): void;
}

export interface HistogramOptions {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds, ascending, without the infinite one. */
  readonly buckets: readonly number[];
}

/** One series. */
interface Cell {
  readonly labels: Readonly<Record<string, LabelValue>>;
  /** Observations by the first bound that is not below them; the last place is beyond every bound. */
  readonly counts: number[];
  sum: number;
}

/** The cells, by one label's value after the other. */
interface Node {
  readonly next: Map<LabelValue, Node>;
  cell: Cell | undefined;
}

/** Also what prom-client's registry asks for its values. */
export interface PrintedHistogram extends Histogram {
  readonly metric: Metric;
}

export function createHistogram(options: HistogramOptions): PrintedHistogram {
  const { name, help, labels, buckets } = options;
  const cells: Cell[] = [];
  const root: Node = { next: new Map(), cell: undefined };

  const begin = (node: Node, labelValues: readonly LabelValue[]): Cell => {
    if (labelValues.length !== labels.length)
      throw new Error(`${name} has the labels ${labels.join()}, and was given ${labelValues.join()}`);
    const cell: Cell = {
      labels: Object.fromEntries(labels.map((label, index) => [label, labelValues[index] as LabelValue])),
      counts: new Array(buckets.length + 1).fill(0),
      sum: 0,
    };
    node.cell = cell;
    cells.push(cell);
    return cell;
  };
  // Without labels there is one series from the start.
  if (labels.length === 0) begin(root, []);

  const metric = {
    name,
    help,
    get: async () => {
      const values = cells.flatMap((cell) => valuesOf(name, buckets, cell));
      return { name, help, type: "histogram", aggregator: "sum", values };
    },
  };
  return {
    metric: metric as unknown as Metric,
    observe(value, ...labelValues) {
      let node = root;
      for (const labelValue of labelValues) {
        let next = node.next.get(labelValue);
        if (!next) {
          next = { next: new Map(), cell: undefined };
          node.next.set(labelValue, next);
        }
        node = next;
      }
      const cell = node.cell ?? begin(node, labelValues);
      let place = 0;
      while (place < buckets.length && value > (buckets[place] as number)) place++;
      cell.counts[place] = (cell.counts[place] as number) + 1;
      cell.sum += value;
    },
  };
}

/** As the registry prints them. Each bound counts what is not above it; then the sum and the number of all. */
function valuesOf(name: string, buckets: readonly number[], { labels, counts, sum }: Cell) {
  let count = 0;
  const values = [...buckets, "+Inf"].map((le, place) => {
    count += counts[place] as number;
    return { metricName: `${name}_bucket`, labels: { le }, sharedLabels: labels, value: count };
  });
  return [
    ...values,
    { metricName: `${name}_sum`, labels: {}, sharedLabels: labels, value: sum },
    { metricName: `${name}_count`, labels: {}, sharedLabels: labels, value: count },
  ];
}
