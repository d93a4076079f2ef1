// OpenAPI 3.1 from the routes, with the schemas that validate requests, so that the document can't say anything else.
import * as v from "valibot";
import type { Exposure } from "@millrace/platform/access-mode";
import { flat, type JsonSchema, jsonSchema as schemaIn } from "./json-schema.ts";
import type {
  HeaderObject,
  OpenApiDocument,
  Operation,
  ParameterObject,
  ResponseObject,
} from "./openapi-document.ts";
import { type NamedProblem, namedProblem, PROBLEM_CONTENT_TYPE } from "./problem.ts";
import type { ProblemCode } from "./problem-codes.ts";
import { REQUEST_HEADERS } from "./request-headers.ts";
import type { Parameter, ResponseShape, Route } from "./route.ts";

export interface ApiDescription {
  readonly title: string;
  readonly description: string;
  readonly routes: readonly Route[];
  /** Where access is open, the document lets credentials be left out. */
  readonly exposure: Exposure;
}

/** Version of the contract, not of the build: raised when a client would have to change. */
export const CONTRACT_VERSION = "1.0.0";

/** Whether the route takes no credential: everybody may use it, or it checks a signature itself. */
function isProvenElsewhere({ access }: Route): boolean {
  return access === "public" || access === "signature";
}

export function openapi({ title, description, routes, exposure }: ApiDescription): OpenApiDocument {
  const paths: Record<string, Record<string, Operation>> = {};
  for (const route of routes) {
    const path = templated(route.path);
    assertPathDescribed(route);
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, exposure) };
  }
  return {
    openapi: "3.1.0",
    info: { title, version: CONTRACT_VERSION, description },
    paths,
    components: {
      schemas: { Problem: jsonSchema(problemShape) },
      securitySchemes: {
        credential: {
          type: "http",
          scheme: "bearer",
          description: "An API key (`mr_…`), an access token, or to read one thing a guest's token (`mg_…`)",
        },
      },
      parameters: Object.fromEntries(REQUEST_HEADERS.map((header) => [header.name, parameterObject(header)])),
    },
  };
}

/** Clients are generated from the document, and a path with an undescribed part could not be filled in. */
function assertPathDescribed({ method, path, parameters = [] }: Route): void {
  for (const [, name] of path.matchAll(/:(\w+)/g)) {
    if (parameters.some((parameter) => parameter.in === "path" && parameter.name === name)) continue;
    throw new Error(
      `The route ${method} ${path} declares no path parameter "${name}": add it to its parameters`,
    );
  }
}

function operation(route: Route, { mode }: Exposure): Operation {
  const { summary, description, body, parameters = [], tag } = route;
  return {
    operationId: operationId(route),
    summary,
    description,
    tags: [tag],
    "x-access": route.access,
    security: isProvenElsewhere(route) ? [] : [...(mode === "open" ? [{}] : []), { credential: [] }],
    parameters: [
      ...parameters.map(parameterObject),
      ...(route.unbounded
        ? []
        : REQUEST_HEADERS.map(({ name }) => ({ $ref: `#/components/parameters/${name}` }))),
    ],
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: {
              "application/json": {
                schema: anyOf(body.schemas),
                examples: Object.fromEntries(
                  Object.entries(body.examples).map(([name, value]) => [name, { value }]),
                ),
              },
            },
          },
        }),
    responses: { ...Object.fromEntries(route.responses.map(responseEntry)), ...problemResponses(route) },
  };
}

/** "postOrdersById", for clients that are generated. */
function operationId({ method, path }: Route): string {
  const words = path
    .split("/")
    .filter(Boolean)
    .map((segment) => (segment.startsWith(":") ? `by-${segment.slice(1)}` : segment));
  const parts = words.flatMap((word) => word.split(/[^A-Za-z0-9]+/)).filter(Boolean);
  return method.toLowerCase() + parts.map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join("");
}

function templated(path: string): string {
  return path.replaceAll(/:(\w+)/g, "{$1}");
}

function parameterObject({ name, in: place, description, schema, required }: Parameter): ParameterObject {
  return {
    name,
    in: place,
    description,
    required: place === "path" || required === true,
    schema: withReadDefault(jsonSchema(schema)),
  };
}

/** A query's defaults are text, as they would be sent; the document has the number that is read from it. */
function withReadDefault(schema: JsonSchema): JsonSchema {
  return schema.type === "integer" && "default" in schema
    ? { ...schema, default: Number(schema.default) }
    : schema;
}

