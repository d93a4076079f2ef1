// Whether a long steady load leaves Millrace as it found it: flat memory, flat latency, bounded tables.
import { type Flatness, flatness, type Series } from "../flatness.ts";
import { millraceOrders } from "../orders.ts";
import { pacedLoad } from "../paced-load.ts";
import type { Bench, Figure, LongQuestion, Setting } from "../question.ts";
import { createSampler, headingOf, lineOf, type Sample, seriesOf } from "../samples.ts";
import { withBench } from "../stack.ts";
import { readStream } from "../stream-reader.ts";

/** Pools, compiled code, the page cache and autovacuum find their size in it. */
const WARM_UP_SHARE = 1 / 6;
const WARM_UP_MINUTES_MAX = 5;
/** Between two samples: a minute, or less where the run is so short that there would be too few. */
const SAMPLE_MS = 60_000;
const SAMPLES_LEAST = 15;
const FOLLOWED = 20;

export const steady: LongQuestion = {
  name: "steady",
  title: "--minutes 60 at --rate 500: are memory, latency and tables flat? Exit code 1 where not",
  onlyNamed: true,
  failing: true,
  runAll: (setting: Setting) =>
    withBench("steady", { ...setting, seconds: setting.minutes * 60 }, async (bench) => {
      const { samples, errors } = await loadAndSample(bench, setting);
      const warmUp = Math.min(setting.minutes * WARM_UP_SHARE, WARM_UP_MINUTES_MAX);
      const judged = samples.filter(({ minutes }) => minutes > warmUp);
      bench.say(`judged: what was sampled after a warm-up of ${warmUp.toFixed(1)} minutes`);
      const series = seriesOf(judged);
      bench.say(verdictOf(series.map((each) => ({ ...each, ...flatness(each) }))));
      return [[...series.map(figureOf), errorsOf(errors)]];
    }),
};

async function loadAndSample(
  bench: Bench,
  { perSecond }: Setting,
): Promise<{ samples: Sample[]; errors: number }> {
  const sampler = createSampler(bench);
  const stream = readStream(`${bench.stack.queryApi}/orders/stream`);
  const intervalMs = Math.min(SAMPLE_MS, (bench.seconds * 1000) / SAMPLES_LEAST);
  const samples: Sample[] = [];
  bench.say(headingOf());
  const loading = pacedLoad(millraceOrders(bench.stack), {
    seconds: bench.seconds,
    perSecond,
    followed: FOLLOWED,
    ...sampler.pace,
  });
  let loaded = false;
  const ending = loading.finally(() => {
    loaded = true;
  });
  try {
    for (;;) {
      await Promise.race([Bun.sleep(intervalMs), ending]);
      if (loaded) break;
      const sample = await sampler.sample();
      samples.push(sample);
      bench.say(lineOf(sample));
    }
  } finally {
    stream.stop();
  }
  const { sent, errors } = await loading;
  bench.say(`${sent} orders sent, ${errors} errors`);
  bench.say(
    `${stream.changes()} changes came to a client of the stream, cut off ${stream.connections() - 1} times`,
  );
  return { samples, errors };
}

function errorsOf(value: number): Figure {
  return { name: "errors", unit: "", value, target: { atMost: 0 } };
}

function figureOf(series: Series): Figure {
  const { last, allowed } = flatness(series);
  return { name: series.name, unit: series.unit, value: last, target: { atMost: allowed } };
}

function verdictOf(judged: readonly (Series & Flatness)[]): string {
  const lines = judged.map(({ name, unit, first, last, allowed, flat }) => {
    const figures = `${first.toFixed(1)} → ${last.toFixed(1)} ${unit}, at most ${allowed.toFixed(1)}`;
    return `${flat ? "flat   " : "GROWING"}  ${name}: ${figures}`;
  });
  const growing = judged.filter(({ flat }) => !flat).length;
  return [...lines, growing === 0 ? "all of it is flat" : `${growing} of ${judged.length} grow`].join("\n");
}
