// A small chart: values in, SVG out. Words and a table beside it say the same to those who see no lines.
import { count, duration } from "@millrace/platform/quantities";
import type { Values } from "../history/history.ts";
import { type Column, Table } from "./table.tsx";

export interface Unit {
  /** Above the axis. */
  readonly axis: string;
  write(value: number): string;
  /** Values at which an axis may end, ascending, each with a round half; past the last, its doubles. */
  readonly tops?: readonly number[];
}

const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });

export const PER_SECOND: Unit = { axis: "a second", write: (value) => compact.format(value) };
export const RECORDS: Unit = { axis: "records", write: (value) => compact.format(value) };
export const TASKS: Unit = { axis: "tasks", write: (value) => compact.format(value) };
export const AGE: Unit = {
  axis: "time",
  write: (value) => duration(Math.round(value)),
  tops: [
    ...[2, 4, 10, 20, 40, 100, 200, 400, 1_000, 2_000, 4_000, 10_000, 20_000, 40_000, 60_000],
    ...[2, 4, 10, 20, 60, 120, 240, 480, 1_440].map((minutes) => minutes * 60_000),
  ],
};

export interface Line {
  readonly name: string;
  readonly values: Values;
}

export interface ChartProps {
  /** Unique in the document. */
  readonly id: string;
  readonly title: string;
  readonly unit: Unit;
  /** At most two lines: a reader who sees no colours can distinguish no more. */
  readonly lines: readonly [Line] | readonly [Line, Line];
  /** Milliseconds since 1970 of the values. */
  readonly times: readonly number[];
  /** Values that are further apart are not joined. */
  readonly joinedMs: number;
}

/** In px: as wide as a phone has room for, so that letters are as large as elsewhere. */
const WIDTH = 300;
const HEIGHT = 132;
const PLOT = { left: 48, right: 294, top: 20, bottom: 110 } as const;
const HOUR_MS = 3_600_000;
/** Time, in ms, that one row of the table stands for. */
const ROW_MS = 300_000;

export function Chart(props: ChartProps) {
  const { id, title, unit, lines } = props;
  const isEmpty = lines.every(({ values }) => values.every((value) => value === undefined));
  return (
    <figure class="chart">
      <figcaption>
        <h3>{title}</h3>
        <p class="keys">
          {lines.map((line, index) => (
            <span>
              <Swatch index={index} /> {line.name} <strong>{lastOf(line, unit)}</strong>
            </span>
          ))}
        </p>
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-labelledby={`${id}-title ${id}-desc`}>
        <title id={`${id}-title`}>{title}</title>
        <desc id={`${id}-desc`}>{describe(lines, unit)}</desc>
        <Plot {...props} />
        {isEmpty && (
          <text class="axis" x={MIDDLE} y="62" text-anchor="middle">
            no samples yet
          </text>
        )}
      </svg>
      {!isEmpty && <InFigures {...props} />}
    </figure>
  );
}

const MIDDLE = (PLOT.left + PLOT.right) / 2;

function Plot({ unit, lines, times, joinedMs }: ChartProps) {
  const end = times.at(-1) ?? 0;
  const most = topOf(
    lines.flatMap(({ values }) => values),
    unit.tops,
  );
  const x = (atMs: number) => PLOT.right - ((end - atMs) / HOUR_MS) * (PLOT.right - PLOT.left);
  const y = (value: number) => PLOT.bottom - (value / most) * (PLOT.bottom - PLOT.top);
  return (
    <>
      <text class="axis" x="0" y="10">
        {unit.axis}
      </text>
      {[0, most / 2, most].map((value) => (
        <>
          <line class="grid" x1={PLOT.left} x2={PLOT.right} y1={one(y(value))} y2={one(y(value))} />
          <text class="axis" x={PLOT.left - 6} y={one(y(value) + 3.5)} text-anchor="end">
            {unit.write(value)}
          </text>
        </>
      ))}
      <text class="axis" x={PLOT.left} y={HEIGHT - 6}>
        1 h ago
      </text>
      <text class="axis" x={MIDDLE} y={HEIGHT - 6} text-anchor="middle">
        30 min
      </text>
      <text class="axis" x={PLOT.right} y={HEIGHT - 6} text-anchor="end">
        now
      </text>
      {lines.map(({ values }, index) => (
        <path class={`line of-${index}`} d={pathOf({ values, times, joinedMs }, x, y)} />
      ))}
    </>
  );
}

