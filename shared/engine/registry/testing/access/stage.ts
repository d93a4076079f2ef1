// Both APIs of a shop over one database, with things of several owners in it. Only tests import it.
import type { Gate } from "@millrace/access/gate";
import { createGuestLinks } from "@millrace/access/guest-links";
import { type Principal, ROLES } from "@millrace/access/principal";
import { by, gateByName } from "@millrace/access/testing/gate-by-name";
import { createCommandApi, type RunningCommandApi } from "@millrace/commands/command-api";
import type { Bodies } from "@millrace/http/body";
import type { OpenApiDocument, Operation } from "@millrace/http/openapi-document";
import type { Route } from "@millrace/http/route";
import { readConfig } from "@millrace/platform/config";
import { createLog } from "@millrace/platform/log";
import { createMetrics } from "@millrace/platform/metrics";
import { connectPostgres, type Sql } from "@millrace/platform/postgres";
import { createQueryApi } from "@millrace/queries/query-api";
import type { Shop } from "@millrace/registry/define-shop";
import { createLoader } from "@millrace/store/load";
import type { EventStore } from "@millrace/store/transact";
import { testStack } from "@millrace/testing/stack";
import { observed } from "./statements.ts";

export interface ShopToProve<Settings> {
  readonly shop: Shop<Settings>;
  readonly settings: Settings;
  /** Makes what no migration does. */
  prepare?(sql: Sql): Promise<void>;
  /** Routes of the command API beside those of commands, as its app has them. */
  moreRoutes?(has: { readonly sql: Sql; readonly bodies: Bodies }): readonly Route[];
  /** How a thing of an aggregate comes to be that no client begins, by the aggregate's name. */
  readonly begun?: Readonly<Record<string, (store: EventStore, id: string) => Promise<unknown>>>;
}

/**
 * Ids of things, each of which there is in every family, and whose they are: an owner has the id of their first thing,
 * so that they are also those that are known by their own id. All of one length.
 */
export const THINGS = {
  own: { id: "ann-thing-1", owner: "ann-thing-1" },
  ownToo: { id: "ann-thing-2", owner: "ann-thing-1" },
  others: { id: "eve-thing-1", owner: "eve-thing-1" },
  othersToo: { id: "eve-thing-2", owner: "eve-thing-1" },
  shops: { id: "the-shop-11", owner: undefined },
  deleted: { id: "eve-gone-11", owner: "eve-gone-11" },
} as const;
/** There is nothing under it. */
export const NOTHING = "non-thing-1";

export const OWNER = THINGS.own.owner;
export const OTHER = THINGS.others.owner;

