// Routes that every API has beside its own: health, metrics and the list of problems.
import * as v from "valibot";
import type { Metrics } from "@millrace/platform/metrics";
import { problem } from "./problem.ts";
import type { ProblemKind } from "./problem-codes.ts";
import { ok, type Route } from "./route.ts";

interface ProbeOptions {
  readonly metrics: Metrics;
  /** All problems that this API may answer, by their codes. */
  readonly problems: Readonly<Record<string, ProblemKind>>;
  notReady(): string | undefined | Promise<string | undefined>;
  details?(): Record<string, unknown>;
}

const statusShape = v.looseObject({ status: v.string() });

const probe = { method: "GET", access: "public", tag: "health", unbounded: true, anyQuery: true } as const;

export function probeRoutes(options: ProbeOptions): Route[] {
  return [
    {
      ...probe,
      path: "/healthz",
      summary: "Whether the process runs",
      responses: [{ status: 200, description: "It does", schema: statusShape }],
      handle: () => ok({ status: "ok" }),
    },
    {
      ...probe,
      path: "/readyz",
      summary: "Whether the process can do its work",
      responses: [
        { status: 200, description: "It can", schema: statusShape },
        { status: 503, description: "Something is missing", schema: statusShape },
      ],
      async handle() {
        const missing = await options.notReady();
        const details = options.details?.();
        if (missing === undefined) return ok({ status: "ready", ...details });
        return { status: 503, headers: {}, body: { status: "not ready", missing, ...details } };
      },
    },
    {
      ...probe,
      path: "/metrics",
      summary: "Metrics for Prometheus",
      responses: [{ status: 200, description: "Prometheus text format", contentType: "text/plain" }],
      handle: () => options.metrics.response(),
    },
    {
      method: "GET",
      path: "/problems",
      access: "public",
      tag: "problems",
      summary: "Every problem code, its status and its meaning",
      responses: [{ status: 200, description: "By code", schema: v.looseObject({}) }],
      handle: () => ok(options.problems),
    },
    {
      method: "GET",
      path: "/problems/:code",
      access: "public",
      tag: "problems",
      summary: "What one problem code means",
      parameters: [
        {
          name: "code",
          in: "path",
          description: "The problem's code",
          schema: v.picklist(Object.keys(options.problems)),
        },
      ],
      responses: [{ status: 200, description: "Its status and meaning", schema: v.looseObject({}) }],
      problems: ["route_not_found"],
      handle({ context }) {
        const code = context.req.param("code") ?? "";
        const found = Object.hasOwn(options.problems, code) ? options.problems[code] : undefined;
        if (!found)
          return problem("route_not_found", {
            detail: "No problem has this code. GET /problems lists those that there are.",
          });
        return ok({ ...found, code });
      },
    },
  ];
}
