// A client made from /openapi.json and from nothing else: it knows an operation's path, parameters and examples,
// and holds every answer against what the document says of it. Only tests import it.
import { expect } from "bun:test";
import { type Schema, Validator } from "@cfworker/json-schema";

export interface Asked {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look at whatever was answered
  readonly body: any;
}

export interface Operation {
  readonly operationId: string;
  readonly method: string;
  readonly path: string;
  /** What it takes to use it: an action, `public`, or `signature`. */
  readonly access: string;
  /** Bodies by name; none where the operation takes none. */
  readonly examples: Readonly<Record<string, unknown>>;
  readonly responses: Readonly<Record<string, ResponseObject>>;
}

interface ResponseObject {
  readonly headers?: Readonly<Record<string, { readonly required?: boolean }>>;
  readonly content?: Readonly<Record<string, { readonly schema: object }>>;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>;
  readonly components: object;
}

interface DocumentedOperation {
  readonly operationId: string;
  readonly "x-access": string;
  readonly requestBody?: {
    readonly content: {
      readonly "application/json": { readonly examples: Record<string, { value: unknown }> };
    };
  };
  readonly responses: Readonly<Record<string, ResponseObject>>;
}

export interface ApiClient {
  readonly operations: readonly Operation[];
  /** Sends it and checks that status, headers and body are documented ones. */
  call(operationId: string, asked?: Asked): Promise<Answered>;
}

export async function clientOf(address: string): Promise<ApiClient> {
  const document = (await (await fetch(`${address}/openapi.json`)).json()) as Document;
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      operationId: operation.operationId,
      method: method.toUpperCase(),
      path,
      access: operation["x-access"],
      examples: examplesOf(operation),
      responses: operation.responses,
    })),
  );
  return {
    operations,
    async call(operationId, asked = {}) {
      const operation = operations.find((one) => one.operationId === operationId);
      if (!operation) throw new Error(`${address} documents no ${operationId}`);
      const response = await fetch(addressOf(address, operation, asked), requestOf(operation, asked));
      return readAnswer(response, operation, document);
    },
  };
}

function examplesOf({ requestBody }: DocumentedOperation): Record<string, unknown> {
  const examples = requestBody?.content["application/json"].examples ?? {};
  return Object.fromEntries(Object.entries(examples).map(([name, { value }]) => [name, value]));
}

function addressOf(address: string, { path }: Operation, { path: values = {}, query = {} }: Asked): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name) => {
    const value = values[name];
    if (value === undefined) throw new Error(`${path} needs ${name}`);
    return encodeURIComponent(value);
  });
  const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
  return `${address}${filled}${search.size > 0 ? `?${search}` : ""}`;
}

function requestOf({ method }: Operation, { headers = {}, body }: Asked): RequestInit {
  const request = { method, redirect: "manual" as const };
  if (body === undefined) return { ...request, headers };
  return {
    ...request,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  };
}

async function readAnswer(response: Response, operation: Operation, document: Document): Promise<Answered> {
  const { status, headers } = response;
  const type = headers.get("content-type")?.split(";")[0] ?? "";
  // A stream has no end to wait for.
  if (type === "text/event-stream") await response.body?.cancel();
  const text = type === "text/event-stream" ? "" : await response.text();
  const described = operation.responses[status];
  if (!described) throw new Error(`${operation.operationId} does not document ${status}: ${text}`);
  for (const [name, { required }] of Object.entries(described.headers ?? {})) {
    if (required) expect([operation.operationId, name, headers.get(name)]).not.toContain(null);
  }
  const types = Object.keys(described.content ?? {});
  if (types.length > 0) expect(types).toContain(type);
  else expect(text).toBe("");
  const body = type.endsWith("json") ? JSON.parse(text) : text;
  const schema = described.content?.[type]?.schema;
  if (schema && type.endsWith("json")) expect(errorsIn(body, schema, document)).toEqual([]);
  return { status, headers, body };
}

function errorsIn(body: unknown, schema: object, { components }: Document): string[] {
  const validator = new Validator({ ...schema, components } as Schema, "2020-12", false);
  return validator
    .validate(body)
    .errors.map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`);
}
