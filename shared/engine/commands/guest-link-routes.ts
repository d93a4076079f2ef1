// Links for guests, who read one thing and have no account: made by principals that may share it.
import * as v from "valibot";
import type { GuestLinks } from "@millrace/access/guest-links";
import { streamName } from "@millrace/events/envelope";
import { problem } from "@millrace/http/problem";
import type { Answer, Call, Route } from "@millrace/http/route";
import type { Aggregate } from "./aggregate.ts";
import { parse } from "./parsed.ts";
import { pathId } from "./path-id.ts";
import { id } from "./routes/headers.ts";
import type { CommandApi } from "./take-write.ts";

/** Hours that a link works unless said otherwise: a month, as long as people look after one request. */
const HOURS_DEFAULT = 720;
const HOURS_MAX = 8_760;
const HOUR_MS = 3_600_000;

const hours = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(HOURS_MAX));
const wish = v.strictObject({ expiresInHours: v.exactOptional(hours) });
const made = v.object({ token: v.string(), expiresAt: v.pipe(v.string(), v.isoTimestamp()) });

export function guestLinkRoute<Settings>(
  { executor, bodies }: CommandApi<Settings>,
  { name, plural, notFound }: Aggregate<Settings>,
  links: GuestLinks,
): Route {
  const make = async (call: Call, body: unknown): Promise<Answer> => {
    const parsed = parse(wish, body);
    if (!parsed.ok) return problem("body_invalid", { errors: parsed.issues });
    const thing = pathId(call);
    // A link to a thing that is not there yet would later show whatever gets its id.
    if (thing === undefined || !(await isThere(streamName(name, thing)))) return problem(notFound);
    const expiresAt = Date.now() + (parsed.value.expiresInHours ?? HOURS_DEFAULT) * HOUR_MS;
    const token = links.make({ family: plural, id: thing }, expiresAt);
    return { status: 201, headers: {}, body: { token, expiresAt: new Date(expiresAt).toISOString() } };
  };
  const isThere = async (stream: string) => {
    for await (const events of executor.store.loader.pages(stream)) return events.length > 0;
    return false;
  };
  return {
    method: "POST",
    path: `/${plural}/:id/guest-links`,
    access: `${plural}:share`,
    tag: plural,
    summary: `Let a guest read one ${name}`,
    description:
      "Answers a token for somebody without an account. Until it expires, its holder sends it as Authorization: Bearer to the " +
      `query API and reads this ${name}, its history, its past and its changes, and nothing else. It is signed and not kept, so ` +
      "that it can't be revoked alone. Put it into the fragment of a link to a page of yours: servers and logs never see that.",
    parameters: [id],
    body: { schemas: [wish], examples: { "for a day": { expiresInHours: 24 } } },
    responses: [{ status: 201, description: "The token, and until when it works", schema: made }],
    problems: [notFound, "postgres_unavailable"],
    handle: (call) => bodies.withJson(call, (body) => make(call, body)),
  };
}
