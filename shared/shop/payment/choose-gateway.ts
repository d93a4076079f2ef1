// Which gateway takes the money. Must never be the simulated one by accident: it says COMPLETED and moves nothing.
import { type Config, InvalidConfig } from "@millrace/platform/config";
import { isLoopback } from "@millrace/platform/origin-check";
import type { Outside } from "@millrace/processes/process";
import { shopVariables } from "../settings.ts";
import type { PaymentGateway } from "./gateway.ts";
import { callBackBy } from "./simulated-callbacks.ts";
import { createSimulatedGateway } from "./simulated-gateway.ts";

/** Takes any amount and moves no money. */
export const SIMULATED = "simulated";

/** Each by the name that MILLRACE_GATEWAY gives it. A real one stands here beside it. */
const GATEWAYS: Readonly<Record<string, (outside: Outside) => PaymentGateway>> = {
  [SIMULATED]: ({ db, config }) => createSimulatedGateway({ db, callBack: callBackBy(config) }),
};

/** The gateway's name; on this machine the simulated one needs no naming. @throws InvalidConfig, saying what to set. */
export function gatewayNameOf({ HOST, shopVariables: said }: Config): string {
  const { MILLRACE_GATEWAY: named } = shopVariables({ shopVariables: said });
  const names = Object.keys(GATEWAYS).join(", ");
  if (named === undefined) {
    if (isLoopback(HOST)) return SIMULATED;
    throw new InvalidConfig([
      `MILLRACE_GATEWAY: is not set, and the processes listen on ${HOST}, where no gateway is taken for granted. Name the one that takes your money (shared/shop/payment/choose-gateway.ts: ${names}); "simulated" says that every payment was made, and moves no money`,
    ]);
  }
  if (!Object.hasOwn(GATEWAYS, named)) {
    throw new InvalidConfig([`MILLRACE_GATEWAY: is ${named}, expected one of ${names}`]);
  }
  return named;
}

/** @param name as `gatewayNameOf` answered it. */
export function createGateway(name: string, outside: Outside): PaymentGateway {
  const create = GATEWAYS[name];
  if (!create) throw new Error(`No gateway is called ${name}`);
  return create(outside);
}
