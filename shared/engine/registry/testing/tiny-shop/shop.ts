// For tests of the engine: the smallest whole shop.
import { defineShop } from "@millrace/registry/define-shop";
import { note } from "./note/note.ts";

export const tinyShop = defineShop({ aggregates: [note] });
