// An aggregate's commands as REST routes: POST, PATCH and DELETE.
import * as v from "valibot";
import { problem } from "@millrace/http/problem";
import type { Answer, Call, Route } from "@millrace/http/route";
import type { Aggregate, AnyCommand, Creation } from "./aggregate.ts";
import type { StreamCommands } from "./command-names.ts";
import { mapParsed } from "./parsed.ts";
import { pathId } from "./path-id.ts";
import {
  accepted,
  deleted,
  id,
  idempotencyKey,
  ifMatch,
  prefer,
  replayedHeader,
  versionHeader,
  writeProblems,
} from "./routes/headers.ts";
import { type CommandApi, takeBodilessWrite, takeWrite } from "./take-write.ts";

export function restRoutes<Settings>(api: CommandApi<Settings>, aggregate: Aggregate<Settings>): Route[] {
  return [
    ...(aggregate.creation ? creationRoutes(api, aggregate, aggregate.creation) : []),
    ...changeRoutes(api, aggregate),
    ...removalRoutes(api, aggregate),
  ];
}

function creationRoutes<Settings>(
  api: CommandApi<Settings>,
  { name, plural }: Aggregate<Settings>,
  creation: Creation<AnyCommand, never, Settings>,
): Route[] {
  const read = (body: unknown) =>
    mapParsed(
      creation.read(body, api.context),
      ({ id, command }): StreamCommands => ({ aggregate: name, id, commands: [command] }),
    );
  const schemas = creation.schemas(api.context.settings);
  return creation.routes.map(({ path, summary, description, examples }) => ({
    method: "POST",
    path,
    access: `${plural}:create`,
    knowsOwners: true,
    tag: plural,
    summary,
    description,
    parameters: [idempotencyKey, prefer],
    body: { schemas, examples },
    responses: [
      {
        status: 201,
        description: "Created",
        schema: creation.shown.schema,
        headers: { ...versionHeader, Location: `The ${name}, at the query API` },
        optionalHeaders: replayedHeader,
      },
      accepted,
    ],
    problems: [...writeProblems, ...creation.refused],
    handle: (call) => takeWrite(api, call, read),
  }));
}

function changeRoutes<Settings>(api: CommandApi<Settings>, aggregate: Aggregate<Settings>): Route[] {
  const { name, plural, change, notFound } = aggregate;
  if (!change) return [];
  const { summary, description, examples } = change;
  return [
    {
      method: "PATCH",
      path: `/${plural}/:id`,
      access: `${plural}:change`,
      knowsOwners: true,
      tag: plural,
      summary,
      description,
      parameters: [id, ifMatch, idempotencyKey, prefer],
      body: {
        schemas: change.words.map((entries) => v.pipe(v.strictObject(entries), v.minEntries(1))),
        examples,
      },
      responses: [
        {
          status: 200,
          description: `The ${name} after the change`,
          schema: change.shown.schema,
          headers: versionHeader,
          optionalHeaders: replayedHeader,
        },
        accepted,
      ],
      problems: [...writeProblems, notFound, ...change.refused],
      handle: (call) =>
        onThing(aggregate, call, (thing) =>
          takeWrite(api, call, (body) =>
            mapParsed(change.read(body, api.context), (commands) => ({
              aggregate: name,
              id: thing,
              commands,
            })),
          ),
        ),
    },
  ];
}

function removalRoutes<Settings>(api: CommandApi<Settings>, aggregate: Aggregate<Settings>): Route[] {
  const { name, plural, removal, notFound } = aggregate;
  if (!removal) return [];
  const { summary, description, command, refused } = removal;
  return [
    {
      method: "DELETE",
      path: `/${plural}/:id`,
      access: `${plural}:remove`,
      knowsOwners: true,
      tag: plural,
      summary,
      description,
      parameters: [id, ifMatch, idempotencyKey, prefer],
      responses: [deleted, accepted],
      problems: [...writeProblems, notFound, ...refused],
      handle: (call) =>
        onThing(aggregate, call, (thing) =>
          takeBodilessWrite(api, call, { aggregate: name, id: thing, commands: [command] }),
        ),
    },
  ];
}

/** 404 for an id that no thing can have. */
function onThing<Settings>(
  { notFound }: Aggregate<Settings>,
  call: Call,
  write: (id: string) => Promise<Answer>,
): Answer | Promise<Answer> {
  const thing = pathId(call);
  return thing === undefined ? problem(notFound) : write(thing);
}
