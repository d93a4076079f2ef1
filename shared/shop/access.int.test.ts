// Every route of both APIs in every role, and another's thing in every way that it can be asked for.
import { callbackRoutes } from "@millrace/callbacks/callback-routes";
import { createLog } from "@millrace/platform/log";
import { createMetrics } from "@millrace/platform/metrics";
import { proveAccess } from "@millrace/registry/testing/access/prove-access";
import { transact } from "@millrace/store/transact";
import { webhookRoutes } from "@millrace/webhooks/webhook-routes";
import { paymentCodec } from "./payment/codec.ts";
import { paymentDecider } from "./payment/decide.ts";
import { shop } from "./shop.ts";

const metadata = { actor: "payments", correlationId: "correlation", causationId: "cause" };

proveAccess({
  shop,
  settings: { currency: "USD" },
  moreRoutes: ({ sql, bodies }) => [
    ...callbackRoutes({
      ...{ sql, bodies, log: createLog("access-test", "silent"), metrics: createMetrics("access-test") },
      ...{ processes: shop.processes, secrets: new Map() },
    }),
    ...webhookRoutes({ sql, bodies, sealer: undefined, internal: [] }),
  ],
  begun: {
    payment: (store, id) =>
      transact(
        store,
        { decider: paymentDecider, codec: paymentCodec },
        {
          aggregateId: id,
          commands: [{ type: "RequestPayment", orderId: id, amount: 500, currency: "USD" }],
          metadata,
        },
      ),
  },
});
