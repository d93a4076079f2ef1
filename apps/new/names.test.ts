import { expect, test } from "bun:test";
import { commandOf } from "./command.ts";
import { fieldsOf } from "./fields.ts";
import { namesOf, pastOf, pluralOf, singularOf } from "./names.ts";

test("a name has the forms that code needs it in", () => {
  expect(namesOf("shipment")).toEqual({ name: "shipment", type: "Shipment", plural: "shipments" });
  expect(namesOf("stock", "stock2")).toMatchObject({ plural: "stock2" });
});

test("a name that can't be a folder, a stream's category and a variable is refused", () => {
  for (const name of ["Shipment", "ship-ment", "1st", "", "../up", "class", "commands", "x".repeat(41)]) {
    expect(() => namesOf(name)).toThrow();
  }
  expect(() => namesOf("stock", "stock")).toThrow("--plural");
});

test("words are bent as English mostly bends them", () => {
  expect(["shipment", "box", "company", "key"].map(pluralOf)).toEqual([
    "shipments",
    "boxes",
    "companies",
    "keys",
  ]);
  expect(["shipments", "boxes", "companies", "news"].map(singularOf)).toEqual([
    "shipment",
    "box",
    "company",
    "new",
  ]);
  expect(["dispatch", "close", "carry", "ship", "show"].map(pastOf)).toEqual([
    "dispatched",
    "closed",
    "carried",
    "shipped",
    "showed",
  ]);
  expect(commandOf("shipment", "send", "sent").past).toBe("sent");
});

test("fields are read with their kinds, and text is what has none", () => {
  expect(fieldsOf("carrier,grossWeight:integer, price:money")).toEqual([
    { name: "carrier", kind: "text" },
    { name: "grossWeight", kind: "integer" },
    { name: "price", kind: "money" },
  ]);
});

test("a field that can't be one is refused by its name", () => {
  for (const list of [
    "",
    "a:b",
    "id:text",
    "version",
    "a,a",
    "new:text",
    "A",
    "a:text:b",
    "constructor:toString",
  ]) {
    expect(() => fieldsOf(list)).toThrow();
  }
});
