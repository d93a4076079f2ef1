// For tests: a thread that loads copies of the notes.
import { tinyShop } from "@millrace/registry/testing/tiny-shop/shop";
import { runLoader } from "../loader.ts";

runLoader(tinyShop.readModels);
