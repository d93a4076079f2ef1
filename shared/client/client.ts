// A client of both APIs, for browsers, Node and Bun. Has no dependency; its types are those that the APIs document.
import { type Asked as AskedOnce, type Asking, ask, type Connection, pause } from "./ask.ts";
import { type Change, type FollowOptions, follow } from "./follow.ts";
import type {
  Answering,
  AnswerOf,
  AskedArguments,
  At,
  BodyOf,
  CollectionName,
  DocumentOf,
  Operation,
  OutcomeOf,
  QueryOf,
  ReadOptions,
  WriteOptions,
} from "./operations.ts";
import { type Outcome, type Problem, problemHere, unwrap } from "./problem.ts";
import { createWritten, type Written } from "./written.ts";

export interface ClientOptions extends Connection {
  /** Address of the command API: `http://localhost:3001`. */
  readonly commands: string;
  /** Address of the query API: `http://localhost:3002`. */
  readonly queries: string;
}

type Id = string | number;

export interface Client {
  /** What there is of one kind: `client.of("orders")`. */
  of<Name extends CollectionName>(name: Name): Collection<Name>;
  /** A command by its name, or several. */
  send(command: BodyOf<"POST /commands">, options?: WriteOptions): Promise<OutcomeOf<"POST /commands">>;
  /** Any other operation, by method and path: `client.request("GET /orders/{id}/history", { path: { id } })`. */
  request<O extends Answering>(operation: O, ...asked: AskedArguments<O>): Promise<OutcomeOf<O>>;
}

interface Reading<Name extends CollectionName> {
  /** Waits for what this client has written of it. */
  get(
    id: Id,
    query?: QueryOf<At<`GET /${Name}/{id}`>>,
    options?: ReadOptions,
  ): Promise<OutcomeOf<At<`GET /${Name}/{id}`>>>;
  /** Newest first, page by page as they are asked for. @throws ProblemError */
  list(query?: QueryOf<At<`GET /${Name}`>>, options?: ReadOptions): AsyncGenerator<DocumentOf<Name>>;
}

interface Following<Name extends CollectionName> {
  /** All as they change, until the loop ends or the signal says so. Goes on by itself where it broke. @throws ProblemError */
  follow(options?: FollowOptions): AsyncGenerator<Change<DocumentOf<Name>>>;
  /** One as it changes. */
  followOne(id: Id, options?: FollowOptions): AsyncGenerator<Change<DocumentOf<Name>>>;
}

interface Creating<O extends Operation> {
  create(body: BodyOf<O>, options?: WriteOptions): Promise<OutcomeOf<O>>;
}

interface Changing<O extends Operation> {
  change(id: Id, body: BodyOf<O>, options?: WriteOptions): Promise<OutcomeOf<O>>;
}

interface Removing<O extends Operation> {
  remove(id: Id, options?: WriteOptions): Promise<OutcomeOf<O>>;
}

/** What the APIs can do with a kind, and nothing else. */
export type Collection<Name extends CollectionName> = Reading<Name> &
  (`GET /${Name}/stream` extends Operation ? Following<Name> : unknown) &
  (`POST /${Name}` extends Operation ? Creating<`POST /${Name}`> : unknown) &
  (`PATCH /${Name}/{id}` extends Operation ? Changing<`PATCH /${Name}/{id}`> : unknown) &
  (`DELETE /${Name}/{id}` extends Operation ? Removing<`DELETE /${Name}/{id}`> : unknown);

/** How long the outcome of a command that was taken with 202 is waited for. */
const DECIDED_WITHIN_MS = 30_000;
const LOOK_FIRST_MS = 50;
const LOOK_MOST_MS = 1_000;

export function createClient(options: ClientOptions): Client {
  const api: Api = {
    connection: options,
    commands: options.commands.replace(/\/$/, ""),
    queries: options.queries.replace(/\/$/, ""),
    written: createWritten(),
  };
  return {
    of: (name) => collection(api, name),
    send: (body, options) => write(api, "POST", "/commands", { body, ...options }),
    request(operation, ...[asked]) {
      const [method = "", template = ""] = operation.split(" ");
      const { path = {}, query, ...rest } = (asked ?? {}) as Loose;
      const filled = template.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(String(path[name])));
      // What became of a command is known where it was sent.
      const isRead = method === "GET" && !template.startsWith("/commands/");
      if (method !== "GET") return write(api, method, filled, rest);
      return read(api, `${isRead ? api.queries : api.commands}${filled}${search(query)}`, rest);
    },
  } as Client;
}

interface Api {
  readonly connection: Connection;
  readonly commands: string;
  readonly queries: string;
  readonly written: Written;
}

type Query = Readonly<Record<string, unknown>>;
type Loose = WriteOptions & { path?: Record<string, Id>; query?: Query; body?: unknown };

