// The console as people have it: in a browser, over a running system. Without Chromium on PATH nothing of it can be
// seen, and every test here is skipped, loudly. Seen to fail: with live.ts sending no region no order appears and
// nothing comes level; with --soft some shades lighter axe names what can't be read; with rows of a fixed width a
// phone's page scrolls sideways.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import axe from "axe-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { eventually } from "@millrace/testing/eventually";
import { findChromium, openBrowser } from "./browser.ts";
import { openSite, type Site } from "./site.ts";

const chromium = findChromium();
if (!chromium)
  console.error("NOT TESTED: the console's pages. There is no chromium on PATH; apt-get install chromium");

const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1280, height: 860 };

/** Every page, with what it must say. */
const PAGES: readonly (readonly [path: string, says: string])[] = [
  ["/", "needs somebody"],
  ["/orders", "called-off"],
  ["/orders?customer=Alice", "A-1"],
  ["/orders/A-1", "OrderPaymentRecorded"],
  ["/payments", "declined"],
  ["/payments/A-1", "RequestPayment"],
  ["/users", "Alice"],
  ["/users/1", "UserCreated"],
  ["/customers", "Alice"],
  ["/customers/Alice", "What readers get"],
  ["/streams", "The newest events"],
  ["/streams?prefix=order-A", "OrderShipped"],
  ["/streams/order-A-1", "request-1"],
  ["/correlations/request-1", "PaymentCompleted"],
  ["/flow", "Partitions of order-events"],
  ["/relay", "Oldest"],
  ["/topics", "order-events"],
  ["/topics/order-events", "In sync"],
  ["/topics/order-events/messages", "OrderCancelled"],
  ["/topics/order-events/messages?key=A-1", "3 with the key A-1"],
  ["/lag", "payment-tasks"],
  ["/partitions", "idle"],
  ["/partitions/order-events/0", "Records handled"],
  ["/processes", "payments"],
  ["/webhooks", "No events are sent anywhere"],
  ["/projections", "Rebuild"],
  ["/projections/orders/drop", "Nothing stands beside orders"],
  ["/dead-letters", "poison-77"],
  ["/audit", "Audit"],
  ["/keys", "There is no key yet"],
  ["/trail", "settings.start"],
  ["/find?q=A", "Where else it may be"],
  ["/nowhere", "route_not_found"],
];

let site: Site;
let browser: Browser;
let letter = 0;

beforeAll(async () => {
  if (!chromium) return;
  site = await openSite();
  letter = await site.poison("poison-77");
  browser = await openBrowser(chromium);
}, 240_000);

afterAll(async () => {
  await browser?.close();
  await site?.stop();
}, 60_000);

