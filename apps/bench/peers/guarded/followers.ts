// The projector, and another group on the same topic as payments is one: it reads on after a rest, and these orders have
// nothing to pay.
import { follow } from "../parts/follow.ts";
import { ready } from "../parts/part.ts";
import { project } from "./projector.ts";

const REST_MS = 100;

const [databaseUrl = "", broker = "", topic = ""] = process.argv.slice(2);
await project(databaseUrl, broker, topic);
await follow({ broker, topic, name: "payments", pace: () => REST_MS }, async () => {});
ready();
