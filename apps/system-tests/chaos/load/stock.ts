// What the clients ask of kept goods: far more than there is of them, in any order, and a few units more now and then.
import type { Intent } from "./mix.ts";
import type { Random } from "./random.ts";

const SKUS = 50;
/** Units of each to begin with, and of one delivery: clients order some nine times what is delivered. */
const UNITS_MAX = 3;
/** What the simulated gateway declines. */
const DECLINED = 1313.01;
const DECLINED_CHANCE = 0.1;

export interface Shelf {
  /** What there is to begin with: no order of it may be sent before, since it would ask for nothing. */
  openings(): readonly Intent[];
  receive(random: Random, name: string): Intent;
  /** Of one to three SKUs, and some with two lines of one. */
  order(random: Random, name: string, id: string): Intent;
}

export function createShelf(run: string): Shelf {
  const skus = Array.from({ length: SKUS }, (_, index) => `shelf-${run}-${index}`);
  const receipt = (name: string, sku: string, quantity: number): Intent => ({
    command: { name, method: "POST", path: "/stock", body: { sku, quantity } },
    expected: [`stock-${sku} StockReceived`],
  });
  return {
    openings: () => skus.map((sku, index) => receipt(`opening-${sku}`, sku, 1 + (index % UNITS_MAX))),
    receive: (random, name) => receipt(name, random.pick(skus), random.between(1, UNITS_MAX + 1)),
    order(random, name, id) {
      const ids = Array.from({ length: random.between(1, 4) }, () => random.pick(skus));
      const products = ids.map((sku) => ({ id: sku, name: sku, price: 7, quantity: 1 }));
      const totalAmount = random.chance(DECLINED_CHANCE) ? DECLINED : 7 * products.length;
      return {
        command: {
          name,
          method: "POST",
          path: "/orders",
          body: { orderId: id, userId: "user123", products, totalAmount },
        },
        expected: [`order-${id} OrderCreated`, `order-${id} OrderStockRequested`],
        order: { id, paid: true, status: "CREATED", version: 2 },
      };
    },
  };
}
