// The map of the flow: where every event goes, how much is on its way, and where it stands still.
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
import type { FlowShop, Step } from "../flow/step.ts";
import { isGrowing } from "../history/history.ts";
import type { Page } from "../page.ts";
import { Table } from "../parts/table.tsx";
import { Chip } from "../parts/words.tsx";
import { askKafka, askPostgres, part, statusOf } from "../sources.ts";

const EVERY_MS = 3_000;

export function flowPage(context: PageContext): Page {
  const shop = shopOf(context);
  return {
    path: "/flow",
    section: "Flow",
    live: { everyMs: EVERY_MS },
    async show() {
      const { flow, status } = await look(context, shop);
      return {
        title: "Flow",
        about:
          "The way of every event: a command is accepted into the event store, the relay publishes what it led to, and partitions bring it to rows and to processes.",
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
    ? {
        ok: true as const,
        value: lag.value.map((row) => ({ ...row, topic: topicFromKafka(kafka, row.topic) })),
      }
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
  const steps = stepsOf(flow);
  const still = steps.filter(({ tone }) => tone === "bad" || tone === "warn");
  return (
    <>
      {still.length === 0 ? (
        <p class="notice good">Nothing stands still.</p>
      ) : (
        <ul class="still">
          {still.map((step) => (
            <li class={`notice ${step.tone}`} data-key={step.key}>
              <strong>
                {nameOf(flow, step)}: {step.state}.
              </strong>{" "}
              {step.why}
            </li>
          ))}
        </ul>
      )}
      <FlowMap flow={flow} />
      <section aria-labelledby="words">
        <h2 id="words">The same in words</h2>
        <Table
          caption="Steps of the flow, in their order"
          captionHidden
          rows={steps}
          keyOf={({ key }) => key}
          columns={[
            { title: "Step", head: true, value: (step) => <a href={step.href}>{nameOf(flow, step)}</a> },
            { title: "State", value: ({ state, tone }) => <Chip tone={tone}>{state}</Chip> },
            { title: "In figures", value: ({ figure }) => figure },
            { title: "Reads", long: true, value: (step) => topicsOf(flow, step).join(", ") || "–" },
          ]}
          empty=""
        />
      </section>
    </>
  );
}

/** Beside the drawing a name stands alone: it says what it is one of. */
function nameOf({ topics, rows, processes }: Flow, step: Step): string {
  const of = topics.find(({ partitions }) => partitions === step);
  if (of) return `Partitions of ${of.name}`;
  if (rows.some((each) => each === step)) return `Rows of ${step.title}`;
  return processes.some((each) => each === step) ? `Process ${step.title}` : step.title;
}

function topicsOf({ rows, processes }: Flow, step: Step): readonly string[] {
  return [...rows, ...processes].find((reader) => reader === step)?.topics ?? [];
}
