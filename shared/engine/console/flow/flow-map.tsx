// The flow as a drawing: steps in, SVG out. Twice, for wide screens and for phones, of which one is shown.
import type { Tone } from "@millrace/read-models/shown";
import { fit } from "../parts/fit.ts";
import { MARKS } from "../parts/words.tsx";
import type { Flow, Reader } from "./flow.ts";
import type { Step } from "./step.ts";

interface Box {
  readonly step: Step;
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

interface Edge {
  readonly path: string;
  /** Its head points there. */
  readonly to: readonly [x: number, y: number];
  readonly way: "right" | "down" | "up";
  readonly stands: boolean;
}

interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly Box[];
  readonly edges: readonly Edge[];
  readonly notes: readonly { readonly text: string; readonly x: number; readonly y: number }[];
}

const HEIGHT = 66;
const PAD = 11;
/** Room that a letter takes in the widest of the fonts in use, in px. */
const TITLE_LETTER = 8.1;
const LETTER = 7;

export function FlowMap({ flow }: { flow: Flow }) {
  return (
    <>
      <Draw drawing={across(flow)} id="flow-across" kind="wide" />
      <Draw drawing={down(flow)} id="flow-down" kind="narrow" />
    </>
  );
}

function Draw({ drawing, id, kind }: { drawing: Drawing; id: string; kind: string }) {
  const { width, height, boxes, edges, notes } = drawing;
  return (
    <svg class={`flow ${kind}`} viewBox={`0 0 ${width} ${height}`} aria-labelledby={id}>
      <title id={id}>
        The way of an event, from the command to its rows; the table below has the same in words
      </title>
      {edges.map(({ path, to, way, stands }) => (
        <g class={stands ? "edge stands" : "edge"}>
          <path d={path} />
          <path class="head" d={headOf(to, way)} />
        </g>
      ))}
      {notes.map(({ text, x, y }) => (
        <text class="note" x={x} y={y}>
          {text}
        </text>
      ))}
      {boxes.map((box) => (
        <BoxOf box={box} />
      ))}
    </svg>
  );
}

function BoxOf({ box: { step, x, y, width } }: { box: Box }) {
  const { title, figure, state, tone, href } = step;
  const room = width - 2 * PAD;
  return (
    <a href={href} class={`step ${tone}`}>
      <rect x={x} y={y} width={width} height={HEIGHT} rx="7" />
      <text class="name" x={x + PAD} y={y + 21}>
        {fit(title, room / TITLE_LETTER)}
      </text>
      <text x={x + PAD} y={y + 38}>
        {fit(figure, room / LETTER)}
      </text>
      <text class="state" x={x + PAD} y={y + 55}>
        {fit(`${MARKS[tone]} ${state}`, room / LETTER)}
      </text>
    </a>
  );
}

const STANDS: Readonly<Record<Tone, boolean>> = {
  bad: true,
  warn: false,
  good: false,
  calm: false,
  busy: false,
};
const GAP = 14;

/** Room for the word above a group of readers. */
const NOTE = 28;

/** What reads partitions, by what it makes: a group each, where there is any. */
function groupsOf({ rows, processes }: Flow) {
  const groups = [
    { note: "rows", readers: rows },
    { note: "processes", readers: processes },
  ];
  return groups.filter(({ readers }) => readers.length > 0);
}

const stackHeight = (steps: number) => Math.max(0, steps * (HEIGHT + GAP) - GAP);

function stackOf(steps: readonly Step[], x: number, width: number, from: number): Box[] {
  return steps.map((step, index) => ({ step, x, y: from + index * (HEIGHT + GAP), width }));
}

