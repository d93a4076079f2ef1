// For tests: a thread that loads copies of the orders.
import { ordersModel } from "@millrace/shop/order/read-model/model";
import { runLoader } from "../loader.ts";

runLoader([ordersModel]);
