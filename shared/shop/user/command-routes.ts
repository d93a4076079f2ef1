import * as v from "valibot";
import type { StreamCommands } from "@millrace/commands/command-names";
import { pathId } from "@millrace/commands/path-id";
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
} from "@millrace/commands/routes/headers";
import { type CommandApi, takeBodilessWrite, takeWrite } from "@millrace/commands/take-write";
import { problem } from "@millrace/http/problem";
import type { Answer, Call, Route } from "@millrace/http/route";
import { describedUserPatch } from "../command-descriptions.ts";
import { chosenId } from "../words.ts";
import { newUser, readNewUser, readUserPatch } from "./body.ts";
import type { UserCommand } from "./commands.ts";

const user = v.object({
  id: chosenId,
  name: v.string(),
  email: v.exactOptional(v.string()),
  version: v.pipe(v.number(), v.integer(), v.minValue(1)),
});

export function userRoutes(api: CommandApi): Route[] {
  return [
    {
      method: "POST",
      path: "/users",
      access: "users:create",
      knowsOwners: true,
      tag: "users",
      summary: "Create a user",
      parameters: [idempotencyKey, prefer],
      body: { schemas: [newUser], examples: { user: { id: 7, name: "Alice" } } },
      responses: [
        {
          status: 201,
          description: "Created",
          schema: user,
          headers: { ...versionHeader, Location: "The user, at the query API" },
          optionalHeaders: replayedHeader,
        },
        accepted,
      ],
      problems: [...writeProblems, "user_already_exists"],
      handle: (call) =>
        takeWrite(api, call, (body) => {
          const parsed = readNewUser(body);
          return parsed.ok ? { ok: true, value: ofUser(String(parsed.value.id), parsed.value) } : parsed;
        }),
    },
    {
      method: "PATCH",
      path: "/users/:id",
      access: "users:change",
      knowsOwners: true,
      tag: "users",
      summary: "Change a user",
      parameters: [id, ifMatch, idempotencyKey, prefer],
      body: { schemas: [describedUserPatch], examples: { name: { name: "Alicia" } } },
      responses: [
        {
          status: 200,
          description: "The user after the change",
          schema: user,
          headers: versionHeader,
          optionalHeaders: replayedHeader,
        },
        accepted,
      ],
      problems: [...writeProblems, "user_not_found"],
      handle: (call) =>
        onUser(call, (userId) =>
          takeWrite(api, call, (body) => {
            const parsed = readUserPatch(body);
            return parsed.ok ? { ok: true, value: ofUser(userId, parsed.value) } : parsed;
          }),
        ),
    },
    {
      method: "DELETE",
      path: "/users/:id",
      access: "users:remove",
      tag: "users",
      summary: "Delete a user",
      parameters: [id, ifMatch, idempotencyKey, prefer],
      responses: [deleted, accepted],
      problems: [...writeProblems, "user_not_found"],
      handle: (call) =>
        onUser(call, (userId) => takeBodilessWrite(api, call, ofUser(userId, { type: "DeleteUser" }))),
    },
  ];
}

function onUser(call: Call, write: (userId: string) => Promise<Answer>): Answer | Promise<Answer> {
  const userId = pathId(call);
  return userId === undefined ? problem("user_not_found") : write(userId);
}

function ofUser(userId: string, command: UserCommand): StreamCommands {
  return { aggregate: "user", id: userId, commands: [command] };
}
