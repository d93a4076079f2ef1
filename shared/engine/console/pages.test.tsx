import { describe, expect, test } from "bun:test";
import type { Past } from "@millrace/read-models/read-model";
import { ownPath } from "./own-path.ts";
import { matchPath } from "./page.ts";
import { Headers } from "./parts/headers.tsx";
import { Value } from "./parts/json.tsx";
import { causeHref, subjectHref } from "./parts/links.ts";
import { Id, ProblemNotice } from "./parts/words.tsx";

const print = async (element: unknown) => String(await element);
const MODELS = [{ name: "things", streamPrefix: "thing-", past: {} as Past<unknown> }];
const HARM = `<script>alert(1)</script>"'&`;

describe("what comes from data", () => {
  test("is never markup, wherever it stands", async () => {
    const pages = [
      await print(<Id value={HARM} href={causeHref(HARM)} />),
      await print(<Value text={JSON.stringify({ [HARM]: HARM })} label={HARM} />),
      await print(<Value text={HARM} label="x" />),
      await print(<Headers headers={{ [HARM]: HARM, ce_id: HARM, ce_time: HARM, traceparent: HARM }} />),
    ];
    for (const page of pages) {
      expect(page).not.toContain("<script");
      expect(page).not.toMatch(/="[^"]*<|href="javascript/);
    }
  });

  test("of an error, only its code is shown", async () => {
    const page = await print(<ProblemNotice failure={new Error("at /home/somebody/secret.ts:1")} />);
    expect(page).toContain("internal_error");
    expect(page).not.toContain("secret");
  });
});

describe("headers", () => {
  test("are told in words, and lead to what they name", async () => {
    const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const page = await print(
      <Headers
        headers={{
          ce_subject: "thing-A-1",
          ce_causationid: "other-A-1@2",
          ce_traceparent: traceparent,
          mine: "x",
        }}
      />,
    );
    expect(page).toContain('href="/streams/thing-A-1"');
    expect(page).toContain('href="/streams/other-A-1#v2"');
    expect(page).toContain("4bf92f3577b34da6a3ce929d0e0e4736".slice(-8));
    expect(page).toContain("not one of ours");
  });
});

describe("links", () => {
  test("lead from a cause to what it is: an event, a record, else a request", () => {
    expect(causeHref("other-A-1@2")).toBe("/streams/other-A-1#v2");
    expect(causeHref("kafka/commands/1/20")).toBe("/topics/commands/1/20");
    expect(causeHref("me@1")).toBe("/correlations/me%401");
    expect(subjectHref(MODELS, "thing-A-1")).toBe("/things/A-1");
    expect(subjectHref(MODELS, "other-1")).toBe("/streams/other-1");
    expect(subjectHref(MODELS, "thing_stats")).toBeUndefined();
  });

  test("a path gives its parameters decoded, and none that Postgres can't take", () => {
    expect(matchPath("/things/:id", "/things/a%2Fb%20c")).toEqual({ id: "a/b c" });
    for (const path of ["/things/%00", "/things/%E0%A4%A", "/things/", "/things/a/b"]) {
      expect(matchPath("/things/:id", path)).toBeUndefined();
    }
  });

  test("after signing in nobody is sent to another site", () => {
    expect(ownPath("/things?status=SHIPPED")).toBe("/things?status=SHIPPED");
    for (const path of [
      "https://evil.example",
      "//evil.example",
      "/\\evil.example",
      "javascript:alert(1)",
      "",
      null,
    ]) {
      expect(ownPath(path)).toBe("/");
    }
  });
});