/** From left to right, for screens that are wide enough. */
export function across(flow: Flow): Drawing {
  const { accept, store, relay, topics, processes } = flow;
  const groups = groupsOf(flow);
  const readersHigh = groups.reduce((sum, { readers }) => sum + NOTE + stackHeight(readers.length), 0);
  const high = Math.max(stackHeight(topics.length), readersHigh, HEIGHT);
  const middled = (steps: readonly Step[], x: number, width: number) =>
    stackOf(steps, x, width, (high - stackHeight(steps.length)) / 2 + 1);
  const [command] = middled([accept], 1, 154) as [Box];
  const [stored] = middled([store], 179, 134) as [Box];
  const [sent] = middled([relay], 337, 134) as [Box];
  const topicBoxes = middled(
    topics.map(({ topic }) => topic),
    505,
    172,
  );
  const partitionBoxes = middled(
    topics.map(({ partitions }) => partitions),
    697,
    132,
  );
  const readers: { readonly box: Box; readonly reader: Reader }[] = [];
  const notes: Drawing["notes"][number][] = [];
  let y = (high - readersHigh) / 2 + 1;
  for (const group of groups) {
    notes.push({ text: group.note, x: 868, y: y + NOTE - 7 });
    const boxes = stackOf(group.readers, 867, 132, y + NOTE);
    readers.push(...boxes.map((box, index) => ({ box, reader: group.readers[index] as Reader })));
    y += NOTE + stackHeight(group.readers.length);
  }
  const last = readers.at(-1)?.box;
  const loop = processes.length > 0 && last ? [loopOf(last, stored, high)] : [];
  if (loop.length > 0) notes.push({ text: "commands of processes", x: 505, y: high + 14 });
  return {
    width: 1000,
    height: high + 2 + (loop.length > 0 ? 28 : 0),
    boxes: [command, stored, sent, ...topicBoxes, ...partitionBoxes, ...readers.map(({ box }) => box)],
    edges: [
      edge(command, stored),
      edge(stored, sent),
      ...topicBoxes.map((box) => edge(sent, box)),
      ...topicBoxes.map((box, index) => edge(box, partitionBoxes[index] as Box)),
      ...topics.flatMap(({ name }, index) =>
        readers
          .filter(({ reader }) => reader.topics.includes(name))
          .map(({ box }) => edge(partitionBoxes[index] as Box, box)),
      ),
      ...loop,
    ],
    notes,
  };
}

/** From the last of the processes back into the store, under everything. */
function loopOf(from: Box, to: Box, high: number): Edge {
  const [out, back] = [from.x + from.width / 2, to.x + to.width / 2];
  const [low, end] = [high + 20, to.y + HEIGHT + 6];
  const path = `M${out} ${from.y + HEIGHT}V${low - 8}q0 8 -8 8H${back + 8}q-8 0 -8 -8V${end}`;
  return { path, to: [back, end], way: "up", stands: STANDS[from.step.tone] };
}

function edge(from: Box, to: Box): Edge {
  const [fromX, fromY] = [from.x + from.width, from.y + HEIGHT / 2];
  const [toX, toY] = [to.x - 6, to.y + HEIGHT / 2];
  const middle = (fromX + toX) / 2;
  const path = `M${fromX} ${fromY}C${middle} ${fromY} ${middle} ${toY} ${toX} ${toY}`;
  return { path, to: [toX, toY], way: "right", stands: STANDS[to.step.tone] };
}

const NARROW = 320;
const BETWEEN = 26;

/** From top to bottom, for phones: which reader reads which topic stands in the table. */
export function down(flow: Flow): Drawing {
  const { accept, store, relay, topics } = flow;
  const notes: Drawing["notes"][number][] = [];
  const boxes: Box[] = [];
  const edges: Edge[] = [];
  let y = 1;
  const put = (line: readonly Omit<Box, "y">[]) => {
    boxes.push(...line.map((box) => ({ ...box, y })));
    y += HEIGHT;
  };
  const descend = (stands: boolean) => {
    edges.push({
      path: `M${NARROW / 2} ${y}V${y + BETWEEN - 6}`,
      to: [NARROW / 2, y + BETWEEN - 6],
      way: "down",
      stands,
    });
    y += BETWEEN;
  };
  const stands = (steps: readonly Step[]) => steps.some(({ tone }) => STANDS[tone]);
  for (const step of [accept, store, relay]) {
    if (step !== accept) descend(stands([step]));
    put([{ step, x: 1, width: NARROW - 2 }]);
  }
  descend(stands(topics.map(({ topic }) => topic)));
  for (const [index, { topic, partitions }] of topics.entries()) {
    if (index > 0) y += GAP - 4;
    const pair = [
      { step: topic, x: 1, width: 172 },
      { step: partitions, x: 193, width: 126 },
    ] as const;
    put(pair);
    edges.push(edge({ ...pair[0], y: y - HEIGHT }, { ...pair[1], y: y - HEIGHT }));
  }
  const groups = groupsOf(flow);
  if (groups.length > 0) descend(stands(groups.flatMap(({ readers }) => readers)));
  for (const { note, readers } of groups) {
    y += NOTE;
    notes.push({ text: note, x: 2, y: y - 7 });
    for (let at = 0; at < readers.length; at += 2) {
      if (at > 0) y += GAP - 4;
      put(readers.slice(at, at + 2).map((step, column) => ({ step, x: column === 0 ? 1 : 165, width: 154 })));
    }
  }
  return { width: NARROW, height: y + 1, boxes, edges, notes };
}

function headOf([x, y]: readonly [number, number], way: Edge["way"]): string {
  if (way === "right") return `M${x} ${y - 4.5}l6 4.5l-6 4.5z`;
  return way === "down" ? `M${x - 4.5} ${y}l4.5 6l4.5 -6z` : `M${x - 4.5} ${y}l4.5 -6l4.5 6z`;
}
