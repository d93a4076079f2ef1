// The flow as a map: a box a step, in the order in which events come past. CSS lays it out, from left to right where there is
// room and from top to bottom where there is none; to a screen reader it is a list.
import { Chip } from "../parts/words.tsx";
import type { Flow } from "./flow.ts";
import type { Step } from "./step.ts";

export function FlowMap({ flow: { accept, store, relay, topics, rows, processes } }: { flow: Flow }) {
  return (
    <>
      <ol class="flow" aria-label="The way of an event, from the command to its rows">
        {[accept, store, relay].map((step) => (
          <li>
            <Box step={step} />
          </li>
        ))}
        <li>
          <ul>
            {topics.map(({ topic, partitions }) => (
              <li class="pair">
                <Box step={topic} />
                <Box step={partitions} />
              </li>
            ))}
          </ul>
        </li>
        <li>
          <ul>
            {[...rows, ...processes].map((step) => (
              <li>
                <Box step={step} />
              </li>
            ))}
          </ul>
        </li>
      </ol>
      {processes.length > 0 && (
        <p class="kind">Processes send commands, whose events begin at the event store again.</p>
      )}
    </>
  );
}

function Box({ step: { key, title, href, figure, state, tone, topics = [] } }: { step: Step }) {
  return (
    <a href={href} class={`step ${tone}`} data-key={key}>
      <strong>{title}</strong>
      {topics.length > 0 && <span class="kind">reads {topics.join(", ")}</span>}
      <span>{figure}</span>
      <Chip tone={tone}>{state}</Chip>
    </a>
  );
}
