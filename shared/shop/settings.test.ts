import { expect, test } from "bun:test";
import { readConfig } from "@millrace/platform/config";
import { shopSettings } from "./settings.ts";

const settingsIn = (environment: Record<string, string>) => shopSettings(readConfig(environment));

test("customers are held to the list and nothing holds shipping back, unless it is said", () => {
  const unsaid = { currency: "USD", prices: "listed", shipAfter: "creation" };
  expect(settingsIn({})).toEqual(unsaid as never);
  expect(settingsIn({ MILLRACE_PRICES: "", MILLRACE_SHIP_AFTER: "" })).toEqual(unsaid as never);
  const said = settingsIn({ MILLRACE_PRICES: "trusted", MILLRACE_SHIP_AFTER: "payment" });
  expect(said).toMatchObject({ prices: "trusted", shipAfter: "payment" });
});

test("a word that nobody knows is refused by the name of its variable", () => {
  const misspelt = () => settingsIn({ MILLRACE_PRICES: "trust", MILLRACE_SHIP_AFTER: "paid" });
  expect(misspelt).toThrow(/MILLRACE_PRICES: is trust.*\n.*MILLRACE_SHIP_AFTER: is paid/);
});
