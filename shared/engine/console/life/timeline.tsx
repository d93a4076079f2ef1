// A life as a drawing: entries in, SVG out, from top to bottom. It is drawn for wide screens and for phones, and CSS shows
// one of both. Its letters are text, which screen readers read in their order.
import { fit } from "../parts/fit.ts";
import { clock } from "../parts/words.tsx";
import type { Entry, Life } from "./life.ts";

interface Shape {
  readonly kind: "wide" | "narrow";
  readonly width: number;
  /** Height of an entry. */
  readonly step: number;
  /** Left edge of what is said of an entry; without it that stands below the title. */
  readonly saidX?: number;
  readonly timeWidth: number;
  /** Distance between two columns. */
  readonly lane: number;
}

const SHAPES: readonly Shape[] = [
  { kind: "wide", width: 1000, step: 32, saidX: 400, timeWidth: 204, lane: 18 },
  { kind: "narrow", width: 320, step: 48, timeWidth: 60, lane: 14 },
];
const LEFT = 10;
/** Width of a letter, in px, in the widest of the fonts in use. */
const TITLE_LETTER = 7.7;
const LETTER = 7;

export function Timeline({ life }: { life: Life }) {
  const { entries, lanes, left } = life;
  if (entries.length === 0) return null;
  return (
    <figure class="life">
      <figcaption>
        <ul class="lanes">
          {lanes.map((lane, index) => (
            <li>
              <svg viewBox="-1 -1 14 14" width="14" height="14" aria-hidden="true">
                <Mark kind={kindOf(index, lanes)} lane={index} x={6} y={6} />
              </svg>{" "}
              {lane}
            </li>
          ))}
        </ul>
        {left > 0 && (
          <p class="kind">
            The newest {entries.length} entries; {left} are older. All of them stand below.
          </p>
        )}
      </figcaption>
      {SHAPES.map((shape) => (
        <Draw life={life} shape={shape} />
      ))}
    </figure>
  );
}

function Draw({ life: { entries, lanes }, shape }: { life: Life; shape: Shape }) {
  const { kind, width, step } = shape;
  const x = (lane: number) => LEFT + lane * shape.lane;
  const y = (index: number) => index * step + step / 2;
  const at = new Map(entries.map(({ key, lane }, index) => [key, [x(lane), y(index)] as const]));
  const id = `life-${kind}`;
  return (
    <svg class={kind} viewBox={`0 0 ${width} ${entries.length * step}`} aria-labelledby={id}>
      <title id={id}>From the first request to what is so now, in the order in which it came about</title>
      {entries.map(({ key, from }) => {
        const to = at.get(key);
        const begin = from === undefined ? undefined : at.get(from);
        return begin && to && <path class="cause" d={causeOf(begin, to, step)} />;
      })}
      {entries.map((entry, index) => (
        <g>
          <Mark kind={entry.kind} lane={entry.lane} x={x(entry.lane)} y={y(index)} />
          <Words entry={entry} isFirst={index === 0} x={x(lanes.length) + 2} y={y(index)} shape={shape} />
        </g>
      ))}
    </svg>
  );
}

/** Down the cause's own column, then over to its effect just above it. */
function causeOf(
  [x1, y1]: readonly [number, number],
  [x2, y2]: readonly [number, number],
  step: number,
): string {
  const turn = y2 - step / 2;
  return x1 === x2 ? `M${x1} ${y1}V${y2}` : `M${x1} ${y1}V${turn}C${x1} ${y2} ${x2} ${turn} ${x2} ${y2}`;
}

interface WordsProps {
  readonly entry: Entry;
  readonly isFirst: boolean;
  readonly x: number;
  readonly y: number;
  readonly shape: Shape;
}

function Words({ entry: { title, said, href, at, since }, isFirst, x, y, shape }: WordsProps) {
  const { width, saidX, timeWidth } = shape;
  const titleRoom = (saidX ?? width - timeWidth) - x - 8;
  const saidRoom = saidX === undefined ? width - x : width - timeWidth - saidX - 8;
  const line = saidX === undefined ? y - 4 : y + 4;
  return (
    <>
      <a href={href}>
        <text class="name" x={x} y={line}>
          {fit(title, titleRoom / TITLE_LETTER)}
        </text>
      </a>
      <text x={saidX ?? x} y={saidX === undefined ? y + 12 : line}>
        {fit(said, saidRoom / LETTER)}
      </text>
      <text class="when" x={width} y={line} text-anchor="end">
        {at !== undefined && saidX !== undefined && !isFirst
          ? `${clock(at)}  ${since}`
          : timeOf(at, since, isFirst, saidX !== undefined)}
      </text>
    </>
  );
}

function timeOf(at: string | undefined, since: string, isFirst: boolean, isWide: boolean): string {
  if (at === undefined) return "now";
  if (!isFirst) return since;
  return isWide ? clock(at) : clock(at).slice(0, 6);
}

function kindOf(lane: number, lanes: readonly string[]): Entry["kind"] {
  if (lane === 0) return "request";
  return lane === lanes.length - 1 && lanes[lane] === "now" ? "row" : "event";
}

/** Columns differ by shape as well as by place: a square asks, a circle happened, a diamond is so now. */
function Mark({ kind, lane, x, y }: { kind: Entry["kind"]; lane: number; x: number; y: number }) {
  const own = kind === "event" && lane === 1 ? " own" : "";
  if (kind === "event") return <circle class={`mark event${own}`} cx={x} cy={y} r="5" />;
  if (kind === "request") return <rect class="mark request" x={x - 4.5} y={y - 4.5} width="9" height="9" />;
  return <path class={`mark ${kind}`} d={`M${x} ${y - 6}l6 6l-6 6l-6 -6z`} />;
}
