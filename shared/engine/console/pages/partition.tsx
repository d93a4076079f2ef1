// One partition: who reads it, what their actors are doing, and how the last hour was.
import { topicOf } from "@millrace/events/topics";
import { Failure } from "@millrace/platform/failure";
import { type Owned, readOwners } from "@millrace/projector/owners";
import type { PageContext } from "../context.ts";
import type { History } from "../history/history.ts";
import type { Page } from "../page.ts";
import { PlaceCharts } from "../parts/charts.tsx";
import { messagesHref } from "../parts/links.ts";
import { askPostgres } from "../sources.ts";
import { type Worker, workersOf } from "../workers.ts";
import { PlaceFacts, StateChip } from "./partitions.tsx";

const EVERY_MS = 1_000;

export function partitionPage({ sql, kafka, health, history }: PageContext): Page {
  return {
    path: "/partitions/:topic/:partition",
    section: "Partitions",
    live: { everyMs: EVERY_MS },
    async show({ parameters: { topic = "", partition = "" } }) {
      const [owned, processes] = await Promise.all([
        askPostgres("reading the owners of partitions", readOwners(sql)),
        health(),
      ]);
      const places = owned.filter((each) => each.topic === topic && String(each.partition) === partition);
      if (places.length === 0)
        throw new Failure("route_not_found", `Nobody has claimed ${topic} ${partition}`, false);
      const isOurs = kafka.names.categories.some((category) => topicOf(category) === topic);
      return {
        title: `Partition ${partition} of ${topic}`,
        about:
          "Those that read it, each with its actor. The figures are of the last hour, as far back as this console has run.",
        controls: (
          <p class="crumbs">
            <a href="/partitions">All partitions</a>
            {isOurs && <a href={messagesHref(topic)}>Its topic's messages</a>}
          </p>
        ),
        body: <Readers places={places} workers={workersOf(processes)} history={history} />,
      };
    },
  };
}

interface ReadersProps {
  readonly places: readonly Owned[];
  readonly workers: ReadonlyMap<string, Worker>;
  readonly history: History;
}

function Readers({ places, workers, history }: ReadersProps) {
  return (
    <>
      {places.map((place) => {
        const worker = workers.get(`${place.owner} ${place.topic}/${place.partition}`);
        const id = `reader-${place.projection.replaceAll(/[^a-z0-9]+/gi, "-")}`;
        return (
          <section class="card" aria-labelledby={id} data-key={place.projection}>
            <h2 id={id}>
              {place.projection} <StateChip place={place} worker={worker} />
            </h2>
            <PlaceFacts place={place} worker={worker} />
            {!place.projection.includes("@") && <PlaceCharts history={history} place={place} />}
          </section>
        );
      })}
    </>
  );
}