/** The chart as a table, folded away. */
function InFigures({ title, unit, lines, times }: ChartProps) {
  const until: Column<Row> = {
    ...{ title: "Until", head: true },
    value: ({ atMs }) => new Date(atMs).toISOString().slice(11, 16),
  };
  const columns = lines.map(
    ({ name }, index): Column<Row> => ({
      ...{ title: name, right: true },
      value: ({ highest }) => written(highest[index], unit),
    }),
  );
  return (
    <details>
      <summary>
        In figures<span class="visually-hidden">: {title}</span>
      </summary>
      <Table
        caption={`The highest of each five minutes, ${unit.axis}`}
        rows={rowsOf(lines, times)}
        columns={[until, ...columns]}
        empty=""
      />
    </details>
  );
}

/** A piece of the line: lines differ in more than their colour. */
function Swatch({ index }: { index: number }) {
  return (
    <svg class="swatch" viewBox="0 0 22 8" width="22" height="8" aria-hidden="true">
      <path class={`line of-${index}`} d="M1 4H21" />
    </svg>
  );
}

/** The top of an axis, whose half is a round figure as well: of 2, 4, 10, 20, 40, 100 … where nothing else is said. */
export function topOf(values: Values, tops: readonly number[] = []): number {
  const most = Math.max(2, ...values.map((value) => value ?? 0));
  const known = tops.find((top) => top >= most);
  if (known !== undefined) return known;
  const last = tops.at(-1);
  if (last !== undefined) return last * 2 ** Math.ceil(Math.log2(most / last));
  const power = 10 ** Math.floor(Math.log10(most));
  const factor = [1, 2, 4, 10].find((each) => each * power >= most) ?? 10;
  return factor * power;
}

interface Drawn {
  readonly values: Values;
  readonly times: readonly number[];
  readonly joinedMs: number;
}

/** Broken where a value is not known; one that stands alone is a dot. */
export function pathOf(
  { values, times, joinedMs }: Drawn,
  x: (atMs: number) => number,
  y: (value: number) => number,
): string {
  let path = "";
  let last: number | undefined;
  for (const [index, value] of values.entries()) {
    const atMs = times[index] ?? 0;
    if (value === undefined) {
      last = undefined;
      continue;
    }
    const isJoined = last !== undefined && atMs - last <= joinedMs;
    const at = `${one(x(atMs))} ${one(y(value))}`;
    path += isJoined ? `L${at}` : `M${at}h0.1`;
    last = atMs;
  }
  return path;
}

interface Row {
  readonly atMs: number;
  readonly highest: readonly (number | undefined)[];
}

function rowsOf(lines: readonly Line[], times: readonly number[]): Row[] {
  const stretches = [...Map.groupBy(times.keys(), (index) => Math.floor((times[index] ?? 0) / ROW_MS))];
  return stretches.map(([stretch, indexes]) => ({
    atMs: (stretch + 1) * ROW_MS,
    highest: lines.map(({ values }) => {
      const known = indexes.flatMap((index) => values[index] ?? []);
      return known.length === 0 ? undefined : Math.max(...known);
    }),
  }));
}

function lastOf({ values }: Line, unit: Unit): string {
  return written(values.at(-1), unit);
}

function written(value: number | undefined, unit: Unit): string {
  return value === undefined ? "–" : unit.write(value);
}

function describe(lines: readonly Line[], unit: Unit): string {
  return lines
    .map((line) => {
      const known = line.values.flatMap((value) => value ?? []);
      if (known.length === 0) return `${line.name}: nothing is known.`;
      const [lowest, highest] = [Math.min(...known), Math.max(...known)].map(unit.write);
      return `${line.name}, ${unit.axis}: now ${lastOf(line, unit)}, lowest ${lowest}, highest ${highest}, ${count(known.length)} samples.`;
    })
    .join(" ");
}

/** One decimal is finer than a screen shows. */
function one(value: number): number {
  return Math.round(value * 10) / 10;
}
