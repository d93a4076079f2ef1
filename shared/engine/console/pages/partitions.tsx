// The partition map: which process owns a partition, since when, at which offset, and what its actor does now.
import { count, duration } from "@millrace/platform/quantities";
import { type Owned, readOwners } from "@millrace/projector/owners";
import type { Tone } from "@millrace/read-models/shown";
import type { PageContext } from "../context.ts";
import { EACH_SECOND, type Page } from "../page.ts";
import { partitionHref, topicHref } from "../parts/links.ts";
import { idOf, Section } from "../parts/section.tsx";
import { Facts } from "../parts/table.tsx";
import { Ago, Chip, Num } from "../parts/words.tsx";
import { askPostgres } from "../sources.ts";
import { type Worker, type Workers, workerOf, workersOf } from "../workers.ts";

export function partitionsPage({ sql, health }: PageContext): Page {
  return {
    path: "/partitions",
    section: "Partitions",
    live: EACH_SECOND,
    async show() {
      const [owned, processes] = await Promise.all([
        askPostgres("reading the owners of partitions", readOwners(sql)),
        health(),
      ]);
      return {
        title: "Partitions",
        about:
          "Each partition has one actor, in the process that has claimed its checkpoint. A higher epoch fences off the owner before.",
        body: <PartitionMap owned={owned} workers={workersOf(processes)} />,
      };
    },
  };
}

function PartitionMap({ owned, workers }: { owned: readonly Owned[]; workers: Workers }) {
  if (owned.length === 0)
    return <p class="empty">No process has claimed a partition yet: is a projector running?</p>;
  const groups = [...Map.groupBy(owned, ({ projection, topic }) => `${projection} ${topic}`)];
  return (
    <>
      {groups.map(([name, places]) => {
        const { projection, topic } = places[0] as Owned;
        const title = (
          <>
            {projection} <span class="kind">reads</span> <a href={topicHref(topic)}>{topic}</a>
          </>
        );
        return (
          <Section id={idOf(name)} title={title}>
            <ul class="map">
              {places.map((place) => (
                <Tile place={place} worker={workers.get(workerOf(place))} />
              ))}
            </ul>
          </Section>
        );
      })}
    </>
  );
}

const TONES: Readonly<Record<string, Tone>> = {
  idle: "good",
  working: "busy",
  starting: "calm",
  claiming: "calm",
  "backing-off": "warn",
  halted: "bad",
  fenced: "bad",
  stopped: "calm",
};

function Tile({ place, worker }: OnePlace) {
  return (
    <li class="place" data-key={`${place.projection} ${place.topic} ${place.partition}`}>
      <h3>
        <a href={partitionHref(place)}>
          <span class="visually-hidden">Partition </span>
          {place.partition}
          <span class="visually-hidden">{` of ${place.topic}, read by ${place.projection}`}</span>
        </a>{" "}
        <StateChip place={place} worker={worker} />
      </h3>
      <PlaceFacts place={place} worker={worker} />
    </li>
  );
}

interface OnePlace {
  readonly place: Owned;
  readonly worker: Worker | undefined;
}

export function StateChip({ place, worker }: OnePlace) {
  // A copy beside the live rows has no actor: the rebuild keeps it.
  const isCopy = place.projection.includes("@");
  const state = worker?.state ?? (isCopy ? "copy" : "not known");
  const tone = worker ? (TONES[worker.state] ?? "warn") : isCopy ? "calm" : "warn";
  return <Chip tone={tone}>{state}</Chip>;
}

export function PlaceFacts({ place, worker }: OnePlace) {
  return (
    <>
      {worker?.detail && <p class="detail">{worker.detail}</p>}
      <Facts
        facts={[
          ["Owner", <code class="id">{place.owner}</code>],
          ["Since", <Ago at={place.since} />],
          ["Offset", <Num value={place.offset} />],
          ["Epoch", <Num value={place.epoch} />],
          worker && ["Behind", <Behind worker={worker} />],
          worker && ["In hand", <Num value={worker.mailbox} />],
          worker && ["Parked", <Num value={worker.parked} />],
          worker && ["Restarts", <Num value={worker.restarts} />],
          ["Moved", <Ago at={place.moved} />],
        ]}
      />
    </>
  );
}

function Behind({ worker }: { worker: Worker }) {
  const behind = Math.max(0, worker.highWatermark - worker.offset);
  if (behind === 0) return <>level</>;
  return (
    <>
      {count(behind)}
      {worker.oldestMs > 0 && `, ${duration(worker.oldestMs)}`}
    </>
  );
}
