// {"userId":"user123","products":[{"id":"prod-1","name":"Product 1","price":19.99,"quantity":2}],"totalAmount":39.98}
import * as v from "valibot";
import { name } from "@millrace/commands/words";
import { type MoneyReader, money, readMoney } from "../../read-money.ts";
import type { OrderLine } from "../events.ts";
import { foreignId, LINES_MAX, newOrderWords, quantity } from "../words.ts";

export const products = v.pipe(
  v.array(v.strictObject({ id: foreignId, name, price: money, quantity })),
  v.minLength(1, "Must hold at least one product"),
  v.maxLength(LINES_MAX, `Must hold at most ${LINES_MAX} elements`),
);

export const userProducts = v.strictObject({ ...newOrderWords, products });

export function linesOfProducts(sent: v.InferOutput<typeof products>, reader: MoneyReader): OrderLine[] {
  return sent.map((product, index) => ({
    productId: String(product.id),
    name: product.name,
    quantity: product.quantity,
    unitPrice: readMoney(product.price, `/products/${index}/price`, reader),
  }));
}
