// Webhooks: their endpoints, and what was sent there.
import { type Command, Option } from "commander";
import type { Parsed } from "@millrace/commands/parsed";
import {
  addEndpoint,
  changeEndpoint,
  changeSecret,
  type Endpoint,
  findEndpoint,
  listEndpoints,
  removeEndpoint,
} from "@millrace/webhooks/endpoints";
import {
  DELIVERY_STATES,
  type DeliveryState,
  type LoggedDelivery,
  listDeliveries,
  requestReplay,
  retryDelivery,
  sendTest,
} from "@millrace/webhooks/operate";
import { createSealer, type Sealer } from "@millrace/webhooks/seal";
import { readAdd, readReplay } from "@millrace/webhooks/wishes";
import { confirm, UsageError, YES } from "../confirm.ts";
import type { Context } from "../context.ts";
import { wholeNumber } from "../numbers.ts";
import { operatorHere } from "../operator-here.ts";
import { type Output, wrong } from "../output.ts";
import type { Run } from "../program.ts";
import { printTable } from "../table.ts";

const LIMIT_MAX = 1_000;

interface AddWish {
  readonly events: string;
  readonly full?: true;
  readonly ordered?: boolean;
  readonly description?: string;
}

export function addWebhooks(program: Command, run: Run): void {
  const webhooks = program
    .command("webhooks")
    .description("where events are sent to, and what became of them");
  webhooks
    .command("list")
    .description("all endpoints, and how they do")
    .addHelpText("after", "\nExit code 1 where one is disabled though no person said so.\n")
    .action((_options, command: Command) =>
      run(command, async ({ sql }) => {
        const json = await listEndpoints(sql);
        return { json, text: endpointTable(json), wrong: json.some((each) => each.disabledReason !== null) };
      }),
    );
  webhooks
    .command("add <url>")
    .description("have events sent to an address, and show its secret this once")
    .option("--events <patterns>", "which ones, separated by commas: thing.*, thing.made, *", "*")
    .option("--full", "send the event's data as well, and not only what happened to what")
    .option("--ordered", "send those of one stream one after another")
    .option("--description <text>", "whose it is")
    .action((url: string, { events, full, ordered = false, description }: AddWish, command: Command) =>
      run(command, async ({ sql, config }) => {
        const payload = full ? "full" : "thin";
        const patterns = events.split(",").map((pattern) => pattern.trim());
        const asked = { url, events: patterns, payload, ordered, description: description ?? null };
        const wish = valid(readAdd(asked, config.MILLRACE_WEBHOOK_INTERNAL_HOSTS));
        const added = await addEndpoint(sql, sealerOf(config), { ...wish, by: operatorHere() });
        if (!added) {
          return wrong(
            { error: "webhooks_full" },
            "Millrace has as many endpoints as it takes, so none was added. `bun run ops webhooks remove` makes room.",
          );
        }
        return { json: added, text: secretText(added) };
      }),
    );
  onEndpoint(webhooks, "remove")
    .description("remove one, with its log and all that was to be sent to it")
    .option(...YES)
    .action((id: string, _options, command: Command) =>
      run(command, async (context) => {
        const endpoint = await findEndpoint(context.sql, id);
        if (!endpoint) return noEndpoint(id);
        await confirm(context, `${endpoint.pending} webhooks to ${endpoint.url} will not be sent.`);
        await removeEndpoint(context.sql, { id, by: operatorHere() });
        return { json: { id, removed: true }, text: `${id} is removed.` };
      }),
    );
  for (const enabled of [true, false]) {
    onEndpoint(webhooks, enabled ? "enable" : "disable")
      .description(
        enabled
          ? "go on where it stopped"
          : "send nothing more; what happens meanwhile is not written for it",
      )
      .action((id: string, _options, command: Command) =>
        run(command, async ({ sql }) =>
          (await changeEndpoint(sql, { id, enabled, by: operatorHere() }))
            ? { json: { id, enabled }, text: `${id} is ${enabled ? "enabled" : "disabled"}.` }
            : noEndpoint(id),
        ),
      );
  }
  onEndpoint(webhooks, "secret")
    .description("give one another secret; the one before signs as well for a day")
    .action((id: string, _options, command: Command) =>
      run(command, async ({ sql, config }) => {
        const secret = await changeSecret(sql, sealerOf(config), { id, by: operatorHere() });
        return secret === undefined
          ? noEndpoint(id)
          : { json: { id, secret }, text: secretText({ id, secret }) };
      }),
    );
  addDeliveries(webhooks, run);
}

