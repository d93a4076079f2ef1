import { expect, test } from "bun:test";
import * as v from "valibot";
import { OPEN } from "@millrace/platform/access-mode";
import { docsPage } from "./docs-page.ts";
import { openapi } from "./openapi.ts";
import type { Route } from "./route.ts";

const bounded = v.strictObject({
  name: v.pipe(v.string(), v.maxLength(5)),
  note: v.exactOptional(v.string()),
});

const change: Route = {
  method: "PATCH",
  path: "/things/:id",
  access: "things:change",
  summary: "Change <a> thing",
  tag: "things",
  parameters: [
    { name: "id", in: "path", description: "Its id", schema: v.string() },
    { name: "If-Match", in: "header", description: "Its version", schema: v.string() },
  ],
  body: { schemas: [bounded], examples: { name: { name: "</script><b>" } } },
  responses: [{ status: 200, description: "Changed", schema: bounded, headers: { ETag: "Its version" } }],
  problems: [
    { code: "thing_not_found", status: 404, title: "Thing not found", detail: "There is none." },
    "stale_version",
  ],
  handle: () => ({ status: 200, headers: {}, body: {} }),
};
const remove: Route = { ...change, method: "DELETE", responses: [{ status: 204, description: "Gone" }] };
const document = openapi({ title: "Things", description: "", exposure: OPEN, routes: [change, remove] });

test("a path's methods stand together, its parameters in braces", () => {
  expect(Object.keys(document.paths)).toEqual(["/things/{id}"]);
  expect(Object.keys(document.paths["/things/{id}"] ?? {})).toEqual(["patch", "delete"]);
});

test("a body's schema is the one that validates, bounds and all", () => {
  expect(document.paths["/things/{id}"]?.patch?.requestBody).toMatchObject({
    required: true,
    content: {
      "application/json": {
        schema: {
          type: "object",
          required: ["name"],
          additionalProperties: false,
          properties: { name: { type: "string", maxLength: 5 } },
        },
      },
    },
  });
});

test("the problems of a route stand under their statuses", () => {
  const responses = document.paths["/things/{id}"]?.patch?.responses ?? {};
  expect(Object.keys(responses).sort()).toEqual([
    "200",
    "400",
    "401",
    "403",
    "404",
    "408",
    "412",
    "413",
    "415",
    "422",
    "429",
    "500",
    "503",
  ]);
  expect(responses["412"]?.description).toContain("stale_version");
});

test("a status may carry only the codes of its own, in answers that say when to try again where they do", () => {
  const responses = document.paths["/things/{id}"]?.patch?.responses ?? {};
  const codes = (status: string) => {
    const content = responses[status]?.content as {
      "application/problem+json": { schema: { allOf: unknown[] } };
    };
    return content["application/problem+json"].schema.allOf[1];
  };
  expect(codes("412")).toEqual({ properties: { code: { enum: ["stale_version"] } } });
  expect(codes("400")).toEqual({ properties: { code: { enum: ["malformed_header", "malformed_json"] } } });
  expect(responses["503"]?.headers).toMatchObject({ "Retry-After": { required: true } });
  expect(responses["412"]).not.toHaveProperty("headers");
});

test("a path whose parameter is not described is a mistake of ours", () => {
  expect(() =>
    openapi({ title: "", description: "", exposure: OPEN, routes: [{ ...change, parameters: [] }] }),
  ).toThrow(`PATCH /things/:id declares no path parameter "id"`);
});

test("what is read from text is described as what it is read as", () => {
  const number = v.pipe(
    v.string(),
    v.regex(/^\d+$/),
    v.transform(Number),
    v.number(),
    v.integer(),
    v.maxValue(9),
  );
  const limit = { name: "limit", in: "query", description: "", schema: v.optional(number, "5") } as const;
  const list: Route = { ...change, path: "/things", method: "GET", parameters: [limit] };
  const { paths } = openapi({ title: "", description: "", exposure: OPEN, routes: [list] });
  expect(paths["/things"]?.get?.parameters[0]).toMatchObject({
    schema: { type: "integer", maximum: 9, default: 5 },
  });
});

test("headers that every answer has are told from those that it may have", () => {
  const answer = { status: 200, description: "", headers: { ETag: "" }, optionalHeaders: { Link: "" } };
  const { paths } = openapi({
    title: "",
    description: "",
    exposure: OPEN,
    routes: [{ ...change, responses: [answer] }],
  });
  expect(paths["/things/{id}"]?.patch?.responses["200"]?.headers).toMatchObject({
    ETag: { required: true },
    Link: { required: false },
  });
});

test("the page names every operation, escapes what it shows and fetches nothing", async () => {
  const response = await docsPage(document);
  const page = await response.text();
  expect(page).toContain('id="patchThingsById"');
  expect(page).toContain("Change &lt;a&gt; thing");
  expect(page).not.toContain("</script><b>");
  expect(page).not.toMatch(/(?:src|href)="(?!\/openapi\.json)/);
  expect(page).not.toMatch(/https?:\/\//);
  expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
});
