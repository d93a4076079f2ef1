import type { ReadModel } from "@millrace/read-models/read-model";
import { customersModel } from "./customer/read-model/model.ts";
import { ordersModel } from "./order/read-model/model.ts";
import { paymentsModel } from "./payment/read-model/model.ts";
import { usersModel } from "./user/read-model/model.ts";

/** The shop's read models. The topic of a category that none of them is made of is not read. */
export const readModels: readonly ReadModel[] = [ordersModel, paymentsModel, usersModel, customersModel];
