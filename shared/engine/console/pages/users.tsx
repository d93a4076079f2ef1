import * as v from "valibot";
import { streamName } from "@millrace/events/envelope";
import { parseCursor, printCursor } from "@millrace/read-models/cursor";
import { usersModel } from "@millrace/shop/user/read-model/model";
import type { PageContext } from "../context.ts";
import type { Page } from "../page.ts";
import { streamHref } from "../parts/links.ts";
import { Table } from "../parts/table.tsx";
import { Id } from "../parts/words.tsx";
import { askPostgres } from "../sources.ts";

const SHOWN_MAX = 50;
const EVERY_MS = 10_000;

const shape = v.object({ id: v.union([v.string(), v.number()]), name: v.nullish(v.string()) });

export function usersPage({ sql, currency }: PageContext): Page {
  return {
    path: "/users",
    section: "Users",
    live: { everyMs: EVERY_MS, concerns: ({ projection }) => projection === "users" },
    async show({ url }) {
      const after = parseCursor(url.searchParams.get("cursor") ?? "");
      const query = { limit: SHOWN_MAX, ...(after ? { after } : {}) };
      const { documents, next } = await askPostgres(
        "listing users",
        usersModel.shown.list({ sql, currency }, query),
      );
      const users = documents.map((document) => v.parse(shape, JSON.parse(document)));
      return {
        title: "Users",
        about: "By when they were created, the newest first.",
        body: (
          <>
            <Table
              caption="Users"
              captionHidden
              rows={users}
              keyOf={({ id }) => String(id)}
              columns={[
                {
                  title: "User",
                  head: true,
                  value: ({ id }) => (
                    <Id value={String(id)} href={streamHref(streamName("user", String(id)))} />
                  ),
                },
                { title: "Name", value: ({ name }) => name ?? <span class="none">none</span> },
              ]}
              empty="There is no user yet."
            />
            {next && (
              <p class="pages">
                <a class="button plain" href={`/users?cursor=${printCursor(next)}`}>
                  Older users
                </a>
              </p>
            )}
          </>
        ),
      };
    },
  };
}
