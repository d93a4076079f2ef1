import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { dropCopies } from "./manage.ts";
import { openTestOrders, orderEvents, type TestOrders } from "./test-orders.ts";

const ORDERS = 1_000;

let orders: TestOrders;

beforeAll(async () => {
  orders = await openTestOrders();
  // More than one chunk.
  await orders.store(Array.from({ length: ORDERS }, (_, n) => orderEvents(`o-${n}`, 3)).flat());
}, 60_000);
afterAll(() => orders?.stop());

const OwnWorker = globalThis.Worker;
afterEach(async () => {
  globalThis.Worker = OwnWorker;
  await orders.sql`update events set type = 'OrderShipped' where type = 'OrderPainted'`;
});

const loaded = async () =>
  Number((await orders.sql`select count(*) as rows from next.orders where version = 3`)[0]?.rows);

test("what can't be loaded is said, and the next rebuild goes on from there", async () => {
  await orders.sql`update events set type = 'OrderPainted' where stream = 'order-o-999' and version = 2`;
  const failed = orders.rebuild({ switch: false });
  await expect(failed).rejects.toThrow('No event is called "OrderPainted" (order-o-999@2)');
  await expect(failed).rejects.toMatchObject({ code: "load_failed", retryable: false });
  const before = await loaded();
  expect(before).toBeGreaterThan(0);
  expect(before).toBeLessThan(ORDERS);
  await orders.sql`update events set type = 'OrderShipped' where type = 'OrderPainted'`;
  const { resumed, events } = await orders.rebuild({ switch: false });
  expect(resumed).toBe(true);
  expect(events).toBe((ORDERS - before) * 3);
  expect(await loaded()).toBe(ORDERS);
  await dropCopies(orders);
}, 60_000);

test("a thread that dies ends the rebuild, which goes on when it is asked again", async () => {
  let mortal = true;
  globalThis.Worker = class extends OwnWorker {
    constructor(...given: ConstructorParameters<typeof Worker>) {
      super(...given);
      if (mortal) this.addEventListener("message", () => this.terminate());
      mortal = false;
    }
  };
  const failed = orders.rebuild({ switch: false });
  await expect(failed).rejects.toThrow("A loader's thread died");
  await expect(failed).rejects.toMatchObject({ code: "load_failed", retryable: true });
  await orders.rebuild({ switch: false });
  expect(await loaded()).toBe(ORDERS);
  await dropCopies(orders);
}, 60_000);