export interface Asked {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** An answer, but for what differs between any two requests. */
export interface Told {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly text: string;
}

export interface ApiOperation {
  readonly api: "commands" | "queries";
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

export interface Stage<Settings> {
  readonly shop: Shop<Settings>;
  readonly sql: Sql;
  readonly commandApi: RunningCommandApi;
  readonly operations: readonly ApiOperation[];
  /** Asks as the principal of that name; as nobody without one. */
  ask(api: "commands" | "queries", asked: Asked, name?: string): Promise<Told>;
  /** Whether the customer `OWNER` is the owner of the family's thing, by its first event. */
  isOwn(family: string, id: string): Promise<boolean>;
  stop(): Promise<void>;
}

export const GUEST_SECRET = "a-secret-of-some-length";

/** The guest who was let read that family's thing `own`. */
export const guestOf = (family: string) => `guest-of-${family}`;

/** One of each role, customers by the names of owners, and services by how far their scopes go. */
export function principalsOf<Settings>({ aggregates, readModels }: Shop<Settings>): Principal[] {
  const families = [
    ...new Set([...aggregates.map(({ plural }) => plural), ...readModels.map(({ name }) => name)]),
  ];
  const as = (role: Principal["role"], subject: string, scopes: readonly string[] = []): Principal => ({
    ...{ role, subject, scopes },
    authn: "token",
  });
  return [
    ...[OWNER, OTHER, THINGS.deleted.owner].map((name) => as("customer", name)),
    ...ROLES.filter((role) => role !== "customer" && role !== "service").map((role) => as(role, role)),
    as("service", "all", ["act-as", ...families.flatMap((each) => [`${each}:read`, `${each}:write`])]),
    as(
      "service",
      "reads",
      families.map((each) => `${each}:read`),
    ),
    as("service", "none"),
    ...[...new Set(aggregates.map(({ plural }) => plural))].map(
      (family): Principal => ({ ...as("guest", guestOf(family)), thing: { family, id: THINGS.own.id } }),
    ),
  ];
}

export async function openStage<Settings>(toProve: ShopToProve<Settings>): Promise<Stage<Settings>> {
  const { shop, settings } = toProve;
  const database = await (await testStack()).freshDatabase();
  const connected = connectPostgres({ url: database.url, name: "access-test", connectionsMax: 8 });
  const { db } = connected;
  const sql = observed(connected.sql);
  await toProve.prepare?.(sql);
  const log = createLog("access-test", "silent");
  const gate: Gate = gateByName(...principalsOf(shop));
  const commandApi = createCommandApi({
    ...{ aggregates: shop.aggregates, settings, config: readConfig({}), sql, log, gate },
    kafka: { prefix: "", names: shop.kafkaNames },
    metrics: createMetrics("access-test"),
    guests: createGuestLinks([GUEST_SECRET]),
    moreRoutes: (bodies) => toProve.moreRoutes?.({ sql, bodies }) ?? [],
  });
  commandApi.runner.start();
  const queryApi = createQueryApi({
    ...{ sql, databaseUrl: database.url, commandApiUrl: "http://localhost:3001", currency: "USD", shop },
    ...{ requestsMax: 1_000, log, gate, metrics: createMetrics("access-test") },
  });
  const apps = { commands: commandApi.http, queries: queryApi.app };

  const ask: Stage<Settings>["ask"] = async (api, { method = "GET", path, headers = {}, body }, name) => {
    const response = await apps[api].request(path, {
      method,
      headers: {
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(name === undefined ? {} : by(name)),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const isStream = response.headers.get("content-type")?.startsWith("text/event-stream");
    if (isStream) await response.body?.cancel();
    return toldOf(response, isStream ? "" : await response.text());
  };

  const stage: Stage<Settings> = {
    ...{ shop, sql, commandApi, ask },
    operations: (await Promise.all([operationsOf("commands", ask), operationsOf("queries", ask)])).flat(),
    async isOwn(family, id) {
      const rule = Object.hasOwn(shop.owners, family) ? shop.owners[family] : undefined;
      if (!rule) return false;
      const stream = rule.streamOf(id);
      if (stream === undefined) return id === OWNER;
      const [first] = await sql<{ owner: string | null }[]>`
        select data ->> 'owner' as owner from events where stream = ${stream} and version = 1`;
      return first?.owner === OWNER;
    },
    async stop() {
      queryApi.release();
      await queryApi.stop();
      await commandApi.runner.stop();
      await commandApi.appender.drain();
      await sql.end({ timeout: 1 });
      await database.drop();
    },
  };
  await begin(stage, toProve);
  await project();
  return stage;

  /** All that was stored, into every read model. */
  async function project() {
    for (const model of shop.readModels) {
      const prefixes = model.sources.map(({ category }) => `${category}-`);
      const names = await sql<{ stream: string }[]>`select distinct stream from events order by stream`;
      const streams = names.filter(({ stream }) => prefixes.some((prefix) => stream.startsWith(prefix)));
      const events = await Promise.all(streams.map(({ stream }) => createLoader(sql).load(stream)));
      const placed = events.flat().map((event, offset) => ({ event, partition: 0, offset }));
      await db.transaction((tx) => model.apply(tx, placed));
    }
  }
}

/** One of each thing in each family. */
async function begin<Settings>(
  { shop, ask, commandApi }: Stage<Settings>,
  { begun = {} }: ShopToProve<Settings>,
): Promise<void> {
  for (const { name, creation, removal, reference } of shop.aggregates) {
    for (const { id, owner } of Object.values(THINGS)) {
      if (!creation) {
        const begin = begun[name];
        if (!begin) throw new Error(`No client begins a ${name}: say in "begun" how one comes to be`);
        await begin(commandApi.executor.store, id);
        continue;
      }
      const [word = "id"] = Object.keys(reference.words);
      const payload = { ...(creation.example as object), [word]: id };
      const asked = { method: "POST", path: "/commands", body: { type: creation.name, payload } };
      const onBehalfOf = owner === undefined ? {} : { "x-actor": `customer:${owner}` };
      const theirs = await ask("commands", { ...asked, headers: onBehalfOf }, "clerk");
      // It can be nobody's but the shop's.
      const told = theirs.status === 403 ? await ask("commands", asked, "clerk") : theirs;
      if (told.status !== 201) throw new Error(`No ${name} ${id}: ${told.text}`);
      if (id === THINGS.deleted.id && removal) {
        const body = { type: removal.name, payload: { [word]: id } };
        await ask("commands", { method: "POST", path: "/commands", body }, "clerk");
      }
    }
  }
}

async function operationsOf(api: "commands" | "queries", ask: Stage<never>["ask"]): Promise<ApiOperation[]> {
  const { text } = await ask(api, { path: "/openapi.json" });
  const { paths } = JSON.parse(text) as OpenApiDocument;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...{ api, path, operation },
      method: method.toUpperCase(),
    })),
  );
}

/** Named for the request itself, by its id or the time that it was asked. */
const OF_THE_REQUEST = ["x-request-id", "x-correlation-id", "date"];

function toldOf({ status, headers }: Response, text: string): Told {
  return {
    status,
    headers: [...headers].filter(([name]) => !OF_THE_REQUEST.includes(name)).sort(),
    text: text.replaceAll(/"requestId":"[^"]*"/g, '"requestId":"…"'),
  };
}

/** The answer with the thing's id, and that of a command that is kept, as one that all such things have. */
export function withoutIds(told: Told, id: string): Told {
  const plain = (text: string) =>
    text
      .replaceAll(id, "<thing>")
      .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, "<command>");
  return {
    status: told.status,
    headers: told.headers.map(([name, value]) => [name, plain(value)] as const),
    text: plain(told.text).replaceAll(/"submittedAt":"[^"]*"/g, '"submittedAt":"…"'),
  };
}
