// Callbacks, which a process's provider sends by itself: verified on their raw bytes, stored once, and a reason to look. Must
// never believe what they say: the process asks the provider, under the key of its call.
//
// The route stands on the command API, which is reachable from outside; the processes are not.
import * as v from "valibot";
import { createRate, type Rate } from "@millrace/access/rate";
import type { Bodies } from "@millrace/http/body";
import { beyond, problem } from "@millrace/http/problem";
import type { Answer, Call, Route } from "@millrace/http/route";
import { type Stranger, strangerOf } from "@millrace/http/stranger";
import type { Log } from "@millrace/platform/log";
import type { Metrics } from "@millrace/platform/metrics";
import type { Sql } from "@millrace/platform/postgres";
import { isPlainId, storeCallback } from "@millrace/processes/callback";
import type { CallbackSource } from "@millrace/processes/callback-source";
import type { CallbackSecrets } from "./secrets.ts";
import { verifyStandardWebhook } from "./standard-webhooks.ts";

/** Largest callback, in bytes: most are events of a few kB, and whole documents stay below this. */
const CALLBACK_BYTES_MAX = 262_144;
/** Verified callbacks a second and process: more than a provider sends one shop, and less than would hold up commands. */
const CALLBACKS_A_SECOND_MAX = 500;

export interface CallbackOptions {
  readonly sql: Sql;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly bodies: Bodies;
  readonly processes: readonly { readonly name: string; readonly callbacks?: CallbackSource | undefined }[];
  readonly secrets: CallbackSecrets;
  readonly aSecondMax?: number;
}

export function callbackRoutes(options: CallbackOptions): Route[] {
  const { processes, secrets, metrics, aSecondMax = CALLBACKS_A_SECOND_MAX } = options;
  const rate = createRate({ policy: "callbacks", most: aSecondMax, seconds: 1 });
  const counter = metrics.counter(
    "millrace_process_callbacks_total",
    "Callbacks of providers, by process and what became of them: stored, doubled, refused, foreign.",
    ["name", "outcome"],
  );
  const receivers = new Map(
    processes.flatMap(({ name, callbacks }) => {
      const own = secrets.get(name);
      if (!callbacks || !own) return [];
      const count = (outcome: string) => counter.inc({ name, outcome });
      return [[name, { ...options, name, source: callbacks, secrets: own, count, rate }] as const];
    }),
  );
  return [
    {
      method: "POST",
      path: "/callbacks/:process",
      access: "signature",
      tag: "callbacks",
      summary: "What a process's provider has to say",
      description:
        "Signed over the raw body, as the Standard Webhooks specification says or as the provider does. Stored once for " +
        "each id of the provider's, however often it comes. It only wakes the process, which asks the provider.",
      parameters: [
        {
          name: "process",
          in: "path",
          description: "The process's name; it has to have a secret in MILLRACE_CALLBACK_SECRETS",
          schema: v.string(),
          required: true,
        },
      ],
      responses: [
        { status: 200, description: "Stored, now or before", schema: v.object({ stored: v.boolean() }) },
      ],
      problems: [
        "route_not_found",
        "signature_invalid",
        "body_too_large",
        "body_timeout",
        "malformed_json",
        "rate_limited",
        "postgres_unavailable",
      ],
      async handle(call) {
        const receiver = receivers.get(call.context.req.param("process") ?? "");
        if (!receiver) return problem("route_not_found");
        const stranger = strangerOf(call);
        await stranger?.count();
        return options.bodies.withBytes(call, CALLBACK_BYTES_MAX, (body) =>
          receive({ ...receiver, stranger }, call, body),
        );
      },
    },
  ];
}

interface Receiver {
  readonly name: string;
  readonly source: CallbackSource;
  readonly secrets: readonly string[];
  readonly sql: Sql;
  readonly log: Log;
  readonly rate: Rate;
  readonly stranger: Stranger | undefined;
  count(outcome: string): void;
}

async function receive(receiver: Receiver, { request, requestId }: Call, body: Uint8Array): Promise<Answer> {
  const { name, source, secrets, sql, log, rate, count, stranger } = receiver;
  const verify = source.verify ?? verifyStandardWebhook;
  const verified = verify({ headers: request.headers, body }, secrets, Date.now());
  if (!verified || !isPlainId(verified.id)) {
    count("refused");
    log.warn(
      { of: name, requestId },
      "a callback's signature is not taken: it is forged, too old or of another secret",
    );
    return problem("signature_invalid");
  }
  await stranger?.known();
  // Only signed callbacks count, so forged ones can't use up the provider's share.
  const excess = await rate.take(name);
  if (excess) return beyond(excess);
  const key = source.key(body);
  const isOurs = key !== undefined && isPlainId(key);
  const isNew = await storeCallback(sql, {
    process: name,
    id: verified.id,
    key: isOurs ? key : undefined,
    body,
  });
  count(isNew ? (isOurs ? "stored" : "foreign") : "doubled");
  return { status: 200, headers: {}, body: { stored: isNew } };
}
