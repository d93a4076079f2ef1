// {"amount":500}
import * as v from "valibot";
import { newOrderWords } from "../words.ts";

/** An order of which only the sum is known. It has no lines. */
export const amountOnly = v.strictObject(newOrderWords);