/** Fails where the browser itself complains: of the policy, of a script, of what it could not load. */
async function open(options: BrowserContextOptions, look: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext({ viewport: DESKTOP, baseURL: site.url, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", ({ message }) => complaints.push(message));
  page.on("console", (message) => {
    const { url } = message.location();
    // A page that is not there is looked at as well, and said so by its status.
    if (message.type() === "error" && url !== page.url()) complaints.push(`${message.text()} ${url}`);
  });
  try {
    await look(page);
    expect(complaints).toEqual([]);
  } finally {
    await context.close();
  }
}

const everyPage = (): readonly (readonly [path: string, says: string])[] => [
  ...PAGES,
  [`/dead-letters/${letter}`, "ce_subject"],
  [`/dead-letters/${letter}/discard`, "would take no effect"],
  ["/topics/order-events/3/0", "What led straight to it"],
];

describe.skipIf(!chromium)("without a script", () => {
  test("every page is read as it is served", async () => {
    await open({ javaScriptEnabled: false }, async (page) => {
      for (const [path, says] of everyPage()) {
        const answer = await page.goto(path);
        expect({ path, status: answer?.status() }).toEqual({ path, status: path === "/nowhere" ? 404 : 200 });
        expect({ path, text: await page.textContent("main") }).toEqual({
          path,
          text: expect.stringContaining(says),
        });
        expect(await page.locator("[data-live-status]:visible, [data-shortcuts]:visible").count()).toBe(0);
      }
    });
  }, 120_000);

  test("a record is retried in vain, and discarded after it was asked for twice", async () => {
    const id = await site.poison("poison-78");
    await open({ javaScriptEnabled: false }, async (page) => {
      await page.goto(`/dead-letters/${id}`);
      await page.click("text=Retry its key");
      expect(await page.textContent(".notice")).toContain("failed again");
      expect(await page.textContent("main")).toContain("ce_subject");
      await page.click("a >> text=Discard");
      expect(await page.textContent("h1")).toBe(`Discard dead letter ${id}?`);
      await page.click("text=Keep it");
      await page.click("a >> text=Discard");
      await page.click("text=Discard it for good");
      expect(page.url()).toContain("/dead-letters?said=discarded");
      expect(await page.textContent(".notice")).toContain("is gone");
      expect((await page.goto(`/dead-letters/${id}`))?.status()).toBe(404);
    });
  }, 60_000);

  test("a process is paused with a reason that its page shows, and resumed", async () => {
    await open({ javaScriptEnabled: false }, async (page) => {
      await page.goto("/processes");
      await page.fill("text=Why payments is paused", "the bank is away");
      await page.click("text=Pause payments");
      expect(await page.textContent(".notice")).toContain("No task of it is taken up");
      expect(await page.textContent("main")).toContain(": the bank is away");
      await page.goto("/");
      expect(await page.textContent("main")).toContain("payments: paused since");
      await page.goto("/processes");
      await page.click("text=Resume payments");
      expect(await page.textContent(".notice")).toContain("It goes on");
      expect(await page.textContent("main")).not.toContain("the bank is away");
    });
  }, 60_000);

  test("a record takes effect when it is retried after what was wrong is mended", async () => {
    const { sql } = site.system;
    await sql`alter table users add constraint nobody_here check (id <> 'stranger')`;
    await site.write("POST", "/commands", { type: "createUser", payload: { id: "stranger", name: "Zoe" } });
    const [letter] = await eventually(
      async () => {
        const letters = await sql<{ id: number }[]>`select id::int from dead_letters where key = 'stranger'`;
        expect(letters).toHaveLength(1);
        return letters;
      },
      { withinMs: 30_000, everyMs: 100 },
    );
    await open({ javaScriptEnabled: false }, async (page) => {
      await page.goto(`/dead-letters/${letter?.id}`);
      expect(await page.textContent("main")).toContain("nobody_here");
      await sql`alter table users drop constraint nobody_here`;
      await page.click("text=Retry its key");
      expect(await page.textContent(".notice")).toContain("took effect");
      await page.goto("/users");
      expect(await page.textContent("main")).toContain("Zoe");
    });
  }, 60_000);

  test("a read model is rebuilt and switched, and its way back dropped after it was asked for", async () => {
    await open({ javaScriptEnabled: false }, async (page) => {
      await page.goto("/projections");
      const card = page.locator("[data-key=payments]");
      await card.locator("text=Rebuild payments").click();
      expect(await page.textContent(".notice")).toContain("Begun");
      await eventually(
        async () => {
          await page.goto("/projections");
          expect(await card.textContent()).toContain("live, with a way back");
        },
        { withinMs: 30_000, everyMs: 200 },
      );
      await card.locator("text=Drop the way back").click();
      expect(await page.textContent("main")).toContain("payments@previous would be gone for ever");
      await page.click("text=Drop it for good");
      await eventually(
        async () => {
          await page.goto("/projections");
          expect(await card.textContent()).toContain("Beside itnothing");
        },
        { withinMs: 15_000, everyMs: 200 },
      );
    });
  }, 90_000);
});

describe.skipIf(!chromium)("with a script", () => {
  test("an order appears as it is written and changes as it ships, without a reload", async () => {
    await open({}, async (page) => {
      await page.goto("/orders");
      await page.evaluate("globalThis.stayed = true");
      await page.waitForSelector("[data-live-status]:visible");
      await site.write("POST", "/orders", { orderId: "live-1", customer: "Grace", items: ["pen"] });
      const row = page.locator("[data-key=live-1]");
      await row.waitFor({ timeout: 10_000 });
      expect(await page.locator("tbody tr").first().getAttribute("data-key")).toBe("live-1");
      await site.write("PATCH", "/orders/live-1", { status: "shipped" });
      await row.locator("text=SHIPPED").waitFor({ timeout: 10_000 });
      expect(await page.evaluate("globalThis.stayed")).toBe(true);
    });
  }, 60_000);

  test("pausing keeps the page as it is, and going on brings it level", async () => {
    await open({}, async (page) => {
      await page.goto("/orders");
      await page.click("[data-pause]");
      expect(await page.getAttribute("[data-pause]", "aria-pressed")).toBe("true");
      expect(await page.textContent("[data-live-said]")).toBe("Paused");
      await site.write("POST", "/orders", { orderId: "while-paused", customer: "Heidi", items: ["pen"] });
      await site.visible("while-paused", 1);
      expect(await page.locator("[data-key=while-paused]").count()).toBe(0);
      await page.click("[data-pause]");
      await page.locator("[data-key=while-paused]").waitFor({ timeout: 10_000 });
    });
  }, 60_000);

  test("what is focused stays so while the page around it changes", async () => {
    await open({}, async (page) => {
      await page.goto("/dead-letters");
      const link = page.locator(`[data-key="${letter}"] a`).first();
      await link.focus();
      const id = await site.poison("poison-79");
      await page.locator(`[data-key="${id}"]`).waitFor({ timeout: 10_000 });
      expect(await page.evaluate("document.activeElement.getAttribute('href')")).toBe(
        `/dead-letters/${letter}`,
      );
    });
  }, 60_000);

  test("the partition map says when a process no longer answers, and when it does again", async () => {
    const [projector] = site.system.ofKind("projector");
    await open({}, async (page) => {
      await page.goto("/partitions");
      const place = page.locator('[data-key="orders order-events 0"]');
      await place.locator("text=idle").waitFor();
      projector?.freeze();
      try {
        await place.locator("text=not known").waitFor({ timeout: 15_000 });
      } finally {
        projector?.thaw();
      }
      await place.locator("text=idle").waitFor({ timeout: 30_000 });
    });
  }, 90_000);

  test("everything is reached by keyboard alone", async () => {
    await open({}, async (page) => {
      await page.goto("/");
      await page.keyboard.press("Tab");
      expect(await page.evaluate("document.activeElement.textContent")).toContain("Skip to the content");
      await page.keyboard.press("Enter");
      expect(await page.evaluate("document.activeElement.id")).toBe("main");
      await page.keyboard.press("Tab");
      expect(await page.evaluate("document.activeElement.matches('[data-pause]')")).toBe(true);
      expect(await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")).toBe("solid");
      await page.keyboard.press("/");
      expect(await page.evaluate("document.activeElement.id")).toBe("find");
      await page.keyboard.type("A-1");
      await page.keyboard.press("Enter");
      await page.waitForURL("**/orders/A-1");
      await page.keyboard.press("g");
      await page.keyboard.press("d");
      await page.waitForURL("**/dead-letters");
      await page.keyboard.press("?");
      await page.waitForSelector("dialog[open]");
      await page.keyboard.press("Escape");
      expect(await page.locator("dialog[open]").count()).toBe(0);
    });
  }, 60_000);
});

describe.skipIf(!chromium)("on a phone", () => {
  test("no page scrolls sideways, and the menu leads everywhere", async () => {
    await open({ viewport: PHONE, hasTouch: true }, async (page) => {
      for (const [path] of everyPage()) {
        await page.goto(path);
        const beyond = await page.evaluate(
          "document.documentElement.scrollWidth - document.documentElement.clientWidth",
        );
        expect({ path, beyond }).toEqual({ path, beyond: 0 });
      }
      await page.goto("/");
      await page.click("summary");
      await page.click(".menu >> text=Partitions");
      expect(await page.textContent("h1")).toBe("Partitions");
    });
  }, 120_000);
});

describe.skipIf(!chromium)("for everybody", () => {
  test.each(["light", "dark"] as const)(
    "axe finds nothing wrong on any page, %s",
    async (colorScheme) => {
      // Colours don't change with the width, nor the structure with the theme.
      for (const viewport of colorScheme === "light" ? [DESKTOP, PHONE] : [DESKTOP]) {
        await open({ colorScheme, viewport }, async (page) => {
          for (const [path] of everyPage()) {
            await page.goto(path);
            await page.evaluate(axe.source);
            const { violations } = (await page.evaluate(
              "axe.run({ resultTypes: ['violations'] })",
            )) as axe.AxeResults;
            const found = violations.map(
              ({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`,
            );
            expect({ path, found }).toEqual({ path, found: [] });
          }
        });
      }
    },
    240_000,
  );
});