/** Methods that the APIs don't have for a kind are not in its type. */
function collection(api: Api, name: string): unknown {
  const at = (id: Id) => `/${name}/${encodeURIComponent(String(id))}`;
  return {
    get: (id: Id, query?: Query, options?: ReadOptions) => getOne(api, at(id), query, options),
    list: (query?: Query, options?: ReadOptions) => list(api, `/${name}`, query, options),
    create: (body: unknown, options?: WriteOptions) => write(api, "POST", `/${name}`, { body, ...options }),
    change: (id: Id, body: unknown, options?: WriteOptions) =>
      write(api, "PATCH", at(id), { body, ...options }),
    remove: (id: Id, options?: WriteOptions) => write(api, "DELETE", at(id), options ?? {}),
    follow: (options?: FollowOptions) =>
      follow(api.connection, `${api.queries}/${name}/stream`, options ?? {}),
    followOne(id: Id, options?: FollowOptions) {
      const query = search({ minVersion: api.written.at(at(id)) });
      return follow(api.connection, `${api.queries}${at(id)}/stream${query}`, options ?? {});
    },
  };
}

/** What is read as it was needs no wait for what it is now. */
async function getOne(api: Api, path: string, query: Query = {}, options: ReadOptions = {}) {
  const isPast = query.version !== undefined || query.at !== undefined;
  const minVersion = isPast ? undefined : api.written.at(path);
  const outcome = await read(api, `${api.queries}${path}${search({ minVersion, ...query })}`, options);
  if (outcome.ok && outcome.version !== undefined) api.written.seen(path, outcome.version);
  return outcome;
}

async function read(api: Api, url: string, { signal }: ReadOptions): Promise<Outcome<unknown>> {
  return outcomeOf(await askApi(api, { method: "GET", url, signal }));
}

async function* list(api: Api, path: string, query: Query = {}, { signal }: ReadOptions = {}) {
  let url: string | undefined = `${api.queries}${path}${search(query)}`;
  while (url !== undefined) {
    const page = await askApi(api, { method: "GET", url, signal });
    yield* unwrap(outcomeOf(page)) as readonly unknown[];
    const next: string | undefined = page.ok ? page.read.next : undefined;
    url = next === undefined ? undefined : `${api.queries}${next}`;
  }
}

async function write(api: Api, method: string, path: string, options: Loose): Promise<Outcome<unknown>> {
  const { key = drawKey(), ifVersion, later, body, signal } = options;
  const headers = {
    "idempotency-key": key,
    ...(ifVersion === undefined ? {} : { "if-match": `"${ifVersion}"` }),
    ...(later ? { prefer: "respond-async" } : {}),
  };
  const taken = await askApi(api, { method, url: `${api.commands}${path}`, headers, body, signal });
  const decided = taken.ok && taken.read.status === 202 ? await decision(api, taken.read, signal) : taken;
  if (decided.ok && decided.read.version !== undefined) {
    const written = decided.read.location ?? (method === "POST" ? undefined : path);
    if (written !== undefined) api.written.note(written, decided.read.version);
  }
  return outcomeOf(decided);
}

/** What became of a command that was taken with 202, once it is known. */
async function decision(api: Api, taken: Answered, signal?: AbortSignal): Promise<Asking<Answered>> {
  const url = `${api.commands}${taken.location}`;
  const until = performance.now() + DECIDED_WITHIN_MS;
  for (let lookMs = LOOK_FIRST_MS; ; lookMs = Math.min(2 * lookMs, LOOK_MOST_MS)) {
    const looked = await askApi(api, { method: "GET", url, signal });
    if (!looked.ok) return looked;
    const { status, result, version, location, problem } = looked.read.body as Decided;
    if (status === "accepted") return { ok: true, read: { status: 200, body: result, version, location } };
    if (status === "rejected") return { ok: false, problem };
    if (performance.now() > until) {
      return { ok: false, problem: problemHere("still_pending", 202, `${url} says what became of it`) };
    }
    await pause(lookMs, signal);
  }
}

type Decided = AnswerOf<"GET /commands/{id}"> & { readonly problem: Problem };

interface Answered {
  readonly status: number;
  readonly body: unknown;
  readonly version?: number | undefined;
  /** Of what was created, or of what will say what became of the command. */
  readonly location?: string | undefined;
  /** The page after this one. */
  readonly next?: string | undefined;
}

function askApi({ connection }: Api, asked: AskedOnce): Promise<Asking<Answered>> {
  return ask(connection, asked, async (response) => {
    const { status, headers } = response;
    const text = await response.text();
    return {
      status,
      body: text === "" ? undefined : JSON.parse(text),
      version: versionIn(headers.get("etag")),
      location: headers.get("location") ?? undefined,
      next: /<([^>]+)>; rel="next"/.exec(headers.get("link") ?? "")?.[1],
    };
  });
}

function outcomeOf(asked: Asking<Answered>): Outcome<unknown> {
  if (!asked.ok) return asked;
  const { body, version } = asked.read;
  return { ok: true, value: body, ...(version === undefined ? {} : { version }) };
}

/** A weak tag, or one that is no number, names no version. */
function versionIn(etag: string | null): number | undefined {
  const [, version] = /^"(\d+)"$/.exec(etag ?? "") ?? [];
  return version === undefined ? undefined : Number(version);
}

function search(query: Query = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  return given.length === 0
    ? ""
    : `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`;
}

/** 128 random bits. `crypto.randomUUID` is missing on pages that came without TLS. */
function drawKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
}
