// Who the load's events are sent to: one endpoint that takes them as they come and one that wants each stream's in order.
// It is never killed and refuses nothing, so that what is missing, doubled or out of order is the senders' doing.
import { Webhook } from "standardwebhooks";

/** One webhook that came, as far as the checker has to know. */
export interface Heard {
  /** `webhook-id` */
  readonly id: string;
  /** `thing.made` */
  readonly event: string;
  readonly thing: string;
  readonly version: number;
}

export interface ReceivingEndpoint {
  readonly name: string;
  /** Which events it asks for, and the same in the store's words. */
  readonly events: readonly string[];
  readonly wants: (stream: string, type: string) => boolean;
  readonly ordered: boolean;
  /** In the order in which they came. */
  readonly heard: Heard[];
  /** What came without a signature of its secret, or is no event. */
  readonly forged: string[];
}

export interface Receiver {
  readonly endpoints: readonly ReceivingEndpoint[];
  stop(): Promise<void>;
}

const isOf = (category: string) => (stream: string) => stream.startsWith(`${category}-`);

/** Resolves once both endpoints are there: what is stored from then on has to come. */
export async function startReceiver(commandUrl: string): Promise<Receiver> {
  const endpoints: readonly ReceivingEndpoint[] = [
    { name: "ordered", events: ["order.*"], wants: isOf("order"), ordered: true, heard: [], forged: [] },
    {
      name: "as-they-come",
      events: ["payment.*", "order.created"],
      wants: (stream, type) => isOf("payment")(stream) || type === "OrderCreated",
      ordered: false,
      heard: [],
      forged: [],
    },
  ];
  const secrets = new Map<string, Webhook>();
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const name = new URL(request.url).pathname.slice(1);
      const endpoint = endpoints.find((each) => each.name === name);
      const body = await request.text();
      if (!endpoint) return new Response("there is no such endpoint", { status: 404 });
      const heard = opened(secrets.get(name), body, request.headers);
      if (typeof heard === "string") endpoint.forged.push(heard);
      else endpoint.heard.push(heard);
      return new Response("ok");
    },
  });
  for (const { name, events, ordered } of endpoints) {
    const url = `http://localhost:${server.port}/${name}`;
    const body = JSON.stringify({ url, events, ordered, payload: ordered ? "thin" : "full" });
    const headers = { "content-type": "application/json" };
    const added = await fetch(`${commandUrl}/webhooks`, { method: "POST", headers, body });
    const answer = (await added.json()) as { secret: string };
    if (added.status !== 201) throw new Error(`${name} was not added: ${JSON.stringify(answer)}`);
    secrets.set(name, new Webhook(answer.secret));
  }
  return { endpoints, stop: () => server.stop(true) };
}

/** As the published library reads it, or what is wrong with it. */
function opened(webhook: Webhook | undefined, body: string, headers: Headers): Heard | string {
  const id = headers.get("webhook-id") ?? "";
  try {
    if (!webhook) throw new Error("it came before its endpoint was there");
    const sent = webhook.verify(body, headers.toJSON()) as {
      type: string;
      data: { id: string; version: number };
    };
    return { id, event: sent.type, thing: sent.data.id, version: sent.data.version };
  } catch (error) {
    return `${id || "one without an id"}: ${error instanceof Error ? error.message : error}`;
  }
}
