import { afterEach, describe, expect, test } from "bun:test";
import { eventually } from "@millrace/testing/eventually";
import { createLivePages, type LivePage, type LivePages } from "./live.ts";
import type { Asked } from "./page.ts";

let looks = 0;
const looksAt = new Map<string, number>();
let region = "<p>first</p>";
let pages: LivePages;
const followed: boolean[] = [];

const asked = (path: string): Asked => ({
  url: new URL(path, "http://localhost"),
  parameters: { id: path },
  formToken: undefined,
});

function page(everyMs = 60_000): LivePage {
  const concerns: LivePage["live"]["concerns"] = ({ projection }) => projection === "things";
  return {
    path: "/x",
    section: "",
    live: { everyMs, concerns },
    show: () => Promise.reject(new Error("not asked")),
  };
}

function open(clientsMax?: number): void {
  looks = 0;
  region = "<p>first</p>";
  looksAt.clear();
  followed.length = 0;
  pages = createLivePages({
    print: (_, { url }) => {
      looks++;
      looksAt.set(url.pathname, 1 + (looksAt.get(url.pathname) ?? 0));
      return Promise.resolve(region);
    },
    onFollowed: (now) => followed.push(now),
    ...(clientsMax === undefined ? {} : { clientsMax }),
  });
}

/** What a client has been sent, as it comes. */
function follow(path = "/x", live = page()) {
  const response = pages.open(new Request("http://localhost/live"), live, asked(path));
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const client = { text: "", over: false, leave: () => reader.cancel() };
  void (async () => {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      client.text += new TextDecoder().decode(part.value);
    }
    client.over = true;
  })();
  return client;
}

const rowsOf = (projection: string) => ({ projection });

afterEach(() => pages.stop());

describe("a live page", () => {
  test("is looked at once for all who have it open, and sent to each", async () => {
    open();
    const [first, second] = [follow(), follow()];
    await eventually(() => {
      for (const { text } of [first, second])
        expect(text).toContain(`event: region\ndata: ${JSON.stringify(region)}`);
    });
    expect(looks).toBe(1);
    expect(pages.clients()).toBe(2);
  });

  test("is looked at again when rows that it shows have changed, and sent only where it differs", async () => {
    open();
    const client = follow();
    await eventually(() => expect(client.text).toContain("first"));
    pages.rowsChanged(rowsOf("things"));
    await eventually(() => expect(looks).toBe(2));
    expect(client.text.match(/event: region/g)).toHaveLength(1);
    region = "<p>second</p>";
    pages.rowsChanged(rowsOf("notes"));
    pages.rowsChanged(rowsOf("things"));
    await eventually(() => expect(client.text).toContain("second"));
    expect(looks).toBe(3);
  });

  test("is looked at from time to time where nobody says that anything has changed", async () => {
    open();
    follow("/x", page(5));
    await eventually(() => expect(looks).toBeGreaterThan(3));
  });

  test("is left alone once nobody has it open", async () => {
    open();
    const client = follow("/x", page(5));
    await eventually(() => expect(looks).toBeGreaterThan(1));
    await client.leave();
    await eventually(() => expect(pages.clients()).toBe(0));
    const seen = looksAt.get("/x");
    pages.missed();
    follow("/y", page(5));
    await eventually(() => expect(looksAt.get("/y")).toBeGreaterThan(3));
    expect(looksAt.get("/x")).toBe(seen);
  });

  test("says when the first client has come and when the last has gone", async () => {
    open();
    const [first, second] = [follow("/x"), follow("/y")];
    expect(followed).toEqual([true]);
    await first.leave();
    await eventually(() => expect(pages.clients()).toBe(1));
    expect(followed).toEqual([true]);
    await second.leave();
    await eventually(() => expect(followed).toEqual([true, false]));
    follow("/x");
    expect(followed).toEqual([true, false, true]);
    pages.stop();
    await eventually(() => expect(followed).toEqual([true, false, true, false]));
  });

  test("takes no client past its bound, and none when it stops", async () => {
    open(2);
    const client = follow("/x");
    follow("/y");
    expect(() => follow("/z")).toThrow("2 clients follow pages already");
    pages.stop();
    await eventually(() => expect(client.over).toBe(true));
    expect(() => follow("/x")).toThrow("stopping");
  });
});
