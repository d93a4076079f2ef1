// {"orderId":"123","product":"Laptop","quantity":1}
import * as v from "valibot";
import { name } from "@millrace/commands/words";
import type { OrderLine } from "../events.ts";
import { newOrderWords, quantity } from "../words.ts";

export const singleProductWords = { product: name, quantity };

export const singleProduct = v.strictObject({ ...newOrderWords, ...singleProductWords });

export function linesOfProduct(sent: { product: string; quantity: number }): OrderLine[] {
  return [{ name: sent.product, quantity: sent.quantity }];
}
