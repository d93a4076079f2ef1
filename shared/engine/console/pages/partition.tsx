// One partition: what reads it, what its actors do now, and their figures of the last hour.
import { topicOf } from "@millrace/events/topics";
import { Failure } from "@millrace/platform/failure";
import { type Owned, readOwners } from "@millrace/projector/owners";
import type { PageContext } from "../context.ts";
import type { History } from "../history/history.ts";
import { EACH_SECOND, type Page } from "../page.ts";
import { PlaceCharts } from "../parts/charts.tsx";
import { messagesHref } from "../parts/links.ts";
import { idOf, Section } from "../parts/section.tsx";
import { askPostgres } from "../sources.ts";
import { type Workers, workerOf, workersOf } from "../workers.ts";
import { PlaceFacts, StateChip } from "./partitions.tsx";

export function partitionPage({ sql, kafka, health, history }: PageContext): Page {
  return {
    path: "/partitions/:topic/:partition",
    section: "Partitions",
    live: EACH_SECOND,
    async show({ parameters: { topic = "", partition = "" } }) {
      const [owned, processes] = await Promise.all([
        askPostgres("reading the owners of partitions", readOwners(sql)),
        health(),
      ]);
      const places = owned.filter((each) => each.topic === topic && String(each.partition) === partition);
      if (places.length === 0)
        throw new Failure("route_not_found", `No process has claimed ${topic} ${partition}`, false);
      const isOurs = kafka.names.categories.some((category) => topicOf(category) === topic);
      return {
        title: `Partition ${partition} of ${topic}`,
        about:
          "What reads this partition, each with its actor. The charts show the last hour, as far back as this console has run.",
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
  readonly workers: Workers;
  readonly history: History;
}

function Readers({ places, workers, history }: ReadersProps) {
  return (
    <>
      {places.map((place) => {
        const { projection } = place;
        const of = { place, worker: workers.get(workerOf(place)) };
        return (
          <Section
            id={`reader-${idOf(projection)}`}
            title={projection}
            chip={<StateChip {...of} />}
            card
            key_={projection}
          >
            <PlaceFacts {...of} />
            {!projection.includes("@") && <PlaceCharts history={history} place={place} />}
          </Section>
        );
      })}
    </>
  );
}
