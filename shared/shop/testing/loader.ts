// For tests: a thread that loads copies of the shop's read models.
import { runLoader } from "@millrace/rebuild/loader";
import { shop } from "../shop.ts";

runLoader(shop.readModels);