function addDeliveries(webhooks: Command, run: Run): void {
  onEndpoint(webhooks, "test")
    .description("send it a webhook.test")
    .action((id: string, _options, command: Command) =>
      run(command, async ({ sql }) => {
        const delivery = await sendTest(sql, id);
        if (delivery === undefined) return noEndpoint(id);
        return {
          json: { id: delivery },
          text: `${delivery} will be sent. \`bun run ops webhooks log ${id}\` says what became of it.`,
        };
      }),
    );
  onEndpoint(webhooks, "log")
    .description("what it was sent lately, the newest first")
    .addOption(new Option("--state <state>", "only those in this state").choices([...DELIVERY_STATES]))
    .option("-n, --limit <number>", "so many", wholeNumber(1, LIMIT_MAX), 50)
    .action((id: string, filter: { state?: DeliveryState; limit: number }, command: Command) =>
      run(command, async ({ sql }) => {
        const json = await listDeliveries(sql, { endpoint: id, ...filter });
        return { json, text: logTable(json) };
      }),
    );
  onEndpoint(webhooks, "retry")
    .argument("<delivery>", "its webhook-id, as `log` shows it")
    .description("send one of them again now")
    .action((id: string, delivery: string, _options, command: Command) =>
      run(command, async ({ sql }) => {
        switch (await retryDelivery(sql, { endpoint: id, id: delivery, by: operatorHere() })) {
          case "will be sent":
            return { json: { id: delivery, due: true }, text: `${delivery} will be sent again.` };
          case "is being sent":
            return wrong(
              { id: delivery, error: "being_sent" },
              `${delivery} is being sent at this moment, so nothing was done. \`bun run ops webhooks log ${id}\` says how that ends; then it can be sent again.`,
            );
          case "is not there":
            return wrong(
              { id: delivery, error: "no_such_delivery" },
              `${id} has no delivery ${delivery}: nothing was done. \`bun run ops webhooks log ${id}\` shows what it has.`,
            );
        }
      }),
    );
  onEndpoint(webhooks, "replay")
    .requiredOption("--since <time>", "from then on: 2026-01-31T09:00:00Z")
    .option("--until <time>", "up to then, and not itself; now where it is left out")
    .description("send the events of a time once more, from the event store")
    .action((id: string, range: { since: string; until?: string }, command: Command) =>
      run(command, async ({ sql }) => {
        const wish = { ...valid(readReplay(range)), endpoint: id, by: operatorHere() };
        if (!(await requestReplay(sql, wish))) return noEndpoint(id);
        return {
          json: { id, replay: range },
          text: `The events will be sent to ${id} once more, page by page.`,
        };
      }),
    );
}

function onEndpoint(webhooks: Command, name: string): Command {
  return webhooks
    .command(name)
    .argument("<id>", "of the endpoint, as `list` shows it")
    .addHelpText("after", "\nExit code 1 where there is no such endpoint.\n");
}

/** @throws UsageError */
function valid<Value>(parsed: Parsed<Value>): Value {
  if (parsed.ok) return parsed.value;
  throw new UsageError(
    parsed.issues.map(({ pointer, message }) => `${pointer.slice(1)}: ${message}`).join("; "),
  );
}

/** @throws UsageError */
function sealerOf(config: Context["config"]): Sealer {
  const sealer = createSealer(config.MILLRACE_WEBHOOK_KEYS);
  if (!sealer)
    throw new UsageError(
      "MILLRACE_WEBHOOK_KEYS is not set, so no secret can be kept, and nothing was done. `openssl rand -base64 32` makes a key",
    );
  return sealer;
}

function secretText({ id, secret }: { id: string; secret: string }): string {
  return `${secret}\n\nThis is the secret that signs what ${id} is sent. It can't be shown again.`;
}

function endpointTable(endpoints: readonly Endpoint[]): string {
  return printTable(
    endpoints,
    [
      { title: "id", value: ({ id }) => id },
      { title: "url", value: ({ url }) => url, flexible: true },
      { title: "events", value: ({ events }) => events.join(","), flexible: true },
      { title: "state", value: stateOf },
      { title: "pending", value: ({ pending }) => pending, right: true },
      {
        title: "why",
        value: (each) =>
          each.disabledReason ?? (each.failingSince ? (each.lastFailure ?? undefined) : undefined),
        flexible: true,
      },
    ],
    "No events are sent anywhere.",
  );
}

function stateOf({ enabled, failingSince, slowedUntil }: Endpoint): string {
  if (!enabled) return "disabled";
  if (slowedUntil !== null) return "slowed";
  return failingSince === null ? "well" : "failing";
}

function logTable(deliveries: readonly LoggedDelivery[]): string {
  return printTable(
    deliveries,
    [
      { title: "id", value: ({ id }) => id },
      { title: "event", value: ({ event }) => event },
      {
        title: "of",
        value: ({ stream, version }) => (stream === null ? undefined : `${stream}@${version}`),
        flexible: true,
      },
      { title: "state", value: ({ state }) => state },
      { title: "tries", value: ({ attempts }) => attempts, right: true },
      { title: "next", value: ({ dueAt }) => dueAt ?? undefined },
      { title: "why", value: ({ failure }) => failure ?? undefined, flexible: true },
    ],
    "It was sent nothing lately.",
  );
}

function noEndpoint(id: string): Output {
  return wrong(
    { id, error: "no_such_endpoint" },
    `There is no endpoint ${id}, and nothing was done. \`bun run ops webhooks list\` names those that are there.`,
  );
}
