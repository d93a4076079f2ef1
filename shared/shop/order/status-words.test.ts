import { expect, test } from "bun:test";
import { readStatus, statusCommand } from "./status-words.ts";

test("a status word is read in any case", () => {
  for (const word of ["shipped", "SHIPPED", "Shipped", "sHiPpEd"]) expect(readStatus(word)).toBe("SHIPPED");
});

test("each status asks for its own command", () => {
  expect(statusCommand("CREATED")).toEqual({ type: "KeepOrderCreated" });
  expect(statusCommand("SHIPPED")).toEqual({ type: "ShipOrder" });
  expect(statusCommand("DELIVERED")).toEqual({ type: "DeliverOrder" });
  expect(statusCommand("CANCELLED")).toEqual({ type: "CancelOrder" });
});

test("other words, look-alike letters and names of object members name no status", () => {
  for (const word of ["", "ship", " shipped", "sh\u0131pped", "\u017fhipped", "constructor", "__proto__"]) {
    expect(readStatus(word)).toBeUndefined();
  }
});
