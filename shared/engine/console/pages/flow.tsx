// The map of the flow: the way of every event, how many are on it, and where it stands still.
import { topicOf } from "@millrace/events/topics";
import { topicFromKafka } from "@millrace/kafka/names";
import { countTasks } from "@millrace/processes/metrics";
import { readLag } from "@millrace/projector/lag";
import { readOwners } from "@millrace/projector/owners";
import { readHeldLag } from "@millrace/store/held-streams";
import { readLanes } from "@millrace/store/outbox-lanes";
import { lastPosition } from "@millrace/store/position";
import type { PageContext } from "../context.ts";
import { type Flow, flowOf, stepsOf } from "../flow/flow.ts";
import { FlowMap } from "../flow/flow-map.tsx";
import type { FlowShop } from "../flow/step.ts";
import { isGrowing } from "../history/history.ts";
import { EACH_TWO_SECONDS, type Page } from "../page.ts";
import { askKafka, askPostgres, part, statusOf } from "../sources.ts";

export function flowPage(context: PageContext): Page {
  const shop = shopOf(context);
  return {
    path: "/flow",
    section: "Flow",
    live: EACH_TWO_SECONDS,
    async show() {
      const { flow, status } = await look(context, shop);
      return {
        title: "Flow",
        about:
          "The way of every event: the command API stores it, the relay publishes it, and partitions bring it to rows and to processes.",
        body: <FlowBody flow={flow} />,
        status,
      };
    },
  };
}

function shopOf({ kafka, models, processes }: PageContext): FlowShop {
  return {
    topics: kafka.names.categories.map(topicOf),
    models: models.map(({ name, sources }) => ({ name, topics: sources.map(({ topic }) => topic) })),
    processes: processes.map(({ name, projection, handlers }) => ({
      name,
      projection,
      topics: handlers.map(({ topic }) => topic),
    })),
  };
}

async function look({ sql, kafka, health, history }: PageContext, shop: FlowShop) {
  const names = shop.processes.map(({ name }) => name);
  const [processes, stored, lanes, held, owned, lag, tasks] = await Promise.all([
    health(),
    part(askPostgres("reading the last position", lastPosition(sql))),
    part(askPostgres("reading lanes", readLanes(sql))),
    part(askPostgres("reading what is set aside", readHeldLag(sql))),
    part(askPostgres("reading the owners of partitions", readOwners(sql))),
    part(askKafka("reading lag", readLag({ sql, kafka }))),
    part(askPostgres("counting tasks", countTasks(sql, names))),
  ]);
  const inside = lag.ok
    ? { ...lag, value: lag.value.map((row) => ({ ...row, topic: topicFromKafka(kafka, row.topic) })) }
    : lag;
  const flow = flowOf(shop, {
    ...{ health: processes, stored, lanes, held, owned, lag: inside, tasks },
    storedRate: history.values("stored").at(-1),
    outboxGrows: isGrowing(history.values("outbox")),
    grows: (place) => isGrowing(history.ofPlace(place, "lag")),
  });
  return { flow, status: statusOf(stored, lanes, held, owned, lag, tasks) };
}

export function FlowBody({ flow }: { flow: Flow }) {
  const still = stepsOf(flow).filter(({ tone }) => tone === "bad" || tone === "warn");
  return (
    <>
      {still.length === 0 ? (
        <p class="notice good">Nothing stands still.</p>
      ) : (
        <ul class="still">
          {still.map(({ key, title, state, tone, why }) => (
            <li class={`notice ${tone}`} data-key={key}>
              <strong>
                {title}: {state}.
              </strong>{" "}
              {why}
            </li>
          ))}
        </ul>
      )}
      <FlowMap flow={flow} />
    </>
  );
}
