import { ready } from "../parts/part.ts";
import { takeOrders } from "./commands.ts";
import { relay } from "./relay.ts";

const [databaseUrl = "", broker = "", topic = "", port = "0"] = process.argv.slice(2);
await relay(databaseUrl, broker, topic);
takeOrders(databaseUrl, Number(port));
ready();
