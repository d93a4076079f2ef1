// Commands by name over HTTP, one or several at once, and the outcome of those that were taken with 202.
import * as v from "valibot";
import { versionIn } from "@millrace/http/etag";
import { problem } from "@millrace/http/problem";
import type { Answer, Call, Route } from "@millrace/http/route";
import { findCommand } from "@millrace/store/commands";
import type { Aggregate } from "../aggregate.ts";
import { BATCH_COMMANDS_MAX } from "../batch.ts";
import { describeCommands, type NamedCommand, type ReadNamed } from "../command-names.ts";
import { ISSUES_MAX, type Issue, type Parsed, refused, within } from "../parsed.ts";
import { type Asked, type CommandApi, takeWrite } from "../take-write.ts";
import {
  accepted,
  deleted,
  idempotencyKey,
  ifMatch,
  prefer,
  replayedHeader,
  versionHeader,
  writeProblems,
} from "./headers.ts";

const anything = v.unknown();
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function commandRoutes<Settings>(
  api: CommandApi<Settings>,
  aggregates: readonly Aggregate<Settings>[],
  readNamed: ReadNamed,
): Route[] {
  const read = (body: unknown): Parsed<Asked> =>
    Array.isArray(body) ? readAll(body, readNamed) : readNamed(body);
  const commands = describeCommands(aggregates, api.context.settings).map(([, schema]) => schema);
  return [
    {
      method: "POST",
      path: "/commands",
      access: "commands:send",
      tag: "commands",
      summary: "Send a command by its name, or an array of them",
      description:
        "The same commands as the other routes take. Names are read in any case and with any separators, as in " +
        "CREATE_ORDER, and data is another word for payload. A command with an id of its own happens once, as with an " +
        "Idempotency-Key. An array is decided command by command, in order " +
        "where they are on one thing: 201 with every result when all were accepted, else 207. It takes no If-Match.",
      parameters: [ifMatch, idempotencyKey, prefer],
      body: {
        schemas: [
          ...commands,
          v.pipe(v.array(v.union(commands)), v.minLength(1), v.maxLength(BATCH_COMMANDS_MAX)),
        ],
        examples: examplesOf(aggregates),
      },
      responses: [
        {
          status: 200,
          description: "Changed",
          schema: anything,
          headers: versionHeader,
          optionalHeaders: replayedHeader,
        },
        {
          status: 201,
          description: "Created, or an array of results",
          schema: anything,
          optionalHeaders: { ...versionHeader, ...replayedHeader, Location: "Of what was created" },
        },
        accepted,
        deleted,
        {
          status: 207,
          description: "Not all commands of an array were accepted: the outcome of each",
          schema: v.array(
            v.object({
              status: v.number(),
              body: v.exactOptional(anything),
              problem: v.exactOptional(anything),
            }),
          ),
        },
      ],
      problems: [...writeProblems, ...aggregates.flatMap(refusalsOf)],
      // The owner of each thing is checked where its command is decided.
      knowsOwners: true,
      handle: (call) => takeWrite(api, call, read),
    },
    {
      method: "GET",
      path: "/commands/:id",
      access: "commands:send",
      tag: "commands",
      summary: "What became of a command that was taken with 202",
      parameters: [
        {
          name: "id",
          in: "path",
          description: "From Location",
          schema: v.pipe(v.string(), v.uuid()),
          required: true,
        },
      ],
      responses: [
        {
          status: 200,
          description: "Its outcome so far",
          schema: v.object({
            id: v.string(),
            status: v.picklist(["pending", "accepted", "rejected"]),
            submittedAt: v.string(),
            result: v.exactOptional(anything),
            version: v.exactOptional(
              v.pipe(v.number(), v.integer(), v.minValue(1), v.description("That it was brought to")),
            ),
            location: v.exactOptional(v.pipe(v.string(), v.description("Of what was created"))),
            problem: v.exactOptional(anything),
          }),
        },
      ],
      problems: ["command_not_found", "postgres_unavailable"],
      knowsOwners: true,
      handle: (call) => showCommand(api, call),
    },
  ];
}

/** An example of each aggregate's creation, and one of an array. */
function examplesOf<Settings>(aggregates: readonly Aggregate<Settings>[]): Record<string, unknown> {
  const examples = aggregates.flatMap(({ name, creation }) => {
    return creation ? [[name, { type: creation.name, payload: creation.example }] as const] : [];
  });
  return { ...Object.fromEntries(examples), several: examples.slice(0, 2).map(([, example]) => example) };
}

/** All refusals of commands that clients may give the aggregate. */
function refusalsOf<Settings>({ creation, change, removal, others, notFound }: Aggregate<Settings>) {
  const named = [change, removal, ...Object.values(others)].filter((each) => each !== undefined);
  return [
    ...(creation?.refused ?? []),
    ...(named.length > 0 ? [notFound] : []),
    ...named.flatMap(({ refused }) => refused),
  ];
}

/** One command that can't be read refuses the array, before any of it is decided. */
function readAll(bodies: readonly unknown[], readBody: ReadNamed): Parsed<readonly NamedCommand[]> {
  if (bodies.length === 0) return refused("", "Must hold at least one command");
  if (bodies.length > BATCH_COMMANDS_MAX)
    return refused("", `Must hold at most ${BATCH_COMMANDS_MAX} commands`);
  const commands: NamedCommand[] = [];
  const issues: Issue[] = [];
  for (const [index, body] of bodies.entries()) {
    const parsed = within(`/${index}`, readBody(body));
    if (parsed.ok) commands.push({ ...parsed.value, place: `/${index}${parsed.value.place ?? ""}` });
    else issues.push(...parsed.issues);
  }
  if (issues.length > 0) return { ok: false, issues: issues.slice(0, ISSUES_MAX) };
  return { ok: true, value: commands };
}

/** A command that another principal has submitted counts as not there. */
async function showCommand<Settings>(
  api: CommandApi<Settings>,
  { context, grant, actor }: Call,
): Promise<Answer> {
  const id = context.req.param("id") ?? "";
  const found = UUID.test(id) ? await findCommand(api.executor.sql, id) : undefined;
  if (!found || (grant === "own" && found.by !== actor)) return problem("command_not_found");
  const { submittedAt } = found;
  if (found.status === "pending") {
    return { status: 200, headers: {}, body: { id, status: "pending", submittedAt } };
  }
  const { status, body } = found.answer;
  const { etag, location } = found.answer.headers;
  const outcome =
    status < 400
      ? {
          status: "accepted",
          submittedAt,
          result: body,
          ...(etag === undefined ? {} : { version: versionIn(etag) }),
          ...(location === undefined ? {} : { location }),
        }
      : { status: "rejected", submittedAt, problem: body };
  return { status: 200, headers: {}, body: { id, ...outcome } };
}