function responseEntry(response: ResponseShape): [string, ResponseObject] {
  const { status, description, schema, contentType = "application/json" } = response;
  const headers = [
    ...headerEntries(response.headers, true),
    ...headerEntries(response.optionalHeaders, false),
  ];
  return [
    String(status),
    {
      description,
      ...(schema || response.contentType
        ? { content: { [contentType]: { schema: schema ? jsonSchema(schema) : { type: "string" } } } }
        : {}),
      ...(headers.length > 0 ? { headers: Object.fromEntries(headers) } : {}),
      ...(response.links ? { links: response.links } : {}),
    },
  ];
}

function headerEntries(headers: ResponseShape["headers"] = {}, required: boolean): [string, HeaderObject][] {
  return Object.entries(headers).map(([name, meaning]) => [
    name,
    { description: meaning, required, schema: { type: "string" } },
  ]);
}

const BODY_PROBLEMS: readonly ProblemCode[] = [
  "malformed_json",
  "body_timeout",
  "body_too_large",
  "body_not_json",
  "body_invalid",
];

/** Problems of any request: @millrace/platform/origin-check. */
const ORIGIN_PROBLEMS: readonly ProblemCode[] = [
  "malformed_header",
  "host_not_allowed",
  "cross_site_request",
];

/** Problems of any request that needs a credential: ./admit.ts. */
const ACCESS_PROBLEMS: readonly ProblemCode[] = [
  "credentials_required",
  "credentials_invalid",
  "forbidden",
  "rate_limited",
  "issuer_unavailable",
  "postgres_unavailable",
];

/** The route's problems by status; each status names its codes. */
function problemResponses(route: Route): Record<string, ResponseObject> {
  const problems: readonly (ProblemCode | NamedProblem)[] = [
    ...ORIGIN_PROBLEMS,
    ...(isProvenElsewhere(route) ? [] : ACCESS_PROBLEMS),
    ...(route.problems ?? []),
    ...(route.body ? BODY_PROBLEMS : []),
    ...(route.anyQuery ? [] : (["invalid_query"] as const)),
    ...(route.unbounded ? [] : (["internal_error", "overloaded"] as const)),
  ];
  const responses: Record<string, ResponseObject> = {};
  const named = new Map(problems.map((each) => namedProblem(each)).map((each) => [each.code, each]));
  for (const [status, ofStatus] of Map.groupBy(named.values(), (each) => each.status)) {
    responses[String(status)] = {
      description: ofStatus.map(({ code, detail }) => `\`${code}\`: ${detail}`).join("\n\n"),
      content: { [PROBLEM_CONTENT_TYPE]: { schema: problemOneOf(ofStatus.map(({ code }) => code)) } },
      ...(HEADERS_OF[status] ? { headers: Object.fromEntries(headerEntries(HEADERS_OF[status], true)) } : {}),
    };
  }
  return responses;
}

const RETRY_AFTER = { "Retry-After": "Seconds to wait before another try" };

/** Headers that every answer of that status has. */
const HEADERS_OF: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  429: {
    ...RETRY_AFTER,
    "RateLimit-Policy":
      'The bound that was reached: `"principal";q=60;w=1` is 60 points in a second, `"streams";q=20` is 20 at once',
    RateLimit: "What is left of it, `r`, and in how many seconds there may be more, `t`",
  },
  503: RETRY_AFTER,
};

function problemOneOf(codes: readonly string[]): JsonSchema {
  return {
    allOf: [{ $ref: "#/components/schemas/Problem" }, { properties: { code: { enum: codes } } }],
  };
}

export const problemShape = v.object({
  type: v.string(),
  title: v.string(),
  status: v.pipe(v.number(), v.integer()),
  code: v.string(),
  detail: v.string(),
  requestId: v.string(),
  errors: v.exactOptional(
    v.pipe(
      v.array(
        v.union([
          v.object({ pointer: v.string(), message: v.string() }),
          v.object({ parameter: v.string(), message: v.string() }),
        ]),
      ),
      v.description(
        "Each place in the body, as a JSON pointer, or parameter of the query, and what is wrong there",
      ),
    ),
  ),
});

function anyOf(schemas: readonly v.GenericSchema[]): JsonSchema {
  const all = flat(schemas.map(jsonSchema));
  return all.length < 2 ? (all[0] ?? {}) : { anyOf: all };
}

function jsonSchema(schema: v.GenericSchema): JsonSchema {
  return schemaIn(schema, "draft-2020-12");
}
