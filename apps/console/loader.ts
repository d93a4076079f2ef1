// A thread of a rebuild that loads a copy; see @millrace/rebuild/loader.
import { runLoader } from "@millrace/rebuild/loader";
import { shop } from "@millrace/shop/shop";

runLoader(shop.readModels);
